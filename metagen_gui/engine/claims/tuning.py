"""How an arm adapts at test time, chosen on validation tasks: as many ways are tried for every arm that adapts.

The number of steps comes with each way for nothing, since every step of a path is scored; 0 steps may win, too. What
samples would have chosen comes for little, since they are made anyway; it decides nothing, and is told.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from metagen_gui.engine.algorithms.base import Algorithm, MetaParams
from metagen_gui.engine.claims.adapted import HeldOut, Values, scoring_adapted
from metagen_gui.engine.claims.arms import Arm, Way, adapting
from metagen_gui.engine.claims.measures import Eyes, Measure
from metagen_gui.engine.claims.work import at_once

MOST_LOST = 0.05
"""A way under which a larger share of validation tasks diverges is not taken."""


@dataclass(frozen=True)
class Preference:
    """What another measure would have chosen of the same attempts, by its name.

    `score` is that measure's shortfall there, and `here` what it is at the choice that was made.
    """

    measure: str
    way: Way
    step: int
    score: float
    here: float


@dataclass(frozen=True)
class Choice:
    """The chosen way to adapt, after how many steps it is best, and its score there.

    `tried` holds each way with its best step and its score; NaN where too many tasks diverged. `by_samples` is what the
    first measure of samples would have chosen, where samples are not what decides.
    """

    way: Way
    step: int
    score: float
    tried: tuple[tuple[Way, int, float], ...]
    by_samples: Preference | None = None

    @property
    def agreed(self) -> bool:
        """Whether samples would have chosen the same, or were not asked."""
        other = self.by_samples
        return other is None or (dict(other.way), other.step) == (dict(self.way), self.step)


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
) -> Generator[int, None, Choice]:
    """Try the arm's ways on validation `tasks`, by the first measure; an arm that does not adapt takes no steps.

    Yields, whenever some tasks are done, how many.
    """
    if not arm.ways:
        return Choice({}, 0, float("nan"), ())
    measure, samples = eyes.measures[0], _of_samples(eyes)
    wanted = (measure,) if samples is None else (measure, samples)
    means: dict[str, list[Values]] = {each.name: [] for each in wanted}
    for way in arm.ways:
        found = yield from scoring_adapted(build(arm, way, trained), weights, tasks, eyes, rows, measures=wanted)
        for each in wanted:
            means[each.name].append(_means(each.shortfall(found.values[each.name])))
    table = np.stack(means[measure.name])
    tried = tuple(
        (way, rows[best], _finite(scores[best]))
        for way, scores, best in zip(arm.ways, table, table.argmin(1), strict=True)
    )
    place, row = _least(table)
    way, step, score = tried[place]
    preferred = None
    if samples is not None and np.isfinite(score):
        preferred = _preferred(samples, arm, rows, np.stack(means[samples.name]), (place, row))
    return Choice(way, 0 if np.isnan(score) else step, score, tried, preferred)


tune = at_once(tuning)


def _of_samples(eyes: Eyes) -> Measure | None:
    """Return the first measure of samples that decides anything, unless it is the one that is tuned by."""
    first, *others = eyes.measures
    found = (measure for measure in others if measure.metric is not None and measure.claim == "generalises")
    return next(found, None) if first.metric is None else None


def _preferred(
    measure: Measure, arm: Arm, rows: Sequence[int], table: Values, chosen: tuple[int, int]
) -> Preference | None:
    """Return what `measure`, whose scores are `table` `(ways, rows)`, would have chosen instead of `chosen`."""
    place, row = there = _least(table)
    if not np.isfinite(table[there]):
        return None
    return Preference(measure.name, arm.ways[place], rows[row], float(table[there]), _finite(table[chosen]))


def _means(values: Values) -> Values:
    """Return the means of `values` `(rows, tasks)` over tasks, infinite where too many have diverged."""
    lost = np.isnan(values)
    means: Values = np.nansum(values, axis=1) / np.maximum((~lost).sum(1), 1)
    means[lost.mean(1) > MOST_LOST] = np.inf
    return means


def _least(table: Values) -> tuple[int, int]:
    """Return way and row of the least entry, the first of several."""
    place, row = np.unravel_index(int(table.argmin()), table.shape)
    return int(place), int(row)


def _finite(value: float) -> float:
    return float(value) if np.isfinite(value) else float("nan")
