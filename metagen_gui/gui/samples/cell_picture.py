"""Draws the contents of one cell of the adaptation view at any size: in the grid, enlarged, and for export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from metagen_gui.engine.events import Snapshot
from metagen_gui.gui.look.theme import colours, plot_colours
from metagen_gui.gui.samples.columns import Column, examples_of, shows_curves, shows_points
from metagen_gui.gui.samples.curve_picture import draw_curve_cell
from metagen_gui.gui.samples.density_view import (
    Extent,
    draw_field,
    draw_ground,
    draw_points,
    draw_trails,
    extent_of,
    field_span,
)
from metagen_gui.gui.samples.image_mosaic import Frame, Tones, draw_mosaic


@dataclass(frozen=True)
class Options:
    """What the person chose to see."""

    inverted: bool = False
    show_field: bool = False


@dataclass(frozen=True)
class Content:
    """What a cell shows: one column of one task of a snapshot."""

    snapshot: Snapshot
    task: int
    column: Column
    state: int | None = None
    """Where on their way the samples are shown, counted from their noise; None shows the samples themselves."""

    @property
    def examples(self) -> npt.NDArray[Any]:
        """What stands there, `(n, *shape)`."""
        if self.state is None or self.snapshot.path is None:
            return examples_of(self.snapshot, self.task, self.column)
        return np.asarray(self.snapshot.path[self.task, self.column.place, self.state])

    def looks_like(self, other: Content) -> bool:
        """Whether both surely give the same picture: support and query that two snapshots share."""
        if self.column != other.column or self.task != other.task:
            return False
        mine, others = self.snapshot, other.snapshot
        if self.column.kind == "samples":
            return mine is others
        shared = mine.support is others.support if self.column.kind == "support" else mine.query is others.query
        behind = mine.density is others.density and mine.truth is others.truth
        return shared and behind and mine.extent == others.extent


def image_tones(inverted: bool) -> Tones:
    """Return ink on paper in the light look, chalk on slate in the dark one, or the other way round."""
    on_dark = colours().dark != inverted
    return Tones("#15171b", "#f2f3f5") if on_dark else Tones("#ffffff", "#14161a")


def draw_cell(content: Content, size: QSize, across: int, down: int, ratio: float, options: Options) -> QImage:
    """Return the picture of a cell `size` logical pixels large on a screen with `ratio` device pixels to each."""
    if shows_curves(content.snapshot):
        picture = draw_curve_cell(content.snapshot, content.task, content.column, size, ratio)
    elif shows_points(content.snapshot):
        picture = _draw_points(content, size, ratio, options)
    else:
        slot = int(size.width() * ratio) // across, int(size.height() * ratio) // down
        frame = Frame(across, down, slot, gap=max(1, round(ratio)))
        picture = draw_mosaic(content.examples, frame, image_tones(options.inverted))
    picture.setDevicePixelRatio(ratio)
    return picture


def _draw_points(content: Content, size: QSize, ratio: float, options: Options) -> QImage:
    snapshot, task, column = content.snapshot, content.task, content.column
    look = plot_colours()
    picture = QImage(size * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    area = QRectF(1, 1, size.width() - 2, size.height() - 2)
    generated = column.kind == "samples"
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipRect(area)
    over_field = options.show_field and generated and snapshot.field is not None
    if over_field and snapshot.field is not None:
        draw_field(painter, area, snapshot.field[task, column.place], field_span(snapshot.field[task]), look)
    else:
        draw_ground(painter, area, None if snapshot.density is None else snapshot.density[task], look)
    points, extent = content.examples, _extent(snapshot)
    colour, dot = _dot_colour(generated and not over_field, len(points)), float(np.clip(size.width() / 42, 1.6, 5.0))
    if content.state is not None and snapshot.path is not None:
        draw_trails(painter, area, snapshot.path[task, column.place, content.state :], extent, colour)
    draw_points(painter, area, points, extent, colour, dot, ratio)
    painter.end()
    return picture


def _dot_colour(bright: bool, count: int) -> QColor:
    """Return the colour of what is generated, or the plain one for data and on a coloured field; crowds are thinner."""
    look = plot_colours()
    colour = QColor(look.series[1] if bright else look.foreground)
    colour.setAlphaF(0.9 if count <= 150 else 0.6)
    return colour


def _extent(snapshot: Snapshot) -> Extent:
    return snapshot.extent or extent_of([snapshot.support, snapshot.query])
