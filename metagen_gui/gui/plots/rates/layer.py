"""One layer in the panel of inner rates: its name, what its rates are like, and a picture of them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from metagen_gui.engine.events import LayerRates
from metagen_gui.gui.look.theme import plot_colours
from metagen_gui.gui.plots.rates.histogram import draw_bars, draw_histogram
from metagen_gui.gui.plots.rates.words import RatesOfLayer, details, negative_share, remarks
from metagen_gui.gui.widgets.fitting_label import SEPARATOR
from metagen_gui.gui.widgets.plain_text import plain_tip

_PICTURE, _NARROWEST, _GAP, _SIDE = 34, 92, 10, 6
"""Logical pixels: height of a histogram, its least width, between two, and at the sides of the row."""


class LayerRatesRow(QWidget):
    """Shows the rates of one layer. Of more steps than there is room for, the first, the last and some between."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layer: RatesOfLayer | None = None
        self._title = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    @property
    def layer(self) -> RatesOfLayer | None:
        """What is shown."""
        return self._layer

    def show_layer(self, layer: RatesOfLayer, *, with_player: bool) -> None:
        """Show a layer, `with_player` by the name of whose it is."""
        self._layer = layer
        self._title = f"{layer.player}: {layer.name}" if with_player else layer.name
        self.setAccessibleName(self._title)
        self.setAccessibleDescription(", ".join(reversed(remarks(layer))))
        self.setToolTip(plain_tip(f"{self._title}\n{details(layer)}"))
        self.update()

    def sizeHint(self) -> QSize:
        """A line of text, and a picture with a line above and one below it."""
        return QSize(240, round(3 * self._metrics().height()) + _PICTURE + 14)

    def shown_steps(self) -> list[LayerRates]:
        """Return the steps whose histograms are drawn side by side."""
        if self._layer is None:
            return []
        steps = self._layer.steps
        room = max(1, (self.width() - 2 * _SIDE + _GAP) // (_NARROWEST + _GAP))
        places = np.unique(np.linspace(0, len(steps) - 1, min(room, len(steps))).round().astype(int))
        return [steps[place] for place in places]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the name, the remarks, and the picture."""
        if self._layer is None or self.width() < _NARROWEST:
            return
        look = plot_colours()
        painter = QPainter(self)  # without antialiasing: bars have sharp edges
        line = self._metrics().height()
        head = QRectF(_SIDE, 4, self.width() - 2 * _SIDE, line)
        self._write_head(painter, head)
        painter.setFont(self._small())
        room = QRectF(_SIDE, head.bottom() + 2, head.width(), self.height() - head.bottom() - 6)
        if self._layer.single:
            draw_bars(painter, room, self._layer.steps)
        else:
            shown = self.shown_steps()
            width = (room.width() - _GAP * (len(shown) - 1)) / len(shown)
            for place, step in enumerate(shown):
                part = QRectF(room.left() + place * (width + _GAP), room.top(), width, room.height())
                draw_histogram(painter, part, step, named=len(self._layer.steps) > 1)
        painter.setPen(look.grid)
        painter.drawLine(_SIDE, self.height() - 1, self.width() - _SIDE, self.height() - 1)
        painter.end()

    def _write_head(self, painter: QPainter, room: QRectF) -> None:
        assert self._layer is not None
        look, metrics = plot_colours(), self._metrics()
        small = QFontMetricsF(self._small())
        said = remarks(self._layer)
        least = min(metrics.horizontalAdvance(self._title), 0.45 * room.width())
        while len(said) > 1 and small.horizontalAdvance(SEPARATOR.join(said)) > room.width() - least - 12:
            said.pop()
        free = room.width() - small.horizontalAdvance(SEPARATOR.join(said)) - 12
        painter.setPen(look.foreground)
        name = metrics.elidedText(self._title, Qt.TextElideMode.ElideMiddle, free)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        painter.setFont(self._small())
        right = room.right()
        uphill = negative_share(self._layer.steps) > 0
        for index, text in enumerate(said):
            painter.setPen(look.series[1] if index == 0 and uphill else look.muted)
            text = text if index == 0 else text + SEPARATOR
            left = right - small.horizontalAdvance(text)
            painter.drawText(QRectF(left, room.top(), right - left, room.height()), Qt.AlignmentFlag.AlignVCenter, text)
            right = left

    def _small(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(max(7.0, 0.88 * font.pointSizeF()))
        return font

    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(self.font())
