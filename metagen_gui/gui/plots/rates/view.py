"""The inner rates that an algorithm has learned: how far every layer steps, and which of its numbers go uphill."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from metagen_gui.engine.events import RatesReport
from metagen_gui.gui.look.theme import PlotColours, plot_colours, theme_changes
from metagen_gui.gui.plots.rates.layer import LayerRatesRow
from metagen_gui.gui.plots.rates.words import by_layer, headline
from metagen_gui.gui.widgets.empty_state import EmptyState
from metagen_gui.gui.widgets.plain_text import PlainLabel


class _List(QWidget):
    """The ground of the rows: the plots' own."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill the ground."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), plot_colours().background)
        painter.end()


class RatesView(QWidget):
    """A row per layer, in a list that arrow keys scroll; above it all of them in a sentence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rates_view")
        self.setAccessibleName(self.tr("Inner rates"))
        self._learns_none = False
        title = PlainLabel(self.tr("Inner rates"))
        font = title.font()
        font.setBold(True)
        title.setFont(font)
        self._headline = PlainLabel()
        self._headline.setProperty("tone", "muted")
        self._headline.setWordWrap(True)
        self._headline.setToolTip(
            self.tr("A positive rate goes down the slope of the support loss, a negative one (orange) up")
        )
        self._headline.hide()
        self._list = _List()
        self._rows = QVBoxLayout(self._list)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(0)
        self._rows.addStretch()
        self.area = QScrollArea()
        self.area.setAccessibleName(self.tr("Learned rates, layer by layer"))
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.area.setWidgetResizable(True)
        self.area.setWidget(self._list)
        self._empty = EmptyState(self.tr("Press Start to see learned rates"), _bells, self)
        self._pages = QStackedLayout()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self.area)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(4)
        layout.addWidget(title)
        layout.addWidget(self._headline)
        layout.addLayout(self._pages, 1)
        theme_changes().changed.connect(self._list.update)

    @property
    def rows(self) -> list[LayerRatesRow]:
        """The rows, from the top."""
        return [row for row in self._list.findChildren(LayerRatesRow) if not row.isHidden()]

    @property
    def text(self) -> str:
        """The sentence about all rates, or what the panel says while it has none."""
        return self._empty.text if self._pages.currentWidget() is self._empty else self._headline.text()

    def reset(self) -> None:
        """Forget the last run."""
        self._learns_none = False
        self._show_page(self._empty)

    def set_empty_text(self, text: str) -> None:
        """Say something else while there are no rates, unless it is known that there will be none."""
        if not self._learns_none:
            self._empty.set_text(text)

    def say_none(self) -> None:
        """The run has begun and told of no rates: it learns none."""
        if self._pages.currentWidget() is self._empty:
            self._empty.set_text(self.tr("This run learns no inner rates."))
            self._learns_none = True

    def add_report(self, report: RatesReport) -> None:
        """Show the present rates."""
        layers = by_layer(report)
        known = self._list.findChildren(LayerRatesRow)
        for _ in range(len(layers) - len(known)):
            row = LayerRatesRow(self._list)
            self._rows.insertWidget(self._rows.count() - 1, row)
            known.append(row)
        several = len({layer.player for layer in layers}) > 1
        for index, row in enumerate(known):
            row.setVisible(index < len(layers))
            if index < len(layers):
                row.show_layer(layers[index], with_player=several)
        self._headline.setText(headline(report))
        self._show_page(self.area)

    def _show_page(self, page: QWidget) -> None:
        self._headline.setVisible(page is self.area)
        if self._pages.currentWidget() is not page:
            self._pages.setCurrentWidget(page)


def _bells(painter: QPainter, room: QRectF, look: PlotColours) -> None:
    """Sketch histograms with a line at 0."""
    rows, bars = 3, 19
    height, width = min(room.height() / rows, 54.0), min(room.width(), 260.0)
    left, top = room.center().x() - width / 2, room.bottom() - rows * height
    colour = QColor(look.grid)
    for row in range(rows):
        heights = np.exp(-((np.arange(bars) - (11 + row)) ** 2) / (2 * (2.2 + row) ** 2))
        bottom = top + (row + 1) * height
        for index, high in enumerate((heights * (height - 14)).tolist()):
            painter.fillRect(QRectF(left + index * width / bars, bottom - high, width / bars - 1, high), colour)
        painter.setPen(colour)
        painter.drawLine(round(left), round(bottom), round(left + width), round(bottom))
