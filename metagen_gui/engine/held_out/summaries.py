"""Figures over tasks: means with 95 % intervals, medians, paired differences, and which tasks count at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metagen_gui.engine.statistics import Mask, Values, half_width

FAR = 100.0
"""A loss has diverged above this, and above as many times the median size of that player's loss at step 0."""


@dataclass(frozen=True)
class Summary:
    """One figure over `tasks` tasks: mean, half the width of its 95 % interval, median; NaN where there is none.

    Tasks that were held out together count once for the interval; `groups` is how many such groups there are.
    """

    mean: float
    interval: float
    median: float
    tasks: int
    groups: int


@dataclass(frozen=True)
class Difference:
    """A paired difference over `tasks` tasks: its mean, half its 95 % interval, and in how many it is below 0."""

    mean: float
    interval: float
    lower: int
    tasks: int
    groups: int

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return abs(self.mean) > self.interval


def summarize(values: Values, groups: Sequence[str] = ()) -> Summary:
    """Return the figures over the tasks of `values` `(tasks,)`, which are of `groups`."""
    mean, median = (float(values.mean()), float(np.median(values))) if len(values) else (math.nan, math.nan)
    return Summary(mean, half_width(values, groups), median, len(values), len({*groups}) if groups else len(values))


def difference(after: Values, before: Values, groups: Sequence[str] = ()) -> Difference:
    """Return `after` − `before`, both `(tasks,)`, task by task; tasks are of `groups`."""
    apart = summarize(after - before, groups)
    return Difference(apart.mean, apart.interval, int((after < before).sum()), apart.tasks, apart.groups)


def diverged(worst: Values) -> Mask:
    """Return which tasks have diverged at which step, `(steps, tasks)`.

    `worst` `(steps, tasks)` is the largest loss of one player over a task's draws; its first row is step 0.
    """
    sound = worst[0][np.isfinite(worst[0])]
    usual = float(np.median(np.abs(sound))) if len(sound) else 1.0
    return ~(np.isfinite(worst) & (worst <= FAR * max(1.0, usual)))
