"""What a person is making: pictures of strokes, or points of the plane; frozen, so that every state can come back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from metagen_gui.engine.data.spec import Array, ImageSpec

SIDE = 224
"""Pixels per side of a drawing before it is shrunk to what the model sees."""
MOST_STATES = 200
"""States that can be brought back."""

Place = tuple[float, float]
"""Across and down, in sides of the pad."""


@dataclass(frozen=True)
class Stroke:
    """One movement of the pen: where it went, and its width in sides of the pad; one of the eraser takes ink away."""

    places: tuple[Place, ...]
    width: float
    erases: bool = False


@dataclass(frozen=True, eq=False)
class Picture:
    """One example: strokes over a `ground` that came from elsewhere, `(channels, height, width)` in [0, 1], or none."""

    strokes: tuple[Stroke, ...] = ()
    ground: Array | None = None

    @property
    def blank(self) -> bool:
        """Whether nothing was drawn."""
        return self.ground is None and not self.strokes

    def with_stroke(self, stroke: Stroke) -> Picture:
        """Return the picture with one more stroke."""
        return replace(self, strokes=(*self.strokes, stroke))

    @cached_property
    def ink(self) -> npt.NDArray[np.uint8]:
        """How much ink is where, `(SIDE, SIDE)`, 255 where all of it is."""
        drawn = QImage(SIDE, SIDE, QImage.Format.Format_Grayscale8)
        drawn.fill(Qt.GlobalColor.black)
        painter = QPainter(drawn)
        if self.ground is not None:
            grey = np.ascontiguousarray(np.rint(self.ground.mean(0) * 255).astype(np.uint8))
            height, width = grey.shape
            painter.drawImage(drawn.rect(), QImage(grey.data, width, height, width, QImage.Format.Format_Grayscale8))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for stroke in self.strokes:
            paint(painter, stroke, SIDE, QColor("black" if stroke.erases else "white"))
        painter.end()
        flat = np.frombuffer(drawn.constBits(), np.uint8).reshape(SIDE, drawn.bytesPerLine())
        return flat[:, :SIDE].copy()

    def seen(self, spec: ImageSpec) -> Array:
        """Return what a model of such data sees, `spec.shape`; what came from elsewhere stays as it was if it fits."""
        from metagen_gui.engine.play.drawn_task import picture_of, refitted

        if self.ground is not None and not self.strokes:
            return refitted(self.ground, spec)
        return picture_of(self.ink, spec)


def paint(painter: QPainter, stroke: Stroke, side: float, colour: QColor) -> None:
    """Paint a stroke on a pad whose sides are `side` long; a single place is a dot."""
    round_pen = QPen(colour, stroke.width * side)
    round_pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    round_pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(round_pen)
    places = [QPointF(across * side, down * side) for across, down in stroke.places]
    if len(places) == 1:
        painter.drawPoint(places[0])
    else:
        painter.drawPolyline(QPolygonF(places))


@dataclass(frozen=True, eq=False)
class State:
    """All examples, and which of them is being drawn; of points, an array `(n, 2)` instead of pictures."""

    pictures: tuple[Picture, ...] = (Picture(),)
    chosen: int = 0
    points: Array = field(default_factory=lambda: np.zeros((0, 2), np.float32))

    @property
    def picture(self) -> Picture:
        """The picture that is being drawn."""
        return self.pictures[self.chosen]

    def with_picture(self, picture: Picture) -> State:
        """Return the state with another picture in place of the chosen one."""
        return replace(self, pictures=(*self.pictures[: self.chosen], picture, *self.pictures[self.chosen + 1 :]))

    def with_more(self, pictures: tuple[Picture, ...], most: int) -> State:
        """Return the state with `pictures` added, in place of blank ones first, `most` in all; the last is chosen."""
        kept = tuple(one for one in self.pictures if not one.blank)
        every = (*kept, *pictures)[:most] or (Picture(),)
        return replace(self, pictures=every, chosen=len(every) - 1)

    def without(self, place: int) -> State:
        """Return the state without one picture; the last one left is blank."""
        every = (*self.pictures[:place], *self.pictures[place + 1 :]) or (Picture(),)
        return replace(self, pictures=every, chosen=min(self.chosen - (place < self.chosen), len(every) - 1))


class Drawing:
    """The present state and those before it, which come back by `undo`."""

    def __init__(self) -> None:
        self.state = State()
        self._past, self._future = list[State](), list[State]()

    @property
    def undoable(self) -> bool:
        """Whether there is a state before this one."""
        return bool(self._past)

    @property
    def redoable(self) -> bool:
        """Whether a state was left by `undo`."""
        return bool(self._future)

    def change(self, state: State) -> None:
        """Go on to another state."""
        self._past = [*self._past[1 - MOST_STATES :], self.state]
        self._future.clear()
        self.state = state

    def look(self, **changed: Any) -> None:
        """Change what is chosen, which is nothing to be brought back."""
        self.state = replace(self.state, **changed)

    def undo(self) -> None:
        """Bring back the state before."""
        if self._past:
            self._future.append(self.state)
            self.state = self._past.pop()

    def redo(self) -> None:
        """Bring back the state that `undo` left."""
        if self._future:
            self._past.append(self.state)
            self.state = self._future.pop()

    def forget(self) -> None:
        """Begin anew, with nothing to bring back."""
        self.state = State()
        self._past.clear()
        self._future.clear()

    def support(self, spec: Any) -> Array | None:
        """Return the examples as a model of such data gets them, `(n, *spec.shape)`; None where there are none yet."""
        if spec.in_plane:
            return self.state.points if len(self.state.points) else None
        seen = [one.seen(spec) for one in self.state.pictures if not one.blank]
        return np.stack(seen) if seen else None
