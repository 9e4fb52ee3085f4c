"""What a run is worth, for the card of its exports: its losses on tasks that it holds out, with intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from metagen_gui.engine.settings.bad_input import BadInput

if TYPE_CHECKING:
    from metagen_gui.engine.held_out import Summary
    from metagen_gui.engine.trained.trained_run import TrainedRun

Figure = str | tuple[str, ...]
"""A line of text, or a row of a table."""
TASKS = 32
"""Held-out tasks that are scored: some seconds."""


def figures_of(run: TrainedRun) -> tuple[Figure, ...]:
    """Return the lines that tell what `run` scores, in English; of a table the cells of each.

    These are figures of the tasks of the stream `test`, scored now; where their data are not to be had, what the run
    has written on validation tasks while it was trained.
    """
    try:
        return tuple(_scored(run))
    except BadInput as problem:
        try:
            written = tuple(_written(run))
        except BadInput as other:
            return (f"None: {problem.why}; {other.why}.",)
        return (f"Its held-out tasks are not to be had here ({problem.why}).", "", *written)


def _scored(run: TrainedRun) -> Iterator[Figure]:
    from metagen_gui.engine.held_out import Request, choose_tasks, score_run

    request = Request(TASKS, steps=(0, run.model.algorithm.steps))
    tasks = choose_tasks([run], request)
    scores = score_run(run, tasks, request)
    after, kind = scores.last, scores.model.loss_is
    compares = "The less, the better." if scores.model.loss_compares() else "Losses of opponents say little alone."
    yield (
        f"On {TASKS} tasks that it never trained on (stream test), with {tasks.shots} examples each; mean ± half the "
        f"95 % interval over what was held out together. {compares}"
    )
    yield ""
    header = "query loss", "before adaptation", f"after {after} step{'' if after == 1 else 's'}", "change, task by task"
    yield header
    yield ("---",) * len(header)
    for player, values in scores.losses.items():
        apart = scores.gain(player)
        change = f"{apart.mean:.4g} ± {apart.interval:.2g}, lower in {apart.lower} of {apart.tasks}"
        cells = (_told(scores.summary(values, 0)), _told(scores.summary(values, after)), change)
        yield f"{player}{f': {kind.title}' if kind.title else ''}", *cells
    if lost := scores.lost(after):
        yield ""
        yield f"{lost} of {TASKS} tasks have diverged and are not counted."
    for said in filter(None, (scores.caveat, *tasks.doubts)):
        yield ""
        yield f"{said.rstrip('.')}."


def _told(figure: Summary) -> str:
    return f"{figure.mean:.4g} ± {figure.interval:.2g}" if math.isfinite(figure.interval) else f"{figure.mean:.4g}"


def _written(run: TrainedRun) -> Iterator[str]:
    from metagen_gui.engine.store.reports import read_series

    series = read_series(run.folder)
    yield "What the run wrote of its validation tasks after the last adaptation step, without intervals:"
    yield ""
    for name, found in series.items():
        yield f"- {name}: {found.values[-1]:.4g} at outer step {int(found.steps[-1]):,}"
