"""Paints learned inner rates: histograms of many, bars by step of single ones; those below 0 stand out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from metagen_gui.engine.events import LayerRates
from metagen_gui.gui.look.theme import plot_colours
from metagen_gui.gui.plots.rates.words import step_name
from metagen_gui.gui.plots.scale import format_number


def draw_histogram(painter: QPainter, room: QRectF, rates: LayerRates, *, named: bool) -> None:
    """Draw the rates of one layer and step into `room`, with its step's name on top if it is `named`.

    The axis holds all bins, and 0 where that is not far from them; its ends are written below.
    """
    look, metrics = plot_colours(), QFontMetricsF(painter.font())
    line = metrics.height()
    area = room.adjusted(0, line if named else 2, 0, -line)
    left, right = span(rates)
    counts = np.nan_to_num(np.asarray(rates.counts, dtype=np.float64))
    peak = max(float(counts.max(initial=0)), 1.0)
    at = area.left() + (np.asarray(rates.edges, dtype=np.float64) - left) / (right - left) * area.width()
    painter.setPen(Qt.PenStyle.NoPen)
    for index, count in enumerate(counts.tolist()):
        if count > 0:
            uphill = float(rates.edges[index] + rates.edges[index + 1]) < 0
            high = max(1.0, area.height() * count / peak)
            bar = QRectF(at[index], area.bottom() - high, max(1.0, at[index + 1] - at[index] - 0.5), high)
            painter.fillRect(bar, look.series[1] if uphill else look.series[0])
    painter.setPen(QPen(look.grid, 1))
    painter.drawLine(area.bottomLeft(), area.bottomRight())
    if left <= 0 <= right:
        zero = area.left() - left / (right - left) * area.width()
        painter.setPen(QPen(look.foreground, 1))
        painter.drawLine(QPointF(zero, area.top()), QPointF(zero, area.bottom()))
    painter.setPen(look.muted)
    below = QRectF(area.left(), area.bottom(), area.width(), line)
    ends = format_number(left, 2), format_number(right, 2)
    painter.drawText(below, Qt.AlignmentFlag.AlignLeft, ends[0])
    painter.drawText(below, Qt.AlignmentFlag.AlignRight, ends[1])
    taken = [metrics.horizontalAdvance(end) + metrics.horizontalAdvance("0") for end in ends]
    if left < 0 < right and area.left() + taken[0] < zero < area.right() - taken[1]:
        _write_below(painter, area, QRectF(zero, area.bottom(), 0, line), "0")
    if named:
        painter.drawText(
            QRectF(room.left(), room.top(), room.width(), line), Qt.AlignmentFlag.AlignLeft, step_name(rates)
        )


def span(rates: LayerRates) -> tuple[float, float]:
    """Return the ends of a histogram's axis: those of its bins, and 0 unless they would take less than a third then."""
    low, high = float(rates.edges[0]), float(rates.edges[-1])
    if not np.isfinite(high - low) or high <= low:
        return 0.0, 1.0
    if 0 < low <= 2 * (high - low):
        return 0.0, high
    if 0 > high >= -2 * (high - low):
        return low, 0.0
    return low, high


def draw_bars(painter: QPainter, room: QRectF, steps: Sequence[LayerRates]) -> None:
    """Draw one rate per adaptation step as bars from 0, with values and steps where there is room for them."""
    look, metrics = plot_colours(), QFontMetricsF(painter.font())
    line = metrics.height()
    values = np.array([step.mean for step in steps], dtype=np.float64)
    finite = np.where(np.isfinite(values), values, 0.0)
    low, high = min(float(finite.min()), 0.0), max(float(finite.max()), 0.0)
    if high == low:
        high = 1.0
    area = room.adjusted(0, line, 0, -line)
    zero = area.top() + high / (high - low) * area.height()
    pitch = min(area.width() / len(steps), 72.0)
    texts = [format_number(float(value), 3) for value in values]
    written = max(metrics.horizontalAdvance(text) for text in texts) <= pitch - 4
    for index, value in enumerate(finite.tolist()):
        left, width = area.left() + index * pitch, min(0.7 * pitch, 24.0)
        end = zero - value / (high - low) * area.height()
        bar = QRectF(left + (pitch - width) / 2, min(zero, end), max(1.0, width), max(1.0, abs(end - zero)))
        painter.fillRect(bar, look.series[1] if value < 0 else look.series[0])
        painter.setPen(look.muted)
        if written:
            painter.drawText(QRectF(left, room.top(), pitch, line), Qt.AlignmentFlag.AlignHCenter, texts[index])
        if written or index in (0, len(steps) - 1):
            text = step_name(steps[index]) if index == 0 else str(steps[index].step + 1)
            _write_below(painter, area, QRectF(left, area.bottom(), pitch, line), text)
    painter.setPen(QPen(look.foreground if low < 0 else look.grid, 1))
    painter.drawLine(QPointF(area.left(), zero), QPointF(area.left() + pitch * len(steps), zero))


def _write_below(painter: QPainter, area: QRectF, place: QRectF, text: str) -> None:
    """Write `text` around the middle of `place`, inside `area`."""
    width = QFontMetricsF(painter.font()).horizontalAdvance(text) + 1
    left = min(max(place.center().x() - width / 2, area.left()), area.right() - width)
    painter.drawText(QRectF(left, place.top(), width, place.height()), Qt.AlignmentFlag.AlignLeft, text)
