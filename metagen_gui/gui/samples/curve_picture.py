"""Curves y(x) in cells of the adaptation view: the true one, the model's, and the points it is given or judged by."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QCoreApplication, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter, QPen

from metagen_gui.engine.events import Snapshot
from metagen_gui.gui.look.theme import PlotColours, plot_colours
from metagen_gui.gui.samples.columns import Column
from metagen_gui.gui.samples.density_view import Extent, draw_points

_MARGIN = 1.14
"""How much higher a cell is than what must be seen in it."""
_LEAST = 0.4
"""The least height of a task's cell, as a share of the largest one: small waves look small."""


def curve_extent(snapshot: Snapshot, task: int) -> Extent:
    """Return what the cells of a task show, the same at every step: the true curve and all given points."""
    given = [snapshot.support[..., 1], snapshot.query[..., 1]]
    y = np.concatenate([*given, *([] if snapshot.truth is None else [snapshot.truth])], axis=1).astype(np.float64)
    finite = np.isfinite(y)
    low, high = np.where(finite, y, np.inf).min(axis=1), np.where(finite, y, -np.inf).max(axis=1)
    low, high = np.where(finite.any(axis=1), low, -1.0), np.where(finite.any(axis=1), high, 1.0)
    spans = high - low
    reach = _MARGIN / 2 * max(float(spans[task]), _LEAST * float(spans.max()), 1e-6)
    middle = float(low[task] + high[task]) / 2
    x = snapshot.curve_x
    left, right = (-1.0, 1.0) if x is None or not len(x) else (float(x[0]), float(x[-1]))
    return left, middle - reach, max(right, left + 1e-6), middle + reach


def curve_error(snapshot: Snapshot, task: int, column: Column) -> float | None:
    """Return the mean squared error of a step's curve along the true one; None where there is none, or no such."""
    if snapshot.truth is None or snapshot.curves is None or column.kind != "samples":
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        away = snapshot.curves[task, column.place].astype(np.float64) - snapshot.truth[task]
        return float(np.square(away).mean())


def draw_curve_cell(snapshot: Snapshot, task: int, column: Column, size: QSize, ratio: float) -> QImage:
    """Return a cell: support or query as points, or a step's curve through the support over the true curve."""
    look = plot_colours()
    picture = QImage(size * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    area = QRectF(1, 1, size.width() - 2, size.height() - 2)
    extent = curve_extent(snapshot, task)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipRect(area)
    painter.fillRect(area, look.background)
    _draw_level(painter, area, extent, look)
    width = float(np.clip(size.width() / 60, 1.5, 2.0))
    if column.kind != "support":
        draw_truth(painter, area, snapshot, task, extent, width)
    if column.kind == "samples":
        draw_step(painter, area, snapshot, task, column.place, extent, QPen(look.series[1], width))
        _say_where(painter, area, lost_curve(snapshot, task, column.place, extent), look)
    points = snapshot.query[task] if column.kind == "query" else snapshot.support[task]
    draw_dots(painter, area, points, extent, float(np.clip(size.width() / 24, 3.6, 5.0)), ratio)
    painter.end()
    return picture


def draw_truth(painter: QPainter, area: QRectF, snapshot: Snapshot, task: int, extent: Extent, width: float) -> None:
    """Draw the true curve, where it is known."""
    if snapshot.truth is not None and snapshot.curve_x is not None:
        draw_line(painter, area, snapshot.curve_x, snapshot.truth[task], extent, truth_pen(width))


def draw_step(
    painter: QPainter, area: QRectF, snapshot: Snapshot, task: int, place: int, extent: Extent, pen: QPen
) -> None:
    """Draw the model's curve at the step that stands at `place` of `Snapshot.steps`."""
    if snapshot.curves is not None and snapshot.curve_x is not None:
        draw_line(painter, area, snapshot.curve_x, snapshot.curves[task, place], extent, pen)


def truth_pen(width: float) -> QPen:
    """Return the pen of the true curve: dashed, in a muted colour."""
    pen = QPen(QColor(plot_colours().muted), max(1.0, 0.75 * width))
    pen.setDashPattern([4, 3])
    return pen


def draw_line(
    painter: QPainter, area: QRectF, x: npt.NDArray[Any], y: npt.NDArray[Any], extent: Extent, pen: QPen
) -> None:
    """Draw `y` `(n,)` over `x` `(n,)`; what is not finite is a gap, what lies far outside is cut off."""
    left, bottom, right, top = extent
    over, up = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    finite = np.isfinite(over) & np.isfinite(up)
    if not finite.any():
        return
    # Within two heights of the cell: QPainter cannot take coordinates of 1e30.
    shown = np.clip((top - np.where(finite, up, 0)) / (top - bottom), -2, 3)
    across = area.left() + (np.where(finite, over, 0) - left) / (right - left) * area.width()
    down = area.top() + shown * area.height()
    painter.setPen(pen)
    breaks = np.flatnonzero(np.diff(finite.astype(np.int8))) + 1
    for run in np.split(np.arange(len(up)), breaks):
        if finite[run[0]]:
            painter.drawPolyline([QPointF(*at) for at in zip(across[run].tolist(), down[run].tolist(), strict=True)])


def draw_dots(
    painter: QPainter, area: QRectF, points: npt.NDArray[Any], extent: Extent, size: float, ratio: float
) -> None:
    """Draw `points` `(n, 2)` as dots `size` logical pixels wide, set off from the lines beneath."""
    look = plot_colours()
    draw_points(painter, area, points, extent, QColor(look.background), size + 2, ratio)
    draw_points(painter, area, points, extent, QColor(look.foreground), size, ratio)


def lost_curve(snapshot: Snapshot, task: int, place: int, extent: Extent) -> str:
    """Return in words why nothing is seen of a step's curve, "" where some of it is seen."""
    if snapshot.curves is None:
        return ""
    y = snapshot.curves[task, place]
    finite = y[np.isfinite(y)]
    if not len(finite):
        return QCoreApplication.translate("SampleView", "not finite")
    seen = (finite >= extent[1]).any() and (finite <= extent[3]).any()  # one that crosses the cell is drawn in it
    return "" if seen else QCoreApplication.translate("SampleView", "off scale")


def _say_where(painter: QPainter, area: QRectF, text: str, look: PlotColours) -> None:
    """Write why there is no curve, in its colour, at the foot of the cell."""
    if text:
        font = QGuiApplication.font()
        font.setPointSizeF(max(7.0, 0.85 * font.pointSizeF()))
        painter.setFont(font)
        painter.setPen(look.series[1])
        where = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignHCenter
        painter.fillRect(painter.boundingRect(area, where, text), look.background)
        painter.drawText(area, where, text)


def _draw_level(painter: QPainter, area: QRectF, extent: Extent, look: PlotColours) -> None:
    """Draw a fine line where y is 0."""
    _, bottom, _, top = extent
    if bottom < 0 < top:
        y = area.top() + top / (top - bottom) * area.height()
        painter.setPen(QPen(look.grid, 1))
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
