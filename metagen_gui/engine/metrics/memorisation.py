"""Does the model give back its support? How near samples come to it, next to held-out real examples of the same task.

The comparison of Meehan, Chaudhuri & Dasgupta 2020, A Non-Parametric Test to Detect Data-Copying: with d(·) the
distance to the nearest support example, P(d(sample) < d(real)), ties counted half (the Mann–Whitney statistic over nm).
½: no nearer than a real one would come. Towards 1: copies. Below ½: samples keep away from the data altogether.

**Bias**: the probability has none; on equal laws its mean is ½ at any number of examples. The ratio of mean distances
is high by about the squared relative error of the real mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from metagen_gui.engine.metrics.base import Context, Metric, metrics
from metagen_gui.engine.metrics.distances import Values, distances


@dataclass(frozen=True)
class Memorisation:
    """`probability` that a sample is nearer to the support than a real example; `ratio` of the mean distances."""

    probability: float
    ratio: float


def memorisation(query: Values, support: Values, generated: Values) -> Memorisation:
    """Compare samples with the real examples of the query; the ratio is NaN where all of these lie on the support."""
    of_samples, of_real = distances(generated, support).min(axis=1), distances(query, support).min(axis=1)
    nearer = of_samples[:, None] < of_real
    tied = of_samples[:, None] == of_real
    usual = float(of_real.mean())
    return Memorisation(
        probability=float(nearer.mean() + tied.mean() / 2),
        ratio=float(np.mean(of_samples)) / usual if usual else math.nan,
    )


@metrics.register("memorisation")
class NearerThanReal(Metric):
    """Does the model give back its support."""

    title = "Nearer to the support than real"
    summary = "P(a sample lies nearer to the support than a real example does): ½ is ideal, 1 means copies."
    reference = "https://arxiv.org/abs/2004.05675"
    better = "0.5"
    claims = {"images": None, "points": None}
    place = 60

    def measure(self, query: Values, support: Values, samples: Values, context: Context) -> float:
        """Return the probability."""
        return memorisation(query, support, samples).probability

    def of_real(self, query: Values, count: int, context: Context) -> float:
        """Return ½."""
        return 0.5


@metrics.register("support_distance")
class SupportDistance(Metric):
    """How near samples come to the support."""

    title = "Distance to the support"
    summary = "How far samples lie from the support, next to real examples: near 0 for copies."
    unit = "of real"
    better = "1"
    claims = {"images": None}
    place = 50
    axis = "originality"

    def measure(self, query: Values, support: Values, samples: Values, context: Context) -> float:
        """Return the ratio of mean distances."""
        return memorisation(query, support, samples).ratio

    def of_real(self, query: Values, count: int, context: Context) -> float:
        """Return 1."""
        return 1.0
