"""How far samples lie apart, next to how far real examples of the same task do.

The mean distance between two different samples (as LPIPS diversity in Zhu et al. 2017, BicycleGAN, with the features at
hand), over the same of real examples. 1: as varied as the data; near 0: one picture over and over.

**Bias**: each mean is unbiased, their ratio is high by about the squared relative error of the real one. Blind to what
is varied: noise has more diversity than data, so it is read beside density or MMD².
"""

from __future__ import annotations

import math

import numpy as np

from metagen_gui.engine.metrics.base import Context, Metric, metrics
from metagen_gui.engine.metrics.distances import Values, distances


def spread(features: Values) -> float:
    """Return the mean distance between two different examples of `(n, numbers)`; n is 2 or more."""
    n = len(features)
    if n < 2:
        raise ValueError("diversity compares pairs: two examples at least")
    return float(np.sum(distances(features, features))) / (n * (n - 1))


def diversity(real: Values, generated: Values) -> float:
    """Return the spread of samples over that of real examples; NaN where the real ones are all the same."""
    usual = spread(real)
    return spread(generated) / usual if usual else math.nan


@metrics.register("diversity")
class Diversity(Metric):
    """How varied samples are."""

    title = "Diversity"
    summary = "How far samples lie apart, next to real examples: near 0 for one picture over and over."
    unit = "of real"
    better = "1"
    claims = {"images": None}
    place = 30
    axis = "diversity"

    def measure(self, query: Values, support: Values, samples: Values, context: Context) -> float:
        """Return the spread of samples over that of the query."""
        return diversity(query, samples)

    def of_real(self, query: Values, count: int, context: Context) -> float:
        """Return 1."""
        return 1.0
