"""Samples of every arm, from the same latents, at one moment of their adaptation."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from metagen_gui.engine.events import Snapshot
from metagen_gui.gui.look.theme import theme_changes
from metagen_gui.gui.playground.serving import Shown
from metagen_gui.gui.samples.cell_picture import Content, Options, draw_cell
from metagen_gui.gui.samples.columns import Column, shows_curves, shows_points
from metagen_gui.gui.widgets.plain_text import PlainLabel
from metagen_gui.gui.widgets.spoken import Spoken

HERE = Column("samples", 0)
NEAR = 10.0
"""Logical pixels within which a sample that is a point is under the pointer."""


def blended(snapshot: Snapshot, moment: float) -> Snapshot:
    """Return a snapshot of the one step `moment`, in places of its steps: between two of them, a mixture of both.

    Samples of the same latents turn into one another; points move, and curves bend.
    """
    first = min(max(int(moment), 0), len(snapshot.steps) - 1)
    second, share = min(first + 1, len(snapshot.steps) - 1), moment - first

    def at(values: npt.NDArray[Any] | None) -> Any:
        if values is None:
            return None
        mixed = (1 - share) * values[:, first] + share * values[:, second] if share else values[:, first]
        return np.rint(mixed).astype(values.dtype)[:, None] if values.dtype == np.uint8 else mixed[:, None]

    seen = snapshot.query
    if snapshot.extent is not None:  # a curve is shown in the whole plane, wherever its examples are
        left, bottom, right, top = snapshot.extent
        seen = np.array([[[left, bottom], [right, top]]], np.float32)
    return replace(
        snapshot,
        steps=(snapshot.steps[first],),
        samples=at(snapshot.samples),
        curves=at(snapshot.curves),
        field=None,
        path=None,
        query=seen,
    )


def arranged(snapshot: Snapshot, room: QSize) -> tuple[QSize, tuple[int, int, int]]:
    """Return how large the picture is, and how many samples of which side lie side by side and below each other."""
    if shows_points(snapshot):
        side = min(room.width(), room.height())
        return (room if shows_curves(snapshot) else QSize(side, side)), (1, 1, 1)
    count = snapshot.samples.shape[2]
    options = [(across, -(-count // across)) for across in range(1, count + 1)]
    across, down = max(options, key=lambda each: (min(room.width() // each[0], room.height() // each[1]), -each[1]))
    slot = max(8, min(room.width() // across, room.height() // down))
    return QSize(across * slot, down * slot), (across, down, slot)


class ArmView(QWidget):
    """Samples of one arm; one of them may be pointed at, by the pointer or by arrow keys."""

    pointed = Signal(int)
    """Which sample, -1 for none."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown: Shown | None = None
        self._moment = 0.0
        self._at = -1
        self._grid = (1, 1, 1)
        self._picture_of: tuple[Any, ...] = ()
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(64, 40)
        theme_changes().changed.connect(self.update)
        self.spoken = Spoken(self, self._summary)

    @property
    def place(self) -> int:
        """The step that is shown, as a place in the steps of the snapshot."""
        return min(round(self._moment), len(self.shown.snapshot.steps) - 1) if self.shown else 0

    @property
    def pointed_at(self) -> int:
        """The sample that is pointed at, -1 for none."""
        return self._at

    def nearest(self) -> int:
        """Return the example that the sample pointed at is nearest to, -1 for none."""
        known = self.shown is not None and 0 <= self._at < self.shown.nearest.shape[1]
        return int(self.shown.nearest[self.place, self._at]) if known and self.shown is not None else -1

    def show_samples(self, shown: Shown | None, moment: float) -> None:
        """Show samples at a moment of their adaptation."""
        self.shown, self._moment = shown, moment
        self.spoken.changed()
        self.update()

    def _summary(self) -> str:
        if self.shown is None:
            return self.tr("Nothing yet")
        count, step = self.shown.snapshot.samples.shape[2], self.shown.snapshot.steps[self.place]
        if (near := self.nearest()) < 0:
            return self.tr("{0} samples after {1} adaptation steps").format(count, step)
        text = self.tr("{0} samples after {1} adaptation steps; number {2} is nearest to example {3}")
        return text.format(count, step, self._at + 1, near + 1)

    def sizeHint(self) -> QSize:
        """Room for two rows of samples."""
        return QSize(320, 90)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at what is under the pointer."""
        self._point(self._sample_at(event.position()))

    def leaveEvent(self, event: Any) -> None:
        """Point at nothing."""
        if not self.hasFocus():
            self._point(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Point at the next sample, or the one below."""
        across = self._grid[0]
        ways = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -across, Qt.Key.Key_Down: across}
        way = ways.get(Qt.Key(event.key()))
        if way is None or self.shown is None:
            super().keyPressEvent(event)
            return
        self._point(min(max(self._at + way, 0), self.shown.snapshot.samples.shape[2] - 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show the samples, and a frame around the one that is pointed at."""
        painter = QPainter(self)
        if self.shown is not None:
            snapshot = blended(self.shown.snapshot, self._moment)
            size, self._grid = arranged(snapshot, self.size())
            across, down, slot = self._grid
            content = Content(snapshot, 0, HERE)
            painter.drawImage(0, 0, draw_cell(content, size, across, down, self.devicePixelRatioF(), Options()))
            self._mark(painter, snapshot, slot)
            if not shows_points(snapshot) and not np.ptp(snapshot.samples):
                painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
                painter.drawText(
                    QRectF(QPointF(), size), Qt.AlignmentFlag.AlignCenter, self.tr("nothing is drawn here")
                )
        if self.hasFocus():
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 1))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def picture(self, room: QSize, ratio: float) -> QImage:
        """Return what is shown, in so many logical pixels at most, without what is pointed at; there has to be any."""
        assert self.shown is not None
        snapshot = blended(self.shown.snapshot, self._moment)
        size, (across, down, _) = arranged(snapshot, room)
        return draw_cell(Content(snapshot, 0, HERE), size, across, down, ratio, Options())

    def _mark(self, painter: QPainter, snapshot: Snapshot, slot: int) -> None:
        if self._at < 0 or self._at >= snapshot.samples.shape[2] or shows_curves(snapshot):
            return
        colour = QColor(self.palette().color(QPalette.ColorRole.Highlight))
        painter.setPen(QPen(colour, 2))
        if shows_points(snapshot):
            painter.drawEllipse(self._pixel(snapshot, self._at), 6, 6)
        else:
            row, column = divmod(self._at, self._grid[0])
            painter.drawRect(QRectF(column * slot + 1, row * slot + 1, slot - 3, slot - 3))

    def _sample_at(self, position: QPointF) -> int:
        if self.shown is None:
            return -1
        snapshot = self.shown.snapshot
        if not shows_points(snapshot):
            across, _, slot = self._grid
            column, row = int(position.x() // slot), int(position.y() // slot)
            place = row * across + column
            return place if column < across and 0 <= place < snapshot.samples.shape[2] else -1
        if shows_curves(snapshot):
            return -1
        points = blended(snapshot, self._moment)
        away = [self._pixel(points, place) - position for place in range(points.samples.shape[2])]
        lengths = [float(np.hypot(each.x(), each.y())) for each in away]
        return int(np.argmin(lengths)) if min(lengths) <= NEAR else -1

    def _pixel(self, snapshot: Snapshot, place: int) -> QPointF:
        left, bottom, right, top = snapshot.extent or (-1.0, -1.0, 1.0, 1.0)
        side = min(self.width(), self.height())
        x, y = snapshot.samples[0, 0, place]
        return QPointF((x - left) / (right - left) * side, (top - y) / (top - bottom) * side)

    def _point(self, at: int) -> None:
        if at != self._at:
            self._at = at
            self.update()
            self.pointed.emit(at)


class Wall(QWidget):
    """The arms, below each other where samples are pictures and side by side where they are points; same latents."""

    pointed = Signal(str)
    """The arm one of whose samples is pointed at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        titles = {
            "learned": self.tr("This model"),
            "scratch": self.tr("From scratch"),
            "joint": self.tr("Jointly trained"),
        }
        tips = {
            "learned": self.tr("What was learned, as it adapts to your examples"),
            "scratch": self.tr("Fresh weights with plain steps, as many, from the same latents"),
            "joint": self.tr("A run of ordinary training with plain steps, as many, from the same latents"),
        }
        self.arms: dict[str, ArmView] = {}
        self._boxes: dict[str, QWidget] = {}
        self.moment = 0.0
        for name, title in titles.items():
            box, arm = QWidget(self), ArmView(title)
            label = PlainLabel(title, box)
            label.setProperty("tone", "muted")
            label.setToolTip(tips[name])  # and none of the samples, which would lie over what is pointed at
            label.setBuddy(arm)
            column = QVBoxLayout(box)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(2)
            column.addWidget(label)
            column.addWidget(arm, 1)
            self._layout.addWidget(box, 1)
            self.arms[name], self._boxes[name] = arm, box
            arm.pointed.connect(partial(self._tell, name))
        self.clear()

    def clear(self) -> None:
        """Show nothing."""
        for name in self.arms:
            self.show_arm(name, None)

    def show_arm(self, name: str, shown: Shown | None) -> None:
        """Show what an arm has come to; without anything it is not there."""
        if shown is not None:
            side_by_side = shows_points(shown.snapshot)
            self._layout.setDirection(
                QBoxLayout.Direction.LeftToRight if side_by_side else QBoxLayout.Direction.TopToBottom
            )
        self.arms[name].show_samples(shown, self.moment)
        self._boxes[name].setVisible(shown is not None)

    def _tell(self, name: str, _at: int) -> None:
        self.pointed.emit(name)

    def go_to(self, moment: float) -> None:
        """Show another moment of the adaptation, in places of the steps that are drawn."""
        self.moment = moment
        for arm in self.arms.values():
            arm.show_samples(arm.shown, moment)
