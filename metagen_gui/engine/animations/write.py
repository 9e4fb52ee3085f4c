"""Writes frames as an animation, whole or not at all: the name's ending says the format."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from metagen_gui.engine.animations.video import encode_video, why_no_video
from metagen_gui.engine.files import write_atomically
from metagen_gui.engine.settings.bad_input import BadInput

Frame = npt.NDArray[np.uint8]
"""One picture `(height, width, 3)`, red, green and blue."""
MOST_BYTES = 2**28
"""Of frames that are held at the same time: Pillow writes none before it has them all."""
MOST_FRAMES = 1000


@dataclass(frozen=True)
class Film:
    """What is to be written: `count` frames of `size` (width, height) pixels, `rate` of them in a second."""

    count: int
    size: tuple[int, int]
    rate: float

    @property
    def milliseconds(self) -> int:
        """How long a frame is shown: whole hundredths of a second, as GIF counts, and no less than browsers obey."""
        return max(20, 10 * round(100 / self.rate))


@dataclass(frozen=True)
class Format:
    """A kind of file: what it is called, Pillow's name of it or the container of a video, and how it is encoded."""

    title: str
    name: str
    held: int
    """Bytes that a pixel of every frame takes while it is written."""
    options: Mapping[str, Any] | None = None
    """Pillow's; None for a video."""

    def fits(self, film: Film) -> bool:
        """Whether all frames of a film can be held."""
        return film.count * film.size[0] * film.size[1] * self.held <= MOST_BYTES

    @property
    def missing(self) -> str:
        """Why it cannot be written here, with the command that changes that; "" if it can."""
        return "" if self.options is not None else why_no_video()


FORMATS: Mapping[str, Format] = {
    ".gif": Format("GIF", "GIF", 1, {"optimize": False}),
    ".webp": Format("WebP", "WEBP", 4, {"lossless": True, "quality": 40, "method": 2}),
    ".png": Format("APNG", "PNG", 8, {}),
    ".webm": Format("WebM (VP9)", "webm", 1),
    ".mp4": Format("MP4 (VP9)", "mp4", 1),
}
"""By the ending of a file's name."""


def check_film(path: Path, film: Film) -> Format:
    """Return the format that a film is to be written in; raise `BadInput` that names what cannot be."""
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise BadInput(str(path), f"an animation's name ends in {', '.join(FORMATS)}")
    if kind.missing:
        raise BadInput(str(path), kind.missing)
    try:
        if path.is_dir():
            raise BadInput(str(path), "is a folder")
    except OSError as error:  # a name too long
        raise BadInput(str(path), error.strerror or str(error)) from None
    if not path.parent.is_dir():
        raise BadInput(str(path.parent), "there is no such folder")
    if not os.access(path.parent, os.W_OK):
        raise BadInput(str(path.parent), "nothing can be written into this folder")
    width, height = film.size
    if not 1 <= film.count <= MOST_FRAMES:
        raise BadInput("frames", f"{film.count:,} frames cannot be written; 1 to {MOST_FRAMES:,} can")
    if min(width, height) < 1 or not kind.fits(film):
        told = f"{film.count:,} frames of {width:,} × {height:,} pixels"
        raise BadInput("size", f"{told} are too much for {kind.title}; take a smaller picture or fewer frames")
    return kind


def write_animation(
    path: Path, film: Film, frames: Iterable[Frame], go_on: Callable[[int], bool] = lambda done: True
) -> bool:
    """Write `frames` to `path` and return whether that was done; it loops for ever where the format knows loops.

    Before every frame `go_on` hears how many are done; where it says no, nothing is written. Frames are asked for one
    at a time. Raises `BadInput` for what cannot be written, and then `path` is as it was.
    """
    kind = check_film(path, film)
    with closing(_watched(frames, film, go_on)) as watched:
        try:
            data = encode_video(watched, film, kind.name) if kind.options is None else _pillow(watched, film, kind)
        except _ToldToStop:
            return False
    try:
        write_atomically(path, data)
    except OSError as error:
        raise BadInput(str(path), error.strerror or str(error)) from None
    return True


class _ToldToStop(Exception):
    """Nobody wants the film any more."""


def _watched(frames: Iterable[Frame], film: Film, go_on: Callable[[int], bool]) -> Generator[Frame, None, None]:
    for done, frame in enumerate(frames):
        if not go_on(done):
            raise _ToldToStop
        yield frame
    if not go_on(film.count):
        raise _ToldToStop


def _pillow(frames: Iterator[Frame], film: Film, kind: Format) -> bytes:
    pictures = (Image.fromarray(frame) for frame in frames)
    buffer, first = io.BytesIO(), next(pictures)
    # A GIF takes frames as they are drawn and holds a byte of each pixel; the others go through them twice.
    rest = pictures if kind.name == "GIF" else list(pictures)
    options = dict(kind.options or {})
    first.save(buffer, kind.name, save_all=True, append_images=rest, duration=film.milliseconds, loop=0, **options)
    return buffer.getvalue()
