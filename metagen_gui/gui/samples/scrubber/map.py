"""The map itself: snapshots from left to right, adaptation steps from below; pointer and arrows move on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from metagen_gui.gui.look.theme import plot_colours, theme_changes
from metagen_gui.gui.samples.scrubber.figures import Values
from metagen_gui.gui.samples.scrubber.ramp import ramp, shades

MOST_COLUMNS = 2000
"""Columns painted; of more snapshots, evenly spread ones give their colours."""
_PARTED = 7.0
"""Pixels from which on cells are set apart by a line."""

Place = tuple[int, int]
"""A snapshot and a row, each counted from 0."""


class ScrubberMap(QWidget):
    """Shows one cell per snapshot and adaptation step. Moving over it looks; a click, a drag or the arrows choose."""

    looked = Signal(int, int)
    """The pointer is over a cell: the snapshot's place and the row."""
    left = Signal()
    """The pointer has left the map."""
    chosen = Signal(int, int)
    """A cell was clicked, or gone to by keys."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("scrubber")
        self.setAccessibleName(self.tr("Map of snapshots and adaptation steps"))
        self.setToolTip(
            self.tr("Left to right: outer steps. Bottom to top: adaptation steps. Samples follow; click to stay.")
        )
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._steps: Sequence[int] = ()
        self._rows: Sequence[int] = ()
        self._values: Values = np.zeros((0, 0))
        self._picture: QImage | None = None
        self._at: Place = (0, 0)
        self._over: Place | None = None
        theme_changes().changed.connect(self._repaint)

    def show_map(self, steps: Sequence[int], rows: Sequence[int], values: Values) -> None:
        """Take outer steps and adaptation steps, ascending, and a value `(rows, steps)` of each cell."""
        if len(rows) != len(self._rows):
            self.updateGeometry()
        self._steps, self._rows, self._values = steps, rows, values
        self._repaint()

    def mark(self, at: Place, over: Place | None) -> None:
        """Show where the person is, and where the pointer is."""
        self._at, self._over = at, over
        self.update()

    def sizeHint(self) -> QSize:
        """Rows as high as small letters, up to ten of them, and a line of outer steps."""
        line = self.fontMetrics().height()
        return QSize(240, round(0.72 * line) * min(max(2, len(self._rows)), 10) + line + 2)

    def minimumSizeHint(self) -> QSize:
        """Narrow, and as high."""
        return QSize(120, self.sizeHint().height())

    def cell_at(self, point: QPoint) -> Place | None:
        """Return the cell at, or nearest to, a place of the widget; None while there is none."""
        if not self._steps or not self._rows:
            return None
        area = self._area()
        column = int((point.x() - area.left()) / area.width() * len(self._steps))
        row = int((area.bottom() - point.y()) / area.height() * len(self._rows))
        return min(max(column, 0), len(self._steps) - 1), min(max(row, 0), len(self._rows) - 1)

    def centre_of(self, place: Place) -> QPoint:
        """Return the middle of a cell."""
        return self._cell(*place).center().toPoint()

    # -- pointer and keys --------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Look at what is under the pointer; with a button down, go there."""
        cell = self.cell_at(event.position().toPoint())
        if cell is not None:
            (self.chosen if event.buttons() & Qt.MouseButton.LeftButton else self.looked).emit(*cell)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to a cell."""
        cell = self.cell_at(event.position().toPoint())
        if cell is not None and event.button() is Qt.MouseButton.LeftButton:
            self.chosen.emit(*cell)

    def leaveEvent(self, event: QEvent) -> None:
        """Go back to where the person is."""
        self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from cell to cell by the arrows, to the ends by Home and End, a tenth of the run by the page keys."""
        tenth = max(1, len(self._steps) // 10)
        moves = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, 1),
            Qt.Key.Key_Down: (0, -1),
            Qt.Key.Key_PageUp: (tenth, 0),
            Qt.Key.Key_PageDown: (-tenth, 0),
            Qt.Key.Key_Home: (-len(self._steps), 0),
            Qt.Key.Key_End: (len(self._steps), 0),
        }
        move = moves.get(Qt.Key(event.key()))
        if move is None or not self._steps or not self._rows:
            super().keyPressEvent(event)
            return
        column, row = self._at[0] + move[0], self._at[1] + move[1]
        self.chosen.emit(min(max(column, 0), len(self._steps) - 1), min(max(row, 0), len(self._rows) - 1))

    # -- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the cells, the steps at their sides, and frames around where the person and the pointer are."""
        look, area = plot_colours(), self._area()
        painter = QPainter(self)
        painter.fillRect(self.rect(), look.background)
        if self._steps and self._rows:
            if self._picture is None:
                self._picture = self._paint_cells()
            painter.drawImage(area, self._picture)
            self._rule(painter, area, look.background)
            self._write_steps(painter, area, look.muted)
            strong = QColor(self.palette().color(QPalette.ColorRole.Highlight))
            if self._over is not None:
                self._frame(painter, self._cell(*self._over), look.foreground, 1)
            self._frame(painter, self._cell(*self._at), strong, 2)
        if self.hasFocus():
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 1))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _paint_cells(self) -> QImage:
        """Return a picture of one pixel per cell."""
        columns = np.linspace(0, len(self._steps) - 1, min(len(self._steps), MOST_COLUMNS)).round().astype(int)
        levels = np.ascontiguousarray(shades(self._values)[::-1, columns])
        picture = QImage(levels.data, levels.shape[1], levels.shape[0], levels.shape[1], QImage.Format.Format_Indexed8)
        picture.setColorTable(ramp(plot_colours()))
        return picture.convertToFormat(QImage.Format.Format_RGB32)

    def _rule(self, painter: QPainter, area: QRectF, colour: QColor) -> None:
        painter.setPen(QPen(colour, 1))
        width, height = area.width() / len(self._steps), area.height() / len(self._rows)
        for row in range(1, len(self._rows)):
            y = round(area.bottom() - row * height)
            painter.drawLine(round(area.left()), y, round(area.right()), y)
        for column in range(1, len(self._steps) if width >= _PARTED else 0):
            x = round(area.left() + column * width)
            painter.drawLine(x, round(area.top()), x, round(area.bottom()))

    def _write_steps(self, painter: QPainter, area: QRectF, colour: QColor) -> None:
        """Write adaptation steps beside the rows, as many as there is room for, and outer steps below."""
        font = self.font()
        font.setPointSizeF(max(7.0, 0.8 * font.pointSizeF()))
        painter.setFont(font)
        painter.setPen(colour)
        line = painter.fontMetrics().height()
        every = max(1, -(-round(0.8 * line) * len(self._rows) // max(1, round(area.height()))))
        for row in range(0, len(self._rows), every):
            middle = self._cell(0, row).center().y()
            where = QRectF(0, middle - line / 2, area.left() - 4, line)
            painter.drawText(where, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{self._rows[row]}")
        below = QRectF(area.left(), area.bottom() + 1, area.width(), line)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, f"{self._steps[0]:,}")
        if len(self._steps) > 1:
            painter.drawText(below, Qt.AlignmentFlag.AlignRight, f"{self._steps[-1]:,}")
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, self.tr("outer step →   adaptation step ↑"))

    def _frame(self, painter: QPainter, cell: QRectF, colour: QColor, width: int) -> None:
        least = 5.0  # pixels: a cell of a long run is narrower than its frame could be seen
        wider = max(0.0, (least - cell.width()) / 2)
        painter.setPen(QPen(colour, width))
        painter.drawRect(cell.adjusted(-wider, 0, wider, 0))

    def _area(self) -> QRectF:
        metrics = self.fontMetrics()
        left = metrics.horizontalAdvance("00") + 6
        return QRectF(left, 1, max(1, self.width() - left - 2), max(1, self.height() - metrics.height() - 2))

    def _cell(self, column: int, row: int) -> QRectF:
        area = self._area()
        width, height = area.width() / max(1, len(self._steps)), area.height() / max(1, len(self._rows))
        return QRectF(area.left() + column * width, area.bottom() - (row + 1) * height, width, height)

    def _repaint(self) -> None:
        self._picture = None
        self.update()
