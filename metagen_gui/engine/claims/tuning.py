"""How an arm adapts at test time, chosen on validation tasks: as many ways are tried for every arm that adapts.

The number of steps comes with each way for nothing, since every step of a path is scored; 0 steps may win, too.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from metagen_gui.engine.algorithms.base import Algorithm, MetaParams
from metagen_gui.engine.claims.adapted import HeldOut, outcome, scoring_adapted
from metagen_gui.engine.claims.arms import Arm, Way, adapting
from metagen_gui.engine.claims.measures import Eyes

MOST_LOST = 0.05
"""A way under which a larger share of validation tasks diverges is not taken."""


@dataclass(frozen=True)
class Choice:
    """The chosen way to adapt, after how many steps it is best, and its score there.

    `tried` holds each way with its best step and its score; NaN where too many tasks diverged.
    """

    way: Way
    step: int
    score: float
    tried: tuple[tuple[Way, int, float], ...]


def build(arm: Arm, way: Way, trained: Algorithm) -> Algorithm:
    """Return the algorithm that adapts an arm's weights in a way; the model is that of training."""
    return adapting(arm, way).build_algorithm(trained.model)


def tune(
    arm: Arm,
    trained: Algorithm,
    weights: MetaParams,
    tasks: HeldOut,
    eyes: Eyes,
    rows: Sequence[int],
) -> Choice:
    """Return what `tuning` does, all at once."""
    return outcome(tuning(arm, trained, weights, tasks, eyes, rows))


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
    measure, tried = eyes.measures[0], list[tuple[Way, int, float]]()
    for way in arm.ways:
        found = yield from scoring_adapted(build(arm, way, trained), weights, tasks, eyes, rows, measures=(measure,))
        values = measure.shortfall(found.values[measure.name])
        lost = np.isnan(values)
        means = np.nansum(values, axis=1) / np.maximum((~lost).sum(1), 1)
        means[lost.mean(1) > MOST_LOST] = np.inf
        best = int(np.argmin(means))
        tried.append((way, rows[best], float(means[best]) if np.isfinite(means[best]) else float("nan")))
    way, step, score = min(tried, key=lambda one: np.inf if np.isnan(one[2]) else one[2])
    return Choice(way, 0 if np.isnan(score) else step, score, tuple(tried))
