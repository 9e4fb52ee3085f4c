"""How an arm adapts at test time, chosen on validation tasks: as many ways are tried for every arm that adapts.

What is best for the likelihood of the query is not what is best for samples: fine-tuned for the one, a model may be far
from what it can do for the other. So where the first measure is the model's loss, an arm is tuned twice of the same
attempts: by the loss for what the loss and its bound say, and by the first measure of samples for all that samples say.
The number of steps comes with each way for nothing, since every step of a path is scored; 0 steps may win, too.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from metagen_gui.engine.algorithms.base import Algorithm, MetaParams
from metagen_gui.engine.claims.arms import Arm, adapting
from metagen_gui.engine.held_out.adapted import HeldOut, Values, scoring_adapted
from metagen_gui.engine.held_out.measures import Eyes, Measure
from metagen_gui.engine.trained.fine_tuning import Way

MOST_LOST = 0.05
"""A way under which a larger share of validation tasks diverges is not taken."""


@dataclass(frozen=True)
class Choice:
    """The way to adapt that `measure` has chosen, after how many steps it is best, and its score there.

    `tried` holds each way with its best step and its score; NaN where too many tasks diverged.
    """

    way: Way
    step: int
    score: float
    tried: tuple[tuple[Way, int, float], ...]
    measure: str = ""


def build(arm: Arm, way: Way, trained: Algorithm) -> Algorithm:
    """Return the algorithm that adapts an arm's weights in a way; the model is that of training."""
    return adapting(arm, way).build_algorithm(trained.model)


def tuning(
    arm: Arm,
    trained: Algorithm,
    weights: MetaParams,
    tasks: HeldOut,
    eyes: Eyes,
    rows: Sequence[int],
) -> Generator[int, None, tuple[Choice, Choice | None]]:
    """Try the arm's ways on validation `tasks`; return what the first measure chooses, and what samples do.

    The latter is None where the first measure is one of samples, or samples say nothing. An arm that does not adapt
    takes no steps. Yields, whenever some tasks are done, how many.
    """
    if not arm.ways:
        return Choice({}, 0, float("nan"), ()), None
    measure, samples = eyes.measures[0], of_samples(eyes.measures)
    wanted = (measure,) if samples is None else (measure, samples)
    tables: dict[str, list[Values]] = {each.name: [] for each in wanted}
    for way in arm.ways:
        found = yield from scoring_adapted(build(arm, way, trained), weights, tasks, eyes, rows, measures=wanted)
        for each in wanted:
            tables[each.name].append(means(each.shortfall(found.values[each.name])))
    choice, *others = (_choice(each, arm, rows, np.stack(tables[each.name])) for each in wanted)
    return choice, next((other for other in others if np.isfinite(other.score)), None)


def of_samples(measures: Sequence[Measure]) -> Measure | None:
    """Return the first measure of samples that decides anything, unless the first of all is one."""
    first, *others = measures
    found = (measure for measure in others if measure.metric is not None and measure.claim == "generalises")
    return next(found, None) if first.metric is None else None


def _choice(measure: Measure, arm: Arm, rows: Sequence[int], table: Values) -> Choice:
    """Return what `measure`, whose scores are `table` `(ways, rows)`, chooses."""
    steps = table.argmin(1)
    tried = tuple(
        (way, rows[best], _finite(scores[best])) for way, scores, best in zip(arm.ways, table, steps, strict=True)
    )
    place = int(np.argmin(table.min(1)))
    way, step, score = tried[place]
    return Choice(way, 0 if np.isnan(score) else step, score, tried, measure.name)


def means(values: Values) -> Values:
    """Return the means of `values` `(rows, tasks)` over tasks, infinite where too many have diverged."""
    lost = np.isnan(values)
    found: Values = np.nansum(values, axis=1) / np.maximum((~lost).sum(1), 1)
    found[lost.mean(1) > MOST_LOST] = np.inf
    return found


def _finite(value: float) -> float:
    return float(value) if np.isfinite(value) else float("nan")
