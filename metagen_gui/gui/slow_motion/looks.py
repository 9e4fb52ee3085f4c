"""How each algorithm's arrow looks: a colour, a dash and a mark, so that none is told apart by colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

from metagen_gui.gui.look.theme import plot_colours

_DASHES: tuple[tuple[float, ...], ...] = ((), (5, 2), (2, 2), (7, 2, 2, 2))
_MARKS = ("o", "s", "t1", "d", "+", "x", "star", "t", "p", "h")


@dataclass(frozen=True)
class ArrowLook:
    """The look of one arrow; `mark` is pyqtgraph's name of a symbol."""

    colour: QColor
    dash: tuple[float, ...]
    mark: str

    def pen(self, width: float = 2.0) -> QPen:
        """Return the pen of its line, as wide however far one zooms."""
        pen = QPen(self.colour, width)
        pen.setCosmetic(True)
        if self.dash:
            pen.setDashPattern([*self.dash])
        return pen


def look_of(place: int) -> ArrowLook:
    """Return the look of the algorithm at `place` of the list."""
    series = plot_colours().series
    return ArrowLook(series[place % len(series)], _DASHES[place % len(_DASHES)], _MARKS[place % len(_MARKS)])


def icon_of(look: ArrowLook, ratio: float = 1.0) -> QIcon:
    """Return a picture of a line with its mark, for a legend."""
    from pyqtgraph.graphicsItems.ScatterPlotItem import drawSymbol

    size = QSize(36, 14)
    picture = QPixmap(size * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(look.pen())
    painter.drawLine(1, 7, 26, 7)
    room = QRectF(22, 0, 14, 14)
    painter.translate(room.center())
    drawSymbol(painter, look.mark, 9, QPen(Qt.PenStyle.NoPen), look.colour)
    painter.end()
    icon = QIcon(picture)
    icon.addPixmap(picture, QIcon.Mode.Selected)  # or it would take on the colour of what is chosen
    return icon
