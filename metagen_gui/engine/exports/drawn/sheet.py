"""A snapshot as a sheet: a row per task, with what it adapts to, samples as it adapts, and examples it never saw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from metagen_gui.engine.events import Snapshot
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.pages.drawing import DIM, INK, SERIES, Box, Dots, Drawing, Line, Pixels, Shape, Words
from metagen_gui.engine.settings.plain_text import printable, shortened

CELL, GAP, HEAD, MARGIN, NAMES = 132, 14, 30, 16, 18
"""Width of a cell; pixels between cells, above them for headings, around all, and above a row for the task's name."""
MOST_TASKS, MOST_COLUMNS = 8, 6
ACROSS, DOWN = 3, 2
"""Images of a cell."""
EDGE = "#c4cad4"
LETTERS = 60
Box4 = tuple[float, float, float, float]


def sheet(snapshot: Snapshot, places: Sequence[int] | None = None) -> Drawing:
    """Return the drawing; `places` says which of `snapshot.steps` have a column, by default the most that fit."""
    steps = len(snapshot.steps)
    if places is None:
        places = [int(place) for place in np.linspace(0, steps - 1, min(steps, MOST_COLUMNS)).round()]
    tasks = min(len(snapshot.names), MOST_TASKS)
    headings = ["support", *(f"step {snapshot.steps[place]}" for place in places), "query"]
    width = 2 * MARGIN + len(headings) * (CELL + GAP) - GAP
    tall = _height(snapshot)
    height = MARGIN + HEAD + tasks * (NAMES + tall + GAP) - GAP + MARGIN
    told = f"Outer step {snapshot.meta_step:,}: what {tasks} held-out tasks adapt to, samples, and other examples"
    drawing = Drawing(width, height, translated(told))
    for column, heading in enumerate(headings):
        middle = MARGIN + column * (CELL + GAP) + CELL / 2
        drawing.add(Words((middle, MARGIN + HEAD / 2), translated(heading), "middle", INK, 13))
    for task in range(tasks):
        top = MARGIN + HEAD + task * (NAMES + tall + GAP)
        drawing.add(Words((MARGIN, top + NAMES / 2), shortened(printable(snapshot.names[task]), LETTERS), size=11))
        for column, heading in enumerate(headings):
            corner = (MARGIN + column * (CELL + GAP), top + NAMES)
            place = places[column - 1] if 0 < column < len(headings) - 1 else None
            drawing.add(*_cell(snapshot, task, heading, place, corner))
    return drawing


def _cell(snapshot: Snapshot, task: int, heading: str, place: int | None, corner: tuple[float, float]) -> list[Shape]:
    given = {"support": snapshot.support, "query": snapshot.query}
    examples = given[heading][task] if place is None else snapshot.samples[task, place]
    if snapshot.samples.ndim > 4:
        return _mosaic(examples[: ACROSS * DOWN], corner)
    extent = snapshot.extent or _extent(snapshot, task)
    shapes: list[Shape] = [Box(corner, (CELL, CELL), EDGE)]
    if snapshot.curves is None or snapshot.curve_x is None:
        return [*shapes, Dots(_places(examples, extent, corner), INK if place is None else SERIES[0])]
    if place is None:
        return [*shapes, Dots(_places(examples, extent, corner), INK, 2.2)]
    if snapshot.truth is not None:
        shapes += _curve(snapshot.curve_x, snapshot.truth[task], extent, corner, DIM, dashed=True)
    shapes += _curve(snapshot.curve_x, snapshot.curves[task, place], extent, corner, SERIES[0])
    return [*shapes, Dots(_places(snapshot.support[task], extent, corner), INK, 2.2)]


def _height(snapshot: Snapshot) -> float:
    """Return the height of a cell."""
    if snapshot.samples.ndim <= 4:
        return CELL
    high, wide = snapshot.samples.shape[-2:]
    return float(CELL / ACROSS * high / wide * DOWN)


def _mosaic(images: npt.NDArray[np.uint8], corner: tuple[float, float]) -> list[Shape]:
    """Return images `(n, channels, height, width)`, one channel as ink on paper."""
    shapes, wide = list[Shape](), CELL / ACROSS
    tall = wide * images.shape[2] / images.shape[3]
    for number, image in enumerate(images):
        down, right = divmod(number, ACROSS)
        values = np.asarray(255 - image if len(image) == 1 else image, np.uint8)
        pixels = np.ascontiguousarray(np.broadcast_to(values, (3, *values.shape[1:])).transpose(1, 2, 0))
        at, size = (corner[0] + right * wide, corner[1] + down * tall), (wide - 2, tall - 2)
        shapes += [Box((at[0] - 0.5, at[1] - 0.5), (size[0] + 1, size[1] + 1), EDGE), Pixels(at, size, pixels)]
    return shapes


def _extent(snapshot: Snapshot, task: int) -> Box4:
    """Return left, bottom, right and top of what was given of a task, with some room around."""
    points = np.concatenate([snapshot.support[task], snapshot.query[task]])
    points = points[np.isfinite(points).all(1)]
    low, high = (points.min(0), points.max(0)) if len(points) else (np.full(2, -1.0), np.full(2, 1.0))
    room = 0.15 * np.maximum(high - low, 1e-6)
    (left, bottom), (right, top) = low - room, high + room
    return float(left), float(bottom), float(right), float(top)


def _places(points: npt.NDArray[Any], extent: Box4, corner: tuple[float, float]) -> list[tuple[float, float]]:
    """Return where points `(n, 2)` lie in a cell; those outside of it are left out."""
    low, high = np.array(extent[:2]), np.array(extent[2:])
    shares = (np.asarray(points, np.float64) - low) / (high - low)
    inside = shares[np.isfinite(shares).all(1) & (shares >= 0.01).all(1) & (shares <= 0.99).all(1)]
    return [(corner[0] + float(x) * CELL, corner[1] + (1 - float(y)) * CELL) for x, y in inside]


def _curve(
    x: npt.NDArray[Any],
    y: npt.NDArray[Any],
    extent: Box4,
    corner: tuple[float, float],
    colour: str,
    dashed: bool = False,
) -> list[Shape]:
    """Return the parts of a curve that lie in a cell."""
    shapes, part = list[Shape](), list[tuple[float, float]]()
    for each in np.stack([x, y], 1):
        if place := _places(each[None], extent, corner):
            part += place
        else:
            shapes += [Line(tuple(part), colour, 1.5, dashed)] if len(part) > 1 else []
            part = []
    return [*shapes, *([Line(tuple(part), colour, 1.5, dashed)] if len(part) > 1 else [])]
