"""One rule per kind of image, from a file's bytes to `(channels, height, width)` in 0…255.

The first frame, turned as its EXIF tag says, brought to 8 bits with alpha laid over white, shrunk by area, the aspect
kept by padding with the colour of the border.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from metagen_gui.engine.data.image_files.eight_bits import Storage, flat, peak
from metagen_gui.engine.data.image_files.foreign import named
from metagen_gui.engine.data.image_files.listing import Unusable
from metagen_gui.engine.data.image_files.tables import objection

Pixels = npt.NDArray[np.uint8]
Shape = tuple[int, int, int]

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
MAX_PIXELS = 25_000_000
MAX_SHRUNK = 200_000_000
"""Of a JPEG, which is shrunk to an eighth while it is decoded; but for progressive ones, which are whole in memory."""


def open_image(data: bytes) -> Image.Image:
    """Read an image's header only; raise `Unusable` if it is none, or declares too many pixels."""
    if not data:
        raise Unusable("empty")
    if why := objection(data):
        raise Unusable(why)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = Image.open(io.BytesIO(data), formats=FORMATS)
        except UnidentifiedImageError:
            raise Unusable(named(data) or "not an image") from None
        except Image.DecompressionBombError:
            raise Unusable("too large") from None
        except Exception:  # hostile headers raise anything at all: KeyError, struct.error, RecursionError, …
            raise Unusable("damaged") from None
    shrinks = image.format in ("JPEG", "MPO") and not image.info.get("progressive")
    if image.width * image.height > (MAX_SHRUNK if shrinks else MAX_PIXELS):
        raise Unusable(f"{image.width} × {image.height} pixels are too many")
    return image


def to_pixels(image: Image.Image, shape: Shape, white: int | None = None) -> Pixels:
    """Decode an opened image to `shape` `(channels, height, width)`, one channel or three; raise `Unusable`.

    `white` is the value that stands for white where gray pictures use fewer bits than their files have.
    """
    channels, height, width = shape
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image.draft(None, (2 * width, 2 * height))  # a JPEG is shrunk, by area, while it is decoded
            if image.width * image.height > MAX_PIXELS:
                raise Unusable("too many pixels, however much it is shrunk")
            storage = replace(Storage.of(image), white=white)
            image.load()
            ImageOps.exif_transpose(image, in_place=True)
            fitted = fit(flat(image, storage).convert("L" if channels == 1 else "RGB"), height, width)
        except Unusable:
            raise
        except Exception as error:  # as above: a decoder may fail in any way, and one file must not end a run
            raise Unusable("truncated" if "truncated" in str(error) else "damaged") from None
    return np.ascontiguousarray(fitted.transpose(2, 0, 1))


def gray_peak(image: Image.Image) -> tuple[int, int] | None:
    """Return the bits that gray values of an opened image may have, and the largest; None where that says nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            storage = Storage.of(image)
            if image.mode not in ("L", "I") and not image.mode.startswith("I;16"):
                return None  # before it is decoded
            image.load()
            return peak(image, storage)
        except Exception:  # as above
            return None


def fit(image: Image.Image, height: int, width: int) -> Pixels:
    """Return a gray or RGB image as `(height, width, channels)`, its aspect kept; the rest has the border's colour."""
    scale = min(height / image.height, width / image.width)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    smooth = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    small = np.atleast_3d(np.asarray(image if size == image.size else image.resize(size, smooth)))
    if small.shape[:2] == (height, width):
        return small
    canvas = np.empty((height, width, small.shape[2]), np.uint8)
    canvas[:] = np.median(border(small), axis=0)
    top, left = (height - size[1]) // 2, (width - size[0]) // 2
    canvas[top : top + size[1], left : left + size[0]] = small
    return canvas


def border(pixels: Pixels) -> Pixels:
    """Return the outermost pixels of `(height, width, channels)` as `(n, channels)`."""
    edges = pixels[[0, -1]], pixels[:, [0, -1]].swapaxes(0, 1)
    return np.concatenate([edge.reshape(-1, pixels.shape[2]) for edge in edges])
