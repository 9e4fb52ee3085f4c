"""One task's curves, large: axes with numbers, the true curve, points, and what each adaptation step makes of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QCoreApplication, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QGuiApplication, QImage, QPainter, QPen

from metagen_gui.engine.events import Snapshot
from metagen_gui.gui.look.theme import plot_colours
from metagen_gui.gui.plots.scale import format_number, nice_values
from metagen_gui.gui.samples.columns import Column
from metagen_gui.gui.samples.curve_picture import (
    curve_error,
    curve_extent,
    draw_dots,
    draw_step,
    draw_truth,
    lost_curve,
    truth_pen,
)
from metagen_gui.gui.samples.density_view import Extent

_SWATCH, _DOT = 20.0, 8.0
"""Logical pixels: the length of a line in the legend, the width of a point."""


def draw_curve_plot(snapshot: Snapshot, task: int, column: Column, size: QSize, ratio: float) -> QImage:
    """Return the plot of a task `size` logical pixels large; of the steps, that of `column` stands out."""
    look = plot_colours()
    picture = QImage(size * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    picture.setDevicePixelRatio(ratio)
    picture.fill(look.background)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(_font())
    top = _draw_legend(painter, _legend(snapshot, task, column), size.width())
    extent = curve_extent(snapshot, task)
    area = _draw_axes(painter, QRectF(0, top, size.width(), size.height() - top), extent)
    painter.setClipRect(area)
    if column.kind != "support":
        draw_truth(painter, area, snapshot, task, extent, 2.0)
    if column.kind == "samples":
        for place in _back_to_front(snapshot, column):
            draw_step(painter, area, snapshot, task, place, extent, step_pen(snapshot, column, place))
    points = snapshot.query[task] if column.kind == "query" else snapshot.support[task]
    draw_dots(painter, area, points, extent, _DOT, ratio)
    painter.end()
    return picture


def step_pen(snapshot: Snapshot, column: Column, place: int) -> QPen:
    """Return the pen of the step at `place`: the one of `column` bold, the others the fainter the earlier."""
    colour = QColor(plot_colours().series[1])
    if place == column.place:
        return QPen(colour, 2.6)
    colour.setAlphaF(0.3 + 0.4 * place / max(1, len(snapshot.steps) - 1))
    return QPen(colour, 1.5)


def describe_curves(snapshot: Snapshot, task: int, column: Column) -> str:
    """Return in words how far the curve of `column` is from the true one, and if it is nowhere to be seen."""
    lost = lost_curve(snapshot, task, column.place, curve_extent(snapshot, task)) if column.kind == "samples" else ""
    error = curve_error(snapshot, task, column)
    if error is None or not np.isfinite(error):
        return lost
    said = _tr("mean squared error {0}").format(format_number(error, 3))
    return f"{said}, {lost}" if lost else said


def _back_to_front(snapshot: Snapshot, column: Column) -> list[int]:
    return [place for place in range(len(snapshot.steps)) if place != column.place] + [column.place]


@dataclass(frozen=True)
class _Entry:
    """A legend's entry: a line with `pen`, or a point where there is none and `dot` is set, and what it means."""

    text: str
    pen: QPen | None = None
    dot: bool = False
    bold: bool = False


def _legend(snapshot: Snapshot, task: int, column: Column) -> list[_Entry]:
    points = _tr("query") if column.kind == "query" else _tr("support")
    entries = [_Entry(points, dot=True)]
    if column.kind != "support" and snapshot.truth is not None:
        entries.append(_Entry(_tr("true curve"), truth_pen(2.0)))
    if column.kind == "samples":
        for place, step in enumerate(snapshot.steps):
            text = _tr("step {0}").format(step) if place == 0 else str(step)
            entries.append(_Entry(text, step_pen(snapshot, column, place), bold=place == column.place))
        remark = describe_curves(snapshot, task, column)
        entries += [_Entry(remark)] if remark else []
    return entries


def _draw_legend(painter: QPainter, entries: list[_Entry], width: int) -> float:
    """Draw the entries from left to right, in as many rows as they need; return where they end."""
    look = plot_colours()
    row, x, y = painter.fontMetrics().height() + 6.0, 8.0, 4.0
    for entry in entries:
        font = _font(bold=entry.bold)
        sign = _DOT + 6 if entry.dot else _SWATCH + 6 if entry.pen else 0.0
        long = sign + QFontMetricsF(font).horizontalAdvance(entry.text)
        if x + long > width - 8 and x > 8:
            x, y = 8.0, y + row
        middle = y + row / 2
        if entry.pen is not None:
            painter.setPen(entry.pen)
            painter.drawLine(QPointF(x, middle), QPointF(x + _SWATCH, middle))
        elif entry.dot:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.foreground)
            painter.drawEllipse(QPointF(x + _DOT / 2, middle), _DOT / 2, _DOT / 2)
        painter.setFont(font)
        painter.setPen(look.foreground if entry.bold else look.muted)
        painter.drawText(QRectF(x + sign, y, long, row), Qt.AlignmentFlag.AlignVCenter, entry.text)
        x += long + 14
    painter.setFont(_font())
    painter.setBrush(Qt.BrushStyle.NoBrush)
    return y + row + 4


def _draw_axes(painter: QPainter, room: QRectF, extent: Extent) -> QRectF:
    """Draw grid, numbers and names of both axes into `room`; return the rectangle that is left for the curves."""
    look, metrics = plot_colours(), QFontMetricsF(painter.font())
    left, bottom, right, top = extent
    line = metrics.height()
    heights = nice_values(bottom, top, max(2, int(room.height() / 48)))
    beside = max((metrics.horizontalAdvance(format_number(y)) for y in heights), default=0.0) + 10
    area = room.adjusted(beside + line, 4, -10, -2 * line - 8)
    if area.width() < 20 or area.height() < 20:
        return room
    for x in nice_values(left, right, max(2, int(area.width() / 64))):
        at = area.left() + (x - left) / (right - left) * area.width()
        painter.setPen(QPen(look.grid, 1))
        painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()))
        painter.setPen(look.muted)
        box = QRectF(at - 40, area.bottom() + 4, 80, line)
        painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, format_number(x))
    for y in heights:
        at = area.top() + (top - y) / (top - bottom) * area.height()
        painter.setPen(QPen(look.grid, 2 if y == 0 else 1))
        painter.drawLine(QPointF(area.left(), at), QPointF(area.right(), at))
        painter.setPen(look.muted)
        box = QRectF(area.left() - beside, at - line / 2, beside - 6, line)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, format_number(y))
    painter.drawText(
        QRectF(area.left(), area.bottom() + line + 6, area.width(), line), Qt.AlignmentFlag.AlignHCenter, "x"
    )
    painter.drawText(QRectF(room.left(), area.top(), line, area.height()), Qt.AlignmentFlag.AlignCenter, "y")
    return area


def _font(*, bold: bool = False) -> QFont:
    font = QGuiApplication.font()
    font.setBold(bold)
    return font


def _tr(text: str) -> str:
    return QCoreApplication.translate("CurvePlot", text)
