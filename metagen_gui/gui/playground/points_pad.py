"""The pad of points in the plane: painted where a density is asked for, set and dragged where a curve goes through."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QWidget

from metagen_gui.engine.data.spec import Array
from metagen_gui.engine.events import Snapshot
from metagen_gui.gui.look.theme import plot_colours, theme_changes
from metagen_gui.gui.playground.pad import ARROWS
from metagen_gui.gui.samples.curve_picture import draw_dots, draw_line
from metagen_gui.gui.samples.density_view import Extent

HIT = 9.0
"""Logical pixels within which a point is under the pointer."""
RING = 9
"""Logical pixels from a point that is set off to the ring around it."""
APART, SCATTER = 0.02, 0.012
"""Of the extent: how far the brush goes from point to point, and how far beside its way they lie."""
MOST_POINTS = 400


class PointsPad(QWidget):
    """Shows points `(n, 2)` and lets a person add, drag and remove them; whoever owns it keeps them."""

    drawn = Signal(object)
    """The points after a change that is done."""
    moving = Signal(object)
    """The points during one."""
    full = Signal(int)
    """There is room for no more than so many."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setMinimumSize(120, 120)
        self.setAccessibleName(self.tr("Pad of points"))
        self.setAccessibleDescription(
            self.tr(
                "Arrow keys move the cross, Space sets a point or picks one up and puts it down, Delete removes it."
            )
        )
        self.setToolTip(
            self.tr(
                "Click or paint to add points, drag to move them, right button to remove; keys: arrows, Space, Delete"
            )
        )
        self.erases = False
        self.sprays = True
        """Whether a movement paints many points, or adds one and drags it."""
        self.extent: Extent = (-3.0, -3.0, 3.0, 3.0)
        self._points: Array = np.zeros((0, 2), np.float32)
        self._behind: tuple[Snapshot, int] | None = None
        self._held: int | None = None
        self._set_off = -1
        self._removing = self._painting = self._by_keys = False
        self._brush: Array = np.zeros(2, np.float32)
        """Where the brush has painted last."""
        self._place = QPointF(0, 0)
        """Where the keys' cross is, in coordinates of the data."""
        self._random = np.random.default_rng(0)
        theme_changes().changed.connect(self.update)

    def show_points(self, points: Array) -> None:
        """Show other points, unless some are being moved."""
        if not self.busy:
            self._points = points
            self.update()

    def show_curve(self, snapshot: Snapshot | None, place: int = 0) -> None:
        """Show the curve of a step behind the points."""
        self._behind = None if snapshot is None or snapshot.curves is None else (snapshot, place)
        self.update()

    def point_at(self, place: int) -> None:
        """Set one point off from the others, none with -1: the one nearest to a sample."""
        if place != self._set_off:
            self._set_off = place
            self.update()

    @property
    def busy(self) -> bool:
        """Whether a change is under way."""
        return self._held is not None or self._painting or self._removing

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(224, 224)

    # -- mouse, pen, finger ------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick up a point, or set one, or begin to paint; remove with the right button."""
        if self.busy:
            return
        at = event.position()
        if self.erases or event.button() is Qt.MouseButton.RightButton:
            self._removing = True
            self._remove(at)
        elif event.button() is Qt.MouseButton.LeftButton:
            self._held = self._under(at)
            if self._held is None:
                self._brush = self._value(at)
                self._add(self._brush)
                self._held, self._painting = (None, True) if self.sprays else (len(self._points) - 1, False)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag, paint or remove on."""
        at = event.position()
        if self._removing:
            self._remove(at)
        elif self._painting:
            self._paint_to(self._value(at))
        elif self._held is not None and not self._by_keys:
            self._move(self._value(at))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Be done."""
        if self.busy and not self._by_keys:
            self._end()

    # -- keys --------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the cross by arrows; set, pick up and put down by Space; remove by Delete."""
        key = Qt.Key(event.key())
        left, bottom, right, top = self.extent
        if key in ARROWS:
            far = 3 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            across, down = ARROWS[key]
            x = self._place.x() + far * across * (right - left)
            y = self._place.y() - far * down * (top - bottom)
            self._place = QPointF(min(max(x, left), right), min(max(y, bottom), top))
            if self._held is not None and self._by_keys:
                self._move(np.array([self._place.x(), self._place.y()], np.float32))
            self.update()
        elif key is Qt.Key.Key_Space and not event.isAutoRepeat():
            if self._held is not None:
                self._end()
                return
            self._held = self._under(self._pixel(self._place.x(), self._place.y()))
            self._by_keys = self._held is not None
            if self._held is None:
                self._add(np.array([self._place.x(), self._place.y()], np.float32))
                self._end()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._remove(self._pixel(self._place.x(), self._place.y()))
            self._end()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show the axes, the curve, the points and, with the focus, the cross."""
        look, area = plot_colours(), self._area()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(area, look.background)
        origin = self._pixel(0, 0)
        painter.setPen(QPen(look.grid, 1))
        painter.drawLine(QPointF(area.left(), origin.y()), QPointF(area.right(), origin.y()))
        painter.drawLine(QPointF(origin.x(), area.top()), QPointF(origin.x(), area.bottom()))
        if self._behind is not None:
            snapshot, place = self._behind
            if snapshot.curves is not None and snapshot.curve_x is not None:
                pen = QPen(QColor(look.series[1]), 2)
                draw_line(painter, area, snapshot.curve_x, snapshot.curves[0, place], self.extent, pen)
        draw_dots(painter, area, self._points, self.extent, 4.0 if self.sprays else 7.0, self.devicePixelRatioF())
        colour = self.palette().color(QPalette.ColorRole.Highlight)
        if 0 <= self._set_off < len(self._points):
            painter.setPen(QPen(colour, 2))
            painter.drawEllipse(self._pixel(*map(float, self._points[self._set_off])), RING, RING)
        if self.hasFocus():
            at = self._pixel(self._place.x(), self._place.y())
            painter.setPen(QPen(colour, 1))
            painter.drawLine(at - QPointF(6, 0), at + QPointF(6, 0))
            painter.drawLine(at - QPointF(0, 6), at + QPointF(0, 6))
        painter.setPen(QPen(colour if self.hasFocus() else self.palette().color(QPalette.ColorRole.Mid), 1))
        painter.drawRect(area)
        painter.end()

    # -- the points --------------------------------------------------------------------------------------------------

    def _add(self, value: Array) -> None:
        if len(self._points) < MOST_POINTS:
            self._points = np.concatenate([self._points, np.asarray(value, np.float32)[None]])
            self._tell()
        else:
            self.full.emit(MOST_POINTS)

    def _paint_to(self, here: Array) -> None:
        """Go on to a place of the plane, however far a fast hand has come since: points lie all along the way."""
        size = self.extent[2] - self.extent[0]
        way = here - self._brush
        for _ in range(int(np.hypot(*way) / (APART * size))):
            self._brush = self._brush + way / max(np.hypot(*way), 1e-9) * APART * size
            self._add(self._brush + self._random.normal(0, SCATTER * size, 2).astype(np.float32))

    def _move(self, value: Array) -> None:
        self._points = self._points.copy()
        self._points[self._held] = value
        self._tell()

    def _remove(self, at: QPointF) -> None:
        under = self._under(at)
        if under is not None:
            self._points = np.delete(self._points, under, axis=0)
            self._tell()

    def _tell(self) -> None:
        self.update()
        self.moving.emit(self._points)

    def _end(self) -> None:
        self._held, self._painting, self._removing, self._by_keys = None, False, False, False
        self.drawn.emit(self._points)

    def _under(self, at: QPointF) -> int | None:
        """Return the point nearest to a pixel, if it is under the pointer there."""
        pixels = [self._pixel(float(x), float(y)) - at for x, y in self._points]
        away = [float(np.hypot(each.x(), each.y())) for each in pixels]
        return int(np.argmin(away)) if away and min(away) <= HIT else None

    def _area(self) -> QRectF:
        """Return the largest square in the middle: an extent is one, and so a circle stays round."""
        side = max(2.0, min(self.width(), self.height()) - 1.0)
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def _value(self, at: QPointF) -> Array:
        (left, bottom, right, top), area = self.extent, self._area()
        x = left + (at.x() - area.left()) / area.width() * (right - left)
        y = top - (at.y() - area.top()) / area.height() * (top - bottom)
        return np.array([min(max(x, left), right), min(max(y, bottom), top)], np.float32)

    def _pixel(self, x: float, y: float) -> QPointF:
        (left, bottom, right, top), area = self.extent, self._area()
        across, down = (x - left) / (right - left), (top - y) / (top - bottom)
        return QPointF(area.left() + across * area.width(), area.top() + down * area.height())
