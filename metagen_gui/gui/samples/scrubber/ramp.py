"""Colours of the map, and the legend that says what they stand for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from metagen_gui.gui.look.ramps import colour_table, mixed
from metagen_gui.gui.look.theme import PlotColours, plot_colours, theme_changes
from metagen_gui.gui.plots.scale import format_number
from metagen_gui.gui.samples.scrubber.figures import Values

UNKNOWN = 255
"""The shade of cells of which nothing is known."""


def marks(values: Values) -> tuple[float, float, float] | None:
    """Return the least, the middle and the largest value that is known, or None where none is."""
    known = values[np.isfinite(values)]
    return None if not len(known) else (float(known.min()), float(np.median(known)), float(known.max()))


def shades(values: Values) -> npt.NDArray[np.uint8]:
    """Return the shade of every value: 0 for the least, 127 for the middle one, 254 for the largest, `UNKNOWN`.

    The first steps of a run are far worse than all others: with even steps from least to largest the rest were one hue.
    """
    found = np.full(values.shape, UNKNOWN, np.uint8)
    ends = marks(values)
    if ends is not None:
        known, (low, middle, high) = np.isfinite(values), ends
        told = values[known]
        with np.errstate(all="ignore"):  # numbers of any size: what has no place of its own is in the middle
            if low < middle < high:
                level = np.where(told <= middle, (told - low) / (middle - low), 1 + (told - middle) / (high - middle))
            else:
                level = 2 * ((told - low) / (high - low))
        found[known] = (127 * np.nan_to_num(level, nan=1.0).clip(0, 2)).round()
    return found


def ramp(look: PlotColours) -> list[int]:
    """Return the colours of the 256 shades: strong where a loss is low, faint where it is high."""
    colours = colour_table(*(colour.name() for colour in _stops(look)))
    return [*colours[:UNKNOWN], look.grid.rgb()]


def _stops(look: PlotColours) -> list[QColor]:
    return [mixed(look.background, look.series[0], share) for share in (0.95, 0.5, 0.12)]


class Legend(QWidget):
    """A strip of the map's colours with the numbers at its ends and in its middle."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme_changes().changed.connect(self.update)

    def show_values(self, values: Values, title: str) -> None:
        """Take the values of the map; without any there is no legend."""
        ends = marks(values)
        self._texts = () if ends is None else tuple(format_number(end, 3) for end in ends)
        self.setVisible(bool(self._texts))
        if self._texts:
            told = self.tr("{0}: strong colour {1}, middle {2}, faint {3}").format(title, *self._texts)
            self.setAccessibleName(told)
            self.setToolTip(told)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for three numbers under or beside a strip."""
        metrics = self.fontMetrics()
        words = sum(metrics.horizontalAdvance(text) for text in (*self._texts[:1], *self._texts[-1:]))
        return QSize(words + 64, metrics.height() + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw least number, strip and largest number."""
        if not self._texts:
            return
        look, metrics = plot_colours(), self.fontMetrics()
        low, high = metrics.horizontalAdvance(self._texts[0]), metrics.horizontalAdvance(self._texts[-1])
        strip = QRectF(low + 4, 3, max(1, self.width() - low - high - 8), self.height() - 6)
        shade = QLinearGradient(QPointF(strip.left(), 0), QPointF(strip.right(), 0))
        for at, colour in zip((0, 0.5, 1), _stops(look), strict=True):
            shade.setColorAt(at, colour)
        painter = QPainter(self)
        painter.fillRect(strip, shade)
        painter.setPen(look.muted)
        whole = QRectF(self.rect())
        painter.drawText(whole, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._texts[0])
        painter.drawText(whole, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._texts[-1])
        painter.end()
