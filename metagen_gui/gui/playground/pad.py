"""The pad that pictures are drawn on, by mouse, pen, finger or keys."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPointingDevice,
    QTabletEvent,
)
from PySide6.QtWidgets import QWidget

from metagen_gui.gui.look.ramps import colour_table
from metagen_gui.gui.look.theme import theme_changes
from metagen_gui.gui.playground.drawing import SIDE, Picture, Place, Stroke, paint
from metagen_gui.gui.samples.cell_picture import image_tones

STEP = 1 / 28
"""How far an arrow key moves the pen, in sides of the pad."""
MARGIN = 0.14
"""Where training characters end, about, in sides of the pad: a faint line says so."""
ARROWS = {  # also of the pad of points
    Qt.Key.Key_Left: (-STEP, 0.0),
    Qt.Key.Key_Right: (STEP, 0.0),
    Qt.Key.Key_Up: (0.0, -STEP),
    Qt.Key.Key_Down: (0.0, STEP),
}


class DrawPad(QWidget):
    """Shows a picture and takes strokes; whoever owns it keeps what was drawn. A finger and a pen are mice to Qt."""

    drawn = Signal(object)
    """A finished `Stroke`: the pen is up."""
    moving = Signal(object)
    """The `Stroke` so far, while the pen is down."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setMinimumSize(120, 120)
        self.setAccessibleName(self.tr("Drawing pad"))
        self.setAccessibleDescription(
            self.tr("Arrow keys move the pen, Shift makes it faster, Space puts it down and lifts it.")
        )
        self.setToolTip(
            self.tr("Draw with mouse, pen or finger; by keys: arrows move the pen, Space puts it down and lifts it")
        )
        self.width_of_pen = 0.05
        self.erases = False
        self._picture = Picture()
        self._places: list[Place] = []
        self._erasing = False
        self._place: Place = (0.5, 0.5)
        self._by_keys = False
        theme_changes().changed.connect(self.update)

    @property
    def pen_is_down(self) -> bool:
        """Whether a stroke is being drawn."""
        return bool(self._places)

    def show_picture(self, picture: Picture) -> None:
        """Show another picture; a stroke that is being drawn goes on."""
        self._picture = picture
        self.update()

    def sizeHint(self) -> QSize:
        """A square that a character fits into."""
        return QSize(224, 224)

    def hasHeightForWidth(self) -> bool:
        """Say that it is as high as it is wide."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the width."""
        return width

    # -- mouse, pen, finger ------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the pen down; with the right button, the eraser."""
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton) and not self.pen_is_down:
            self._begin(self._at(event.position()), self.erases or event.button() is Qt.MouseButton.RightButton)
            self._by_keys = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw on."""
        if self.pen_is_down and event.buttons():
            self._go(self._at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lift the pen."""
        if self.pen_is_down and not self._by_keys:
            self._end()

    def tabletEvent(self, event: QTabletEvent) -> None:
        """Take the other end of a pen for the eraser; the rest comes as from a mouse."""
        if event.pointerType() is QPointingDevice.PointerType.Eraser:
            place = self._at(event.position())
            if event.type() is QTabletEvent.Type.TabletPress:
                self._begin(place, erases=True)
            elif event.type() is QTabletEvent.Type.TabletRelease and self.pen_is_down:
                self._end()
            elif self.pen_is_down:
                self._go(place)
            event.accept()
        else:
            event.ignore()

    # -- keys --------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the pen by arrows, put it down and lift it by Space; lift it by Escape, too."""
        key = Qt.Key(event.key())
        if key in ARROWS:
            far = 3 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            across, down = ARROWS[key]
            self._place = _within(self._place[0] + far * across, self._place[1] + far * down)
            if self.pen_is_down:
                self._go(self._place)
            self.update()
        elif key is Qt.Key.Key_Space and not event.isAutoRepeat():
            if self.pen_is_down:
                self._end()
            else:
                self._begin(self._place, self.erases)
                self._by_keys = True
        elif key is Qt.Key.Key_Escape and self.pen_is_down:
            self._end()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show paper, ink, the stroke that is being drawn and, with the focus, where the keys' pen is."""
        tones, side = image_tones(inverted=False), float(self._side())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.translate(self._corner())
        ink = self._picture.ink
        drawn = QImage(ink.data, SIDE, SIDE, SIDE, QImage.Format.Format_Indexed8)
        drawn.setColorTable(colour_table(tones.paper, tones.ink))
        painter.drawImage(QRectF(0, 0, side, side), drawn)
        guide = QColor(tones.ink)
        guide.setAlphaF(0.15)
        painter.setPen(QPen(guide, 1, Qt.PenStyle.DashLine))
        painter.drawRect(QRectF(MARGIN * side, MARGIN * side, (1 - 2 * MARGIN) * side, (1 - 2 * MARGIN) * side))
        if self.pen_is_down:
            painter.setClipRect(QRectF(0, 0, side, side))
            paint(painter, self._stroke(), side, QColor(tones.paper if self._erasing else tones.ink))
            painter.setClipping(False)
        colour = self.palette().color(QPalette.ColorRole.Highlight)
        if self.hasFocus():
            x, y = self._place[0] * side, self._place[1] * side
            painter.setPen(QPen(colour, 1))
            painter.drawLine(QPointF(x - 6, y), QPointF(x + 6, y))
            painter.drawLine(QPointF(x, y - 6), QPointF(x, y + 6))
        edge = colour if self.hasFocus() else self.palette().color(QPalette.ColorRole.Mid)
        painter.setPen(QPen(edge, 2 if self.hasFocus() else 1))
        painter.drawRect(QRectF(0.5, 0.5, side - 1, side - 1))
        painter.end()

    # -- the stroke --------------------------------------------------------------------------------------------------

    def _begin(self, place: Place, erases: bool) -> None:
        self._places, self._erasing, self._place = [place], erases, place
        self._tell()

    def _go(self, place: Place) -> None:
        if place != self._places[-1]:
            self._places.append(place)
            self._place = place
            self._tell()

    def _tell(self) -> None:
        self.update()
        self.moving.emit(self._stroke())

    def _end(self) -> None:
        stroke, self._places = self._stroke(), []
        self.drawn.emit(stroke)
        self.update()

    def _stroke(self) -> Stroke:
        return Stroke(tuple(self._places), self.width_of_pen * (2.5 if self._erasing else 1), self._erasing)

    def _side(self) -> int:
        return max(1, min(self.width(), self.height()))

    def _corner(self) -> QPointF:
        return QPointF((self.width() - self._side()) / 2, (self.height() - self._side()) / 2)

    def _at(self, position: QPointF) -> Place:
        inside, side = position - self._corner(), self._side()
        return _within(inside.x() / side, inside.y() / side)


def _within(across: float, down: float) -> Place:
    return min(max(across, 0.0), 1.0), min(max(down, 0.0), 1.0)
