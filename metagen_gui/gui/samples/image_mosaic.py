"""Small images side by side, scaled crisply: whole device pixels, no blur, no pixel twice as wide as the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage, QPainter

from metagen_gui.gui.look.ramps import colour_table

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Tones:
    """The colours of the values 0 (paper) and 255 (ink) of one-channel images."""

    paper: str
    ink: str


@dataclass(frozen=True)
class Frame:
    """Where thumbnails go, in device pixels: a grid of `across` × `down` slots of `slot`, each ending in a `gap`."""

    across: int
    down: int
    slot: tuple[int, int]
    gap: int = 1


def draw_mosaic(images: npt.NDArray[Any], frame: Frame, tones: Tones) -> QImage:
    """Return the first of `images` `(n, channels, height, width)`, uint8, as one picture; free slots stay clear."""
    width, height = frame.across * frame.slot[0], frame.down * frame.slot[1]
    picture = QImage(max(1, width), max(1, height), QImage.Format.Format_ARGB32_Premultiplied)
    picture.fill(Qt.GlobalColor.transparent)
    images = images[: frame.across * frame.down]
    if not len(images):
        return picture
    inner = max(1, frame.slot[0] - frame.gap), max(1, frame.slot[1] - frame.gap)
    strip = _scaled_strip(images, inner, tones)
    painter = QPainter(picture)
    for index in range(len(images)):
        row, column = divmod(index, frame.across)
        target = QRect(column * frame.slot[0], row * frame.slot[1], *inner)
        painter.drawImage(target, strip, QRect(0, index * inner[1], *inner))
    painter.end()
    return picture


def _scaled_strip(images: npt.NDArray[Any], size: tuple[int, int], tones: Tones) -> QImage:
    """Return the images below each other, each exactly `size`.

    They are first enlarged by a whole factor, each pixel a square, and then brought to size by area: all strokes stay
    equally wide, which taking the nearest pixel at 31/28 of the size would not do.
    """
    rows, columns = images.shape[-2:]
    across, down = -(-size[0] // columns), -(-size[1] // rows)
    enlarged = np.repeat(np.repeat(images, down, axis=2), across, axis=3)
    strip = _to_image(enlarged, tones)
    wanted = size[0], size[1] * len(images)
    if (strip.width(), strip.height()) == wanted:
        return strip
    return strip.scaled(*wanted, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)


def _to_image(images: npt.NDArray[Any], tones: Tones) -> QImage:
    count, channels, rows, columns = images.shape
    if channels == 3:
        pixels: Bytes = np.ascontiguousarray(images.transpose(0, 2, 3, 1), dtype=np.uint8)
        # copy(): a QImage made of a buffer does not keep the buffer alive.
        return QImage(pixels.data, columns, count * rows, 3 * columns, QImage.Format.Format_RGB888).copy()
    flat: Bytes = np.ascontiguousarray(images[:, 0], dtype=np.uint8)
    indexed = QImage(flat.data, columns, count * rows, columns, QImage.Format.Format_Indexed8)
    indexed.setColorTable(colour_table(tones.paper, tones.ink))
    return indexed.convertToFormat(QImage.Format.Format_RGB32)
