"""What of the samples moves: through the run, through adaptation, from noise to samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QCoreApplication, QSize
from PySide6.QtGui import QImage

from metagen_gui.engine.events import Snapshot
from metagen_gui.gui.animations.motion import Motion
from metagen_gui.gui.samples.cell_picture import Content, Options
from metagen_gui.gui.samples.columns import Column, columns_of, row_name, shows_curves, shows_points
from metagen_gui.gui.samples.large_picture import fitted, large_picture
from metagen_gui.gui.samples.sheet import draw_sheet, sheet_size

MOST = 240
"""Frames through a run; of more snapshots, evenly spread ones."""


def through_the_run(
    snapshot: Snapshot, meta_steps: Sequence[int], read: Callable[[int], Snapshot], step: int, options: Options
) -> Motion:
    """Return the samples after `step` adaptation steps in the snapshots of `meta_steps`, one of which is `snapshot`.

    `read` gets a snapshot by its outer step, in a thread.
    """
    places = np.unique(np.linspace(0, len(meta_steps) - 1, min(len(meta_steps), MOST)).round().astype(int)).tolist()
    chosen = [meta_steps[place] for place in places]
    return Motion(
        _tr("Through the run, after {0} adaptation steps").format(step),
        "training",
        len(chosen),
        lambda width: sheet_size(snapshot, width),
        lambda place, size: draw_sheet(read(chosen[place]), step, size, options),
    )


def through_adaptation(snapshot: Snapshot, options: Options) -> Motion:
    """Return the samples of a snapshot after 0, 1, … adaptation steps."""
    return Motion(
        _tr("Through adaptation, at outer step {0}").format(f"{snapshot.meta_step:,}"),
        "adaptation",
        len(snapshot.steps),
        lambda width: sheet_size(snapshot, width),
        lambda place, size: draw_sheet(snapshot, snapshot.steps[place], size, options),
        rate=3,
    )


def of_task(snapshot: Snapshot, task: int, column: Column, options: Options) -> list[Motion]:
    """Return what moves in the large picture of a task: its adaptation and, of `column`, the way from noise."""
    steps = [each for each in columns_of(snapshot) if each.kind == "samples"]
    name = row_name(snapshot, task)
    adaptation = [Content(snapshot, task, each) for each in steps]
    motions = [of_contents(_tr("{0}: through adaptation").format(name), "adaptation", adaptation, options, rate=3)]
    if snapshot.path is not None and column.kind == "samples":
        last = snapshot.path.shape[2] - 1
        states = [Content(snapshot, task, column, state if state < last else None) for state in range(last + 1)]
        motions.append(of_contents(_tr("{0}: from noise to samples").format(name), "sampling", states, options, rate=4))
    return motions


def of_contents(
    title: str,
    name: str,
    contents: Sequence[Content],
    options: Options,
    *,
    closed: bool = False,
    rate: float = 8.0,
    axes: bool = True,
) -> Motion:
    """Return large pictures one after the other; there is one at least. Curves are in a plot with `axes`, or alone."""

    def size(width: int) -> QSize:
        if axes and shows_curves(contents[0].snapshot):
            return QSize(width, 3 * width // 4)
        if shows_points(contents[0].snapshot):
            return QSize(width, width)
        _, across, down = fitted(contents[0], QSize(width, 3 * width // 4))  # rather wide than high
        count, (rows, columns) = len(contents[0].examples), contents[0].examples.shape[-2:]
        across = -(-max(1, count) // down)
        return QSize(width, int(width // across * rows / columns) * down)

    def draw(place: int, size: QSize) -> QImage:
        return large_picture(contents[place], size, 1.0, options, axes=axes)

    return Motion(title, name, len(contents), size, draw, closed, rate)


def _tr(text: str) -> str:
    return QCoreApplication.translate("SampleView", text)
