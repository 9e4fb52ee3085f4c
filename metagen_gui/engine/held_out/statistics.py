"""Figures over tasks: means with 95 % intervals, medians, paired differences, and which tasks count at all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

CONFIDENCE = 0.95
FAR = 100.0
"""A loss has diverged above this, and above as many times the median size of that player's loss at step 0."""


@dataclass(frozen=True)
class Summary:
    """One figure over `tasks` tasks: mean, half the width of its 95 % interval, median; NaN where there is none."""

    mean: float
    interval: float
    median: float
    tasks: int


@dataclass(frozen=True)
class Difference:
    """A paired difference over `tasks` tasks: its mean, half its 95 % interval, and in how many it is below 0."""

    mean: float
    interval: float
    lower: int
    tasks: int

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return abs(self.mean) > self.interval


def summarize(values: Values) -> Summary:
    """Return the figures over the tasks of `values` `(tasks,)`."""
    count = len(values)
    mean, median = (float(values.mean()), float(np.median(values))) if count else (math.nan, math.nan)
    return Summary(mean, half_width(values), median, count)


def difference(after: Values, before: Values) -> Difference:
    """Return `after` − `before`, both `(tasks,)`, task by task."""
    apart = after - before
    mean = float(apart.mean()) if len(apart) else math.nan
    return Difference(mean, half_width(apart), int((apart < 0).sum()), len(apart))


def half_width(values: Values) -> float:
    """Return half the width of the mean's 95 % interval, t s / √n with Student's t; NaN for fewer than two values."""
    count = len(values)
    return student_t(count - 1) * float(values.std(ddof=1)) / math.sqrt(count) if count > 1 else math.nan


@cache
def student_t(freedom: int) -> float:
    """Return the t that lies between −t and t with 95 % probability, for `freedom` degrees of freedom."""
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < CONFIDENCE else (low, middle)
    return math.tan(low) * math.sqrt(freedom)


def _within(angle: float, freedom: int) -> float:
    """Return P(|t| < √freedom tan(angle)), by the finite series of Abramowitz & Stegun 26.7.3 and 26.7.4."""
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    place = np.arange(1, freedom // 2)
    factors = (2 * place - 1 + odd) / (2 * place + odd) * cosine**2
    series = 1 + float(np.cumprod(factors).sum())
    if not odd:
        return sine * series
    return 2 / math.pi * (angle + (sine * cosine * series if freedom > 1 else 0.0))


def diverged(worst: Values) -> Mask:
    """Return which tasks have diverged at which step, `(steps, tasks)`.

    `worst` `(steps, tasks)` is the largest loss of one player over a task's draws; its first row is step 0.
    """
    sound = worst[0][np.isfinite(worst[0])]
    usual = float(np.median(np.abs(sound))) if len(sound) else 1.0
    return ~(np.isfinite(worst) & (worst <= FAR * max(1.0, usual)))
