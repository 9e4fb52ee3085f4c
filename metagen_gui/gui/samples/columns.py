"""What the adaptation view shows where: support, samples after 0, 1, … k steps, query; and how much fits in a width."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from math import ceil
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QCoreApplication

from metagen_gui.engine.events import Snapshot

_GAP, _WIDE_GAP, _MARGIN, ROW_GAP = 5, 10, 6, 12
"""Logical pixels between columns, around the steps as a whole, at the sides, and between tasks."""


@dataclass(frozen=True)
class Column:
    """A column of the view; `place` is where in `Snapshot.steps` a column of samples stands."""

    kind: Literal["support", "samples", "query"]
    place: int = 0


SUPPORT, QUERY = Column("support"), Column("query")


def columns_of(snapshot: Snapshot) -> tuple[Column, ...]:
    """Return every column there is, left to right."""
    return (SUPPORT, *(Column("samples", place) for place in range(len(snapshot.steps))), QUERY)


def summary(snapshot: Snapshot) -> str:
    """Return in a sentence what a snapshot shows."""
    tasks, shots = snapshot.support.shape[:2]
    steps = ", ".join(f"{step:,}" for step in snapshot.steps)
    text = QCoreApplication.translate(
        "SampleView", "Outer step {0}: what is generated for {1} tasks after {3} steps on {2} examples each"
    )
    return text.format(f"{snapshot.meta_step:,}", tasks, shots, steps)


def examples_of(snapshot: Snapshot, task: int, column: Column) -> npt.NDArray[Any]:
    """Return what stands in a cell, `(n, *shape)`."""
    if column.kind == "samples":
        return np.asarray(snapshot.samples[task, column.place])
    return np.asarray(snapshot.support[task] if column.kind == "support" else snapshot.query[task])


def heading_of(snapshot: Snapshot, column: Column) -> str:
    """Return the heading of a column."""
    if column.kind == "samples":
        return QCoreApplication.translate("SampleView", "step {0}").format(snapshot.steps[column.place])
    if column.kind == "support":
        return QCoreApplication.translate("SampleView", "support")
    return QCoreApplication.translate("SampleView", "query")


def row_name(snapshot: Snapshot, task: int) -> str:
    """Return the name of a row: tasks are counted from 1, because several may be called the same."""
    name = snapshot.names[task]
    return QCoreApplication.translate("SampleView", "Task {0} ({1})").format(task + 1, name)


def shows_points(snapshot: Snapshot) -> bool:
    """Whether the examples are points of the plane rather than images."""
    return snapshot.samples.ndim == 4


def shows_curves(snapshot: Snapshot) -> bool:
    """Whether what the model makes is drawn as a curve y(x), and its examples as points of the plane."""
    return shows_points(snapshot) and snapshot.curves is not None and snapshot.curve_x is not None


@dataclass(frozen=True)
class Arrangement:
    """Where the columns stand, in logical pixels. A cell holds `across` × `down` thumbnails `thumb` wide.

    Tasks stand below each other, and `abreast` such stacks side by side, each `stack` pixels wide.
    """

    columns: tuple[Column, ...]
    lefts: tuple[int, ...]
    across: int
    down: int
    thumb: tuple[int, int]
    abreast: int = 1
    stack: int = 0

    @property
    def cell(self) -> tuple[int, int]:
        """Width and height of a cell."""
        return self.across * self.thumb[0], self.down * self.thumb[1]

    @property
    def pitch(self) -> int:
        """From the top of one task to the top of the next."""
        return self.cell[1] + ROW_GAP

    def rows(self, tasks: int) -> int:
        """Return how many tasks stand below each other."""
        return -(-tasks // self.abreast)

    def corner(self, task: int, column: int, tasks: int) -> tuple[int, int]:
        """Return left and top of a cell; both are counted from 0."""
        stack, row = divmod(task, self.rows(tasks))
        return stack * self.stack + self.lefts[column], row * self.pitch + ROW_GAP // 2


def place_of(snapshot: Snapshot, step: int) -> int:
    """Return where in `Snapshot.steps` an adaptation step stands, or the nearest one that is shown."""
    return min(range(len(snapshot.steps)), key=lambda place: abs(snapshot.steps[place] - step))


def arrange(snapshot: Snapshot, width: int, height: int, only: int | None = None, abreast: int = 1) -> Arrangement:
    """Return the arrangement that shows the most in `width` pixels, best without scrolling in `height`.

    With `only`, samples of one adaptation step are shown, that at this place. Up to `abreast` tasks stand side by side.

    Of the ways in which thumbnails stay large enough it takes the one with the most samples; then one in which all
    tasks are seen at once; then larger thumbnails. Where not every step fits, the first and the last always stay.
    """
    tasks, found = len(snapshot.names), []
    for stacks in range(1, min(abreast, tasks) + 1):
        score, arrangement = _arranged(snapshot, width // stacks, height, -(-tasks // stacks), only)
        found.append((score, replace(arrangement, abreast=stacks, stack=width // stacks)))
    return max(found, key=lambda each: each[0])[1]


def _arranged(
    snapshot: Snapshot, width: int, height: int, tasks: int, only: int | None
) -> tuple[tuple[float, ...], Arrangement]:
    """Return the best arrangement of `tasks` below each other, and how good it is."""
    aspects: tuple[float, ...]
    if shows_curves(snapshot):
        aspects, count, low, high = (1.0, 0.8, 0.6), 1, min(max(60, width // 7), 110), 230
    elif shows_points(snapshot):
        # a cloud of points wants room more than one more step beside it
        aspects, count, low, high = (1.0,), 1, min(max(52, width // 7), 96), 190
    else:
        rows, across = snapshot.samples.shape[-2:]
        aspects, count = (rows / across,), snapshot.samples.shape[2]
        low, high = max(25, min(29, across + 1)), max(85, 2 * across + 1)
    steps = len(snapshot.steps)
    best: tuple[tuple[float, ...], Arrangement] | None = None
    counts = range(min(2, steps), steps + 1) if only is None else range(1, 2)
    for shown, across, down, aspect in product(counts, range(1, 5), range(1, 4), aspects):
        if across * down - count >= max(across, down) and (across, down) != (1, 1):
            continue  # a whole row or column would stay empty
        gaps = 2 * _MARGIN + 2 * _WIDE_GAP + (shown - 1) * _GAP
        by_width = min(high, (width - gaps) // ((shown + 2) * across))
        by_height = int((height // tasks - ROW_GAP) / (aspect * down))
        for thumb in {by_width, min(by_width, max(by_height, low))}:
            large_enough = thumb >= low
            fits = thumb <= by_height
            samples = shown * min(across * down, count)
            size = aspect * (thumb if fits else -thumb * down)
            score = (large_enough, samples if large_enough else thumb, shown, fits, size)
            if best is None or score > best[0]:
                spread = _early(steps, shown) if shows_curves(snapshot) else _evenly(steps, shown)
                places = spread if only is None else [only]
                side = thumb if shows_points(snapshot) else _snapped(thumb, snapshot.samples.shape[-1])
                best = score, _place(places, across, down, (max(side, 8), max(ceil(side * aspect), 8)), width)
    assert best is not None, "a snapshot has at least one step"
    return best


def _evenly(steps: int, shown: int) -> list[int]:
    """Return `shown` of the places 0 … `steps` − 1, the first and the last among them."""
    return [int(place) for place in np.linspace(0, steps - 1, shown).round()]


def _early(steps: int, shown: int) -> list[int]:
    """Return the same, closer together at the beginning, where a curve moves most: 0, 1, 3 and 10 of eleven."""
    if shown < 3:
        return _evenly(steps, shown)
    places = [0, *np.geomspace(1, steps - 1, shown - 1).round().astype(int).tolist()]
    for index in range(1, shown):
        places[index] = min(max(places[index], places[index - 1] + 1), steps - shown + index)
    return places


def _snapped(thumb: int, pixels: int) -> int:
    """Return `thumb`, or a little less where that shows each of `pixels` as a whole number of screen pixels."""
    inner = thumb - 1
    whole = inner // pixels * pixels
    return whole + 1 if whole and inner <= 1.16 * whole else thumb


def _place(places: list[int], across: int, down: int, thumb: tuple[int, int], width: int) -> Arrangement:
    columns = (SUPPORT, *(Column("samples", place) for place in places), QUERY)
    cell = across * thumb[0]
    needed = 2 * _WIDE_GAP + (len(places) - 1) * _GAP + cell * len(columns)
    spare = max(0, width - 2 * _MARGIN - needed)
    wide_gap = _WIDE_GAP + min(10, spare // 2)  # spare room sets what is given apart from what is generated
    lefts = [_MARGIN + (spare - 2 * (wide_gap - _WIDE_GAP)) // 2]
    for index in range(1, len(columns)):
        wide = index in (1, len(columns) - 1)
        lefts.append(lefts[-1] + cell + (wide_gap if wide else _GAP))
    return Arrangement(columns, tuple(lefts), across, down, thumb)
