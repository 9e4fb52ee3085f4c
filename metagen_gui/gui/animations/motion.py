"""What can be saved as an animation: a number of frames and how each is drawn, at any width."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from metagen_gui.engine.animations.write import Film, Frame


@dataclass(frozen=True)
class Motion:
    """Frames that a person has seen one by one. They are drawn in a thread: nothing of a widget may be asked there."""

    title: str
    name: str
    """What its file is called unless the person says otherwise."""
    frames: int
    size: Callable[[int], QSize]
    """The size of a frame that is so many pixels wide."""
    draw: Callable[[int, QSize], QImage]
    """Frame number, from 0, and size, to the frame."""
    closed: bool = False
    """Whether the last frame leads on to the first."""
    rate: float = 8.0
    """Frames in a second, unless the person says otherwise."""

    def order(self, swings: bool) -> Sequence[int]:
        """Return the numbers of the frames as they are shown; one that `swings` goes back the way it came."""
        there = range(self.frames)
        return [*there, *there[-2:0:-1]] if swings and not self.closed else there

    def film(self, width: int, rate: float, swings: bool) -> Film:
        """Return what is to be written."""
        size = self.size(width)
        return Film(len(self.order(swings)), (size.width(), size.height()), rate)

    def drawn(self, film: Film, swings: bool, ground: QColor) -> Iterator[Frame]:
        """Yield the frames of a film, drawn one at a time over a `ground`."""
        for place in self.order(swings):
            yield pixels(self.draw(place, QSize(*film.size)), QSize(*film.size), ground)


def pixels(picture: QImage, size: QSize, ground: QColor) -> Frame:
    """Return a picture in the middle of a `ground` as an array `(height, width, 3)`."""
    flat = QImage(size, QImage.Format.Format_RGB888)
    flat.fill(ground)
    painter = QPainter(flat)
    inside = picture
    if inside.width() > size.width() or inside.height() > size.height():
        inside = picture.scaled(size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
    painter.drawImage((size.width() - inside.width()) // 2, (size.height() - inside.height()) // 2, inside)
    painter.end()
    rows = np.frombuffer(flat.constBits(), np.uint8).reshape(flat.height(), flat.bytesPerLine())
    return cast(Frame, rows[:, : 3 * flat.width()].reshape(flat.height(), flat.width(), 3).copy())
