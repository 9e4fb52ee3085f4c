"""Points of the plane over the true density, or over the field a discriminator sees."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from metagen_gui.gui.look.ramps import colour_table, mixed
from metagen_gui.gui.look.theme import PlotColours

Grid = npt.NDArray[np.float32]
Extent = tuple[float, float, float, float]
"""Left, bottom, right, top."""


def draw_ground(painter: QPainter, area: QRectF, density: Grid | None, look: PlotColours) -> None:
    """Paint the true density `(grid, grid)`, row 0 at the bottom, as a soft tint of the background."""
    painter.fillRect(area, look.background)
    if density is None:
        return
    finite = np.nan_to_num(density, nan=0.0, posinf=0.0, neginf=0.0)
    # The square root lifts the flanks: narrow modes are seen at thumbnail size.
    level = np.sqrt(np.clip(finite / max(float(finite.max()), 1e-12), 0, 1))
    _draw_levels(painter, area, level, [look.background, mixed(look.background, look.series[0], 0.62)])


def draw_field(painter: QPainter, area: QRectF, field: Grid, span: tuple[float, float], look: PlotColours) -> None:
    """Paint a field `(grid, grid)`: orange below the middle of `span`, clear at the middle, green above it."""
    low, high = span
    finite = np.nan_to_num(field, nan=(low + high) / 2, posinf=high, neginf=low)
    level = np.clip((finite - low) / max(high - low, 1e-12), 0, 1)
    ends = [mixed(look.background, look.series[1], 0.4), look.background, mixed(look.background, look.series[2], 0.4)]
    _draw_levels(painter, area, level, ends)


def field_span(fields: Grid) -> tuple[float, float]:
    """Return the range of colours for one task's `fields` `(steps, grid, grid)`, the same at every step.

    It is symmetric about 0, where a discriminator is undecided; about the median where 0 does not occur, as in a critic
    whose offset means nothing.
    """
    finite = fields[np.isfinite(fields)]
    if not len(finite):
        return -1.0, 1.0
    middle = 0.0 if finite.min() <= 0 <= finite.max() else float(np.median(finite))
    reach = max(float(np.percentile(np.abs(finite - middle), 98)), 1e-6)
    return middle - reach, middle + reach


def draw_points(
    painter: QPainter, area: QRectF, points: npt.NDArray[Any], extent: Extent, colour: QColor, size: float, ratio: float
) -> None:
    """Paint `points` `(n, 2)` as dots `size` logical pixels wide on a screen with `ratio` device pixels to each.

    What is not finite or lies outside is left out. Dots are laid down by NumPy: QPainter's round, antialiased points
    take twenty times as long.
    """
    left, bottom, right, top = extent
    values = np.asarray(points, dtype=np.float64)
    inside = np.isfinite(values).all(axis=1)
    inside &= (values >= (left, bottom)).all(axis=1) & (values <= (right, top)).all(axis=1)
    rows, columns = max(1, round(area.height() * ratio)), max(1, round(area.width() * ratio))
    x = (values[inside, 0] - left) / (right - left) * columns
    y = (top - values[inside, 1]) / (top - bottom) * rows
    cover = _dots(x, y, rows, columns, size * ratio / 2, colour.alphaF())
    levels = np.ascontiguousarray(np.rint(255 * cover), dtype=np.uint8)
    dots = QImage(levels.data, columns, rows, columns, QImage.Format.Format_Indexed8)
    dots.setColorTable(_opacities(colour.red() << 16 | colour.green() << 8 | colour.blue()))
    painter.drawImage(area, dots)


def draw_trails(
    painter: QPainter, area: QRectF, states: npt.NDArray[Any], extent: Extent, colour: QColor, most: int = 96
) -> None:
    """Paint the way that points `(states, n, 2)` have before them as faint lines; of more than `most`, the first."""
    left, bottom, right, top = extent
    values = np.asarray(states[:, :most], dtype=np.float64)
    x = area.left() + (values[..., 0] - left) / (right - left) * area.width()
    y = area.top() + (top - values[..., 1]) / (top - bottom) * area.height()
    faint = QColor(colour)
    faint.setAlphaF(0.3)
    painter.setPen(QPen(faint, 1))
    for point in np.flatnonzero(np.isfinite(values).all(axis=(0, 2))):
        painter.drawPolyline([QPointF(*at) for at in zip(x[:, point].tolist(), y[:, point].tolist(), strict=True)])


@lru_cache(maxsize=8)
def _opacities(rgb: int) -> list[int]:
    """Return one colour at 256 degrees of opacity."""
    return [level << 24 | rgb for level in range(256)]


def _dots(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], rows: int, columns: int, radius: float, alpha: float
) -> npt.NDArray[np.float64]:
    """Return how much of each pixel `(rows, columns)` is covered by discs around `(x, y)`, each `alpha` opaque."""
    reach = int(np.ceil(radius + 0.5))
    offsets = np.arange(-reach, reach + 1)
    at_column = np.floor(x).astype(np.int64)[:, None, None] + offsets[None, None, :]
    at_row = np.floor(y).astype(np.int64)[:, None, None] + offsets[None, :, None]
    distance = np.hypot(at_column + 0.5 - x[:, None, None], at_row + 0.5 - y[:, None, None])
    cover = np.clip(radius + 0.5 - distance, 0, 1) * alpha
    at_column, at_row = np.broadcast_arrays(at_column, at_row)
    seen = (at_column >= 0) & (at_column < columns) & (at_row >= 0) & (at_row < rows) & (cover > 0)
    # Discs one over the other: what shines through multiplies.
    through = np.log1p(-np.minimum(cover[seen], 0.999))
    total = np.bincount(at_row[seen] * columns + at_column[seen], through, minlength=rows * columns)
    return np.asarray(1 - np.exp(total)).reshape(rows, columns)


def extent_of(points: list[npt.NDArray[Any]]) -> Extent:
    """Return a square around `points`, each `(…, 2)`, for snapshots that name none."""
    joined = np.concatenate([np.asarray(each, dtype=np.float64).reshape(-1, 2) for each in points])
    joined = joined[np.isfinite(joined).all(axis=1)]
    if not len(joined):
        return -1.0, -1.0, 1.0, 1.0
    centre = (joined.min(axis=0) + joined.max(axis=0)) / 2
    reach = max(float(np.abs(joined - centre).max()) * 1.05, 1e-6)
    x, y = centre.tolist()
    return x - reach, y - reach, x + reach, y + reach


def _draw_levels(painter: QPainter, area: QRectF, level: npt.NDArray[Any], colours: list[QColor]) -> None:
    indices = np.ascontiguousarray(np.rint(level[::-1] * 255), dtype=np.uint8)
    rows, columns = indices.shape
    image = QImage(indices.data, columns, rows, columns, QImage.Format.Format_Indexed8)
    image.setColorTable(colour_table(*(colour.name() for colour in colours)))
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(area, image.convertToFormat(QImage.Format.Format_RGB32))
