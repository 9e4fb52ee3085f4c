"""One entry of a plot's legend: a check box that looks like its curve, with the curve's value beside the name."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QStyle, QStyleOptionFocusRect, QWidget

from metagen_gui.gui.look.theme import plot_colours, theme_changes

_SWATCH, _GAP, _WIDEST_VALUE = 19, 5, "-0.0000"


class CurveToggle(QCheckBox):
    """Shows or hides a curve.

    `series` is the number of its colour, `dash` its pattern in widths of the line; `values` how many figures are shown
    beside it.
    """

    def __init__(
        self,
        name: str,
        tip: str,
        series: int,
        *,
        dashed: bool = False,
        marker: bool = False,
        values: int = 1,
        dash: Sequence[float] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(name, parent)
        self._series, self._dashed, self._marker = series, dashed, marker
        self._dash = list(dash) or ([1.8, 1.4] if dashed else [])
        self._widest = " → ".join([_WIDEST_VALUE] * values) if values else ""
        self._value = ""
        self.setChecked(True)
        self.setToolTip(tip)
        self.setAccessibleName(name)
        theme_changes().changed.connect(self.update)

    @property
    def value(self) -> str:
        """The text beside the name."""
        return self._value

    def set_value(self, text: str) -> None:
        """Write the curve's present value beside its name."""
        if text != self._value:
            self._value = text
            self.setAccessibleDescription(text)
            if self.fontMetrics().horizontalAdvance(text) > self.fontMetrics().horizontalAdvance(self._widest):
                self._widest = text  # a figure without its exponent is another figure
                self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """Leave room for the widest value, so that entries do not move while values change."""
        metrics = self.fontMetrics()
        width = _SWATCH + _GAP + metrics.horizontalAdvance(self.text()) + 3
        if self._widest:
            width += _GAP + metrics.horizontalAdvance(self._widest)
        return QSize(width, metrics.height() + 6)

    def minimumSizeHint(self) -> QSize:
        """As `sizeHint`: a cut legend says nothing."""
        return self.sizeHint()

    def hitButton(self, pos: object) -> bool:
        """Take a click anywhere on the entry."""
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a piece of the curve, its name and its value; hollow and muted while the curve is hidden."""
        look = plot_colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = QColor(look.series[self._series % len(look.series)]) if self.isChecked() else QColor(look.muted)
        middle = self.height() / 2
        pen = QPen(colour, 2.4 if self.isChecked() else 1)
        if self._dash:
            pen.setDashPattern(self._dash)
        painter.setPen(pen)
        if self.isChecked():
            painter.drawLine(QPointF(3, middle), QPointF(_SWATCH, middle))
        else:
            painter.drawRoundedRect(QRectF(5.5, middle - 4.5, 11, 9), 2, 2)
        if self._marker and self.isChecked():
            painter.setBrush(QColor(look.background) if self._dashed else colour)
            painter.setPen(QPen(colour, 1.2))
            painter.drawEllipse(QPointF(_SWATCH / 2 + 1.5, middle), 3, 3)
        self._draw_text(painter, QColor(look.foreground), QColor(look.muted))
        if self.hasFocus():
            option = QStyleOptionFocusRect()
            option.initFrom(self)
            self.style().drawPrimitive(QStyle.PrimitiveElement.PE_FrameFocusRect, option, painter, self)
        painter.end()

    def _draw_text(self, painter: QPainter, foreground: QColor, muted: QColor) -> None:
        metrics = self.fontMetrics()
        left = _SWATCH + _GAP
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.setPen(foreground if self.isChecked() and not self._value else muted)
        painter.drawText(QRectF(left, 0, self.width(), self.height()), flags, self.text())
        if self.isChecked():
            left += metrics.horizontalAdvance(self.text()) + _GAP
            painter.setPen(foreground)
            painter.drawText(QRectF(left, 0, self.width() - left, self.height()), flags, self._value)
