"""Paired comparisons: bootstrap over tasks, and over seeds where there are several; effect size; Holm's correction.

Differences `(seeds, tasks)` are resampled in both directions, which share nothing (the pigeonhole bootstrap, Owen
2007). Intervals are BCa (Efron 1987) over tasks, with levels widened to Student's t (the expanded percentile interval
of Hesterberg 2015, section 4.3): with few seeds a bootstrap alone is far too sure. The degrees of freedom are
Satterthwaite's, from the part of the variance that seeds and that tasks contribute. p inverts that very interval, so
that p < 0.05 and an interval that leaves out 0 are the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
CONFIDENCE = 0.95
RESAMPLES = 9_999
NUMBERS_AT_ONCE = 10_000_000
"""Weights of tasks that are held at the same time: of many tasks they would not all fit."""
ROUNDING = 1e-12
"""A spread that is a smaller share of the mean is none."""
NORMAL = NormalDist()


@dataclass(frozen=True)
class Comparison:
    """A mean difference with its 95 % interval and two-sided p; `effect` is Cohen's d_z over tasks."""

    mean: float
    low: float
    high: float
    p: float
    effect: float
    tasks: int
    seeds: int

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


NOTHING = Comparison(math.nan, math.nan, math.nan, 1.0, math.nan, 0, 0)


def compare(differences: Values, resamples: int = RESAMPLES) -> Comparison:
    """Return the mean of `differences` `(seeds, tasks)`, how far it may be trusted, and how large it is."""
    seeds, tasks = differences.shape
    if tasks < 2:
        return NOTHING
    mean, of_tasks, of_seeds = float(differences.mean()), differences.mean(0), differences.mean(1)
    spread = float(of_tasks.std(ddof=1))
    if np.ptp(differences) <= ROUNDING * abs(mean):
        return _without_spread(mean, tasks, seeds)
    freedom = _freedom(of_seeds, of_tasks)
    drawn = np.sort(_resampled(differences, of_seeds, of_tasks, mean, resamples))
    bias = _quantile_of(drawn, mean)
    apart = of_tasks - mean
    relative = apart / spread if spread else apart  # or cubes of small differences would vanish
    skew = float((relative**3).sum() / (6 * (tasks - 1) ** 1.5))
    low, high = (
        float(np.quantile(drawn, NORMAL.cdf(_level(sign * student(1 - CONFIDENCE, freedom), bias, skew))))
        for sign in (-1, 1)
    )
    reached = _quantile_of(drawn, 0.0) - bias
    p = two_sided(abs(reached / (1 + skew * reached) - bias), freedom) if 1 + skew * reached > 0 else 0.0
    return Comparison(mean, low, high, p, mean / spread if spread else math.inf, tasks, seeds)


def _without_spread(mean: float, tasks: int, seeds: int) -> Comparison:
    """Return the comparison of differences that are all the same; what is not 0 is held against the flip of a coin."""
    if not mean:
        return Comparison(0.0, 0.0, 0.0, 1.0, 0.0, tasks, seeds)
    p = 2.0 ** (1 - tasks)
    low, high = (mean, mean) if p < 1 - CONFIDENCE else (min(mean, 0.0), max(mean, 0.0))
    return Comparison(mean, low, high, p, math.inf, tasks, seeds)


def holm(ps: Sequence[float]) -> list[float]:
    """Return the p of every comparison as corrected for their number (Holm 1979)."""
    adjusted, highest = [1.0] * len(ps), 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=lambda place: ps[place])):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[place]))
        adjusted[place] = highest
    return adjusted


def two_sided(t: float, freedom: float) -> float:
    """Return P(|T| > t) of Student's t, by the incomplete beta function; `freedom` need not be whole."""
    return _incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5)


def student(tail: float, freedom: float) -> float:
    """Return the t with P(|T| > t) = `tail`."""
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        beyond = two_sided(math.sqrt(freedom) * math.tan(middle), freedom)
        low, high = (middle, high) if beyond > tail else (low, middle)
    return math.sqrt(freedom) * math.tan(low)


def _resampled(differences: Values, of_seeds: Values, of_tasks: Values, mean: float, resamples: int) -> Values:
    """Return means of resampled seeds and tasks; deviations of n rows are stretched by √(n / (n − 1)), as s² is."""
    seeds, tasks = differences.shape
    stretched = differences + (math.sqrt(tasks / (tasks - 1)) - 1) * (of_tasks - mean)[None]
    if seeds > 1:
        stretched = stretched + (math.sqrt(seeds / (seeds - 1)) - 1) * (of_seeds - mean)[:, None]
    random, at_once = np.random.default_rng(20_160_101), max(1, NUMBERS_AT_ONCE // tasks)
    counts = [min(at_once, resamples - first) for first in range(0, resamples, at_once)]
    over_tasks = (random.multinomial(tasks, np.full(tasks, 1 / tasks), size=count) / tasks for count in counts)
    by_seed: Values = np.concatenate([weights @ stretched.T for weights in over_tasks])
    over_seeds = random.multinomial(seeds, np.full(seeds, 1 / seeds), size=resamples) / seeds
    both: Values = (over_seeds * by_seed).sum(1)
    return both


def _freedom(of_seeds: Values, of_tasks: Values) -> float:
    """Return Satterthwaite's degrees of freedom of the mean."""
    seeds, tasks = len(of_seeds), len(of_tasks)
    if seeds == 1:
        return tasks - 1.0
    by_seed, by_task = of_seeds.var(ddof=1) / seeds, of_tasks.var(ddof=1) / tasks
    total = by_seed + by_task
    return float(total**2 / (by_seed**2 / (seeds - 1) + by_task**2 / (tasks - 1))) if total else tasks - 1.0


def _quantile_of(drawn: Values, value: float) -> float:
    """Return which quantile of the standard normal law `value` is among `drawn`, which are in order."""
    below = (np.searchsorted(drawn, value, "left") + np.searchsorted(drawn, value, "right")) / 2
    return NORMAL.inv_cdf(min(max((float(below) + 0.5) / (len(drawn) + 1), 1e-9), 1 - 1e-9))


def _level(z: float, bias: float, skew: float) -> float:
    """Return the BCa level for the normal quantile `z` (Efron 1987, eq. 2.3)."""
    moved = bias + z
    return bias + moved / max(1 - skew * moved, 1e-6)


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function, by its continued fraction (Lentz's method)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(1 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)) / a
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, 300):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d, c = 1 / (1 + term * d), 1 + term / c
            found *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return front * found
