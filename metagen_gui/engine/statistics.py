"""Means and paired differences with intervals and p that agree; groups of tasks, few seeds, lopsided laws; Holm.

What is not independent counts once: tasks of one group (characters of one alphabet) share more than tasks of two, so n
is the number of groups. The interval over groups is Student's; of ten and more it is Hall's where that reaches further,
which undoes the skewness of the sample (Hall 1992, On the removal of skewness by transformation, eq. 3): without, t is
too sure of lopsided differences; of symmetric ones with heavy tails t is right, and Hall is not. Where there are
several seeds, their own interval is added at a right angle: √(a² + b²) covers at least as often as it says, however
much of the scatter is that of seeds (Banerjee 1961, normal errors), where Satterthwaite's degrees of freedom are too
many for two or three. p is the level at which that very interval ends at 0. How often all of it is right:
`benchmarks/intervals.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
CONFIDENCE = 0.95
FEWEST_GROUPS, FEWEST_SEEDS = 5, 5
"""Fewer groups, whose law cannot be known, and fewer seeds, whose t is wide, are told as too few."""
FEWEST_SKEWED = 10
"""How lopsided fewer are would be noise: intervals of five that follow it may be three times as wide."""
HIDDEN = 4 / 3
"""How much more lopsided a law is taken to be than its sample, which mostly misses the long tail; by simulation."""
LEAST_P = 2.0**-40
"""A smaller p is not told from it."""
ROUNDING = 1e-12
"""A spread that is a smaller share of the mean is none."""


@dataclass(frozen=True)
class Comparison:
    """A mean difference with its 95 % interval and two-sided p; `effect` is Cohen's d_z over groups.

    `p_of_these` is what p would be if these very trainings were all that is asked about; of one seed it is p.
    """

    mean: float
    low: float
    high: float
    p: float
    effect: float
    tasks: int
    seeds: int
    groups: int
    p_of_these: float = 1.0

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0

    @property
    def lacks_seeds(self) -> bool:
        """Whether more seeds might show what holds of these very trainings, and cannot be said of others."""
        return 1 < self.seeds < FEWEST_SEEDS and self.p_of_these < 1 - CONFIDENCE <= self.p


NOTHING = Comparison(math.nan, math.nan, math.nan, 1.0, math.nan, 0, 0, 0)


@dataclass(frozen=True)
class Scatter:
    """How far off a mean may be: its standard error over `units`, how lopsided these are, and that over `seeds`."""

    error: float
    units: int
    skewness: float
    seeds_error: float = 0.0
    seeds: int = 1

    def reach(self, tail: float, side: int) -> float:
        """Return how far below (−1) or above (1) the mean the truth may lie, outside in a share of `tail` at most."""
        return self._reach(student(tail, self.units - 1), tail, side)

    def p(self, mean: float) -> float:
        """Return the tail at which the interval of `mean` ends at 0."""
        side, freedom = -1 if mean > 0 else 1, self.units - 1
        low, high = 0.0, math.pi / 2
        for _ in range(50):
            middle = (low + high) / 2
            t = math.sqrt(freedom) * math.tan(middle)
            far = self._reach(t, max(two_sided(t, freedom), LEAST_P), side) > abs(mean)
            low, high = (low, middle) if far else (middle, high)
        return max(two_sided(math.sqrt(freedom) * math.tan(low), freedom), LEAST_P)

    def _reach(self, t: float, tail: float, side: int) -> float:
        over_units = max(t, -side * self._untwisted(-side * t)) * self.error
        over_seeds = student(tail, self.seeds - 1) * self.seeds_error if self.seeds > 1 else 0.0
        return math.hypot(over_units, over_seeds)

    def _untwisted(self, t: float) -> float:
        twist = HIDDEN * self.skewness / math.sqrt(self.units)
        return 3 / twist * (math.cbrt(1 + twist * (t - twist / 6)) - 1) if abs(twist) > ROUNDING else t


def scatter(values: Values) -> Scatter:
    """Return how far off the mean of `values` `(seeds, units)` may be; there are two units at least."""
    (seeds, units), of_units, of_seeds = values.shape, values.mean(0), values.mean(1)
    spread = float(of_units.std())
    relative = (of_units - of_units.mean()) / (spread or 1.0)  # or cubes of small differences would vanish
    skewness = float((relative**3).mean()) if units >= FEWEST_SKEWED else 0.0
    found = Scatter(spread / math.sqrt(units - 1), units, skewness)
    if seeds == 1:
        return found
    return Scatter(found.error, units, found.skewness, float(of_seeds.std()) / math.sqrt(seeds - 1), seeds)


def compare(differences: Values, groups: Sequence[str] = ()) -> Comparison:
    """Return the mean of `differences` `(seeds, tasks)`, how far it may be trusted, and how large it is.

    With the tasks' `groups` those of a group count once. Nothing is said where a difference is not finite.
    """
    if not np.isfinite(differences).all():
        return NOTHING
    (seeds, tasks), values = differences.shape, by_group(differences, groups)
    if (units := values.shape[1]) < 2:
        mean = float(values.mean()) if tasks else math.nan
        return Comparison(mean, math.nan, math.nan, 1.0, math.nan, tasks, seeds, units)
    with np.errstate(over="ignore", invalid="ignore"):
        mean, spread = float(values.mean()), float(values.mean(0).std(ddof=1))
    if not math.isfinite(spread):  # too large to be squared
        return NOTHING
    if np.ptp(values) <= ROUNDING * abs(mean):
        return _without_spread(mean, tasks, seeds, units)
    found, tail = scatter(values), 1 - CONFIDENCE
    low, high = mean - found.reach(tail, -1), mean + found.reach(tail, 1)
    p = found.p(mean)
    alone = p if seeds == 1 else Scatter(found.error, units, found.skewness).p(mean)
    return Comparison(mean, low, high, p, _effect(mean, spread), tasks, seeds, units, alone)


def _without_spread(mean: float, tasks: int, seeds: int, units: int) -> Comparison:
    """Return the comparison of differences that are all the same; what is not 0 is held against the flip of a coin."""
    if not mean:
        return Comparison(0.0, 0.0, 0.0, 1.0, _effect(mean, 0.0), tasks, seeds, units)
    p = 2.0 ** (1 - units)
    low, high = (mean, mean) if p < 1 - CONFIDENCE else (min(mean, 0.0), max(mean, 0.0))
    return Comparison(mean, low, high, p, _effect(mean, 0.0), tasks, seeds, units, p)


def _effect(mean: float, spread: float) -> float:
    """Return d_z; a mean of exactly 0 is none, also where units agree and seeds only differ."""
    return mean / spread if spread else math.copysign(math.inf, mean) if mean else 0.0


def half_width(values: Values, groups: Sequence[str] = ()) -> float:
    """Return how far the mean of `values` `(tasks,)` may be off at 95 %, to either side; NaN for fewer than two."""
    units = by_group(values[None], groups)
    if units.shape[1] < 2:
        return math.nan
    if np.ptp(units) <= ROUNDING * abs(units.mean()):
        return 0.0
    found = scatter(units)
    return max(found.reach(1 - CONFIDENCE, side) for side in (-1, 1))


def chosen_of(groups: Sequence[str], which: Mask) -> tuple[str, ...]:
    """Return the groups of those tasks that are counted; nothing where every task stands alone."""
    return tuple(group for group, counts in zip(groups, which, strict=True) if counts) if groups else ()


def by_group(values: Values, groups: Sequence[str]) -> Values:
    """Return what stands for each group, `(seeds, groups)`, of `values` `(seeds, tasks)`; without groups, the values.

    Of groups of one size that is their mean. Otherwise a group counts by its size, so that the mean stays that over
    tasks, and is moved away from it by as much as its own tasks had drawn it near (Bell & McCaffrey 2002, CR2).
    """
    if not groups:
        return values
    _, owner, sizes = np.unique(np.asarray(groups, dtype=object), return_inverse=True, return_counts=True)
    means = values @ ((owner[:, None] == np.arange(len(sizes))) / sizes)
    share, mean = sizes / len(owner), values.mean(1, keepdims=True)
    if len(sizes) < 2:
        return means  # type: ignore[no-any-return]
    apart = (means - mean) * len(sizes) * share * np.sqrt((1 - 1 / len(sizes)) / (1 - share))
    found: Values = mean + apart - apart.mean(1, keepdims=True)
    return found


def holm(ps: Sequence[float]) -> list[float]:
    """Return the p of every comparison as corrected for their number (Holm 1979)."""
    adjusted, highest = [1.0] * len(ps), 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=lambda place: ps[place])):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[place]))
        adjusted[place] = highest
    return adjusted


def two_sided(t: float, freedom: int) -> float:
    """Return P(|T| > t) of Student's t, to 1e-15."""
    return 1 - _within(math.atan(t / math.sqrt(freedom)), freedom)


@lru_cache(maxsize=10_000)
def student(tail: float, freedom: int) -> float:
    """Return the t with P(|T| > t) = `tail`, not below `LEAST_P`, for `freedom` degrees of freedom."""
    low, high = 0.0, math.pi / 2
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if 1 - _within(middle, freedom) > tail else (low, middle)
    return math.tan(low) * math.sqrt(freedom)


def _within(angle: float, freedom: int) -> float:
    """Return P(|T| < √freedom tan(angle)), by the finite series of Abramowitz & Stegun 26.7.3 and 26.7.4."""
    sine, cosine, odd = math.sin(angle), math.cos(angle), freedom % 2
    series = term = 1.0
    for place in range(1, freedom // 2):
        term *= (2 * place - 1 + odd) / (2 * place + odd) * cosine * cosine
        series += term
        if term < 1e-18:
            break
    if not odd:
        return sine * series
    return 2 / math.pi * (angle + (sine * cosine * series if freedom > 1 else 0.0))


def finite(value: Any) -> Any:
    """Return figures as JSON data: null for what is not a finite number, which JSON cannot hold, NumPy's as plain."""
    if isinstance(value, Mapping):
        return {str(key): finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain
