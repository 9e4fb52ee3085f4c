"""Fidelity and diversity apart: precision and recall, density and coverage, by balls around the examples.

A ball of an example reaches to its k-th nearest neighbour of its own set. Precision and recall: Kynkäänniemi et al.
2019, Improved Precision and Recall Metric, eq. 1–2. Density and coverage: Naeem et al. 2020, Reliable Fidelity and
Diversity Metrics, section 3. Balls are closed, as in the papers.

**Bias**: precision is fooled by copies of a few real examples, which is why it never stands alone, and by one outlier,
whose ball is large. Recall rises when generated outliers stretch their balls. Density has mean 1 on equal laws, at any
number of examples. Coverage stays below 1 there, at `expected_coverage`, and rises with the number of samples: compare
it only at equal numbers. From few real examples it sees little: of 10 drawn characters, copies of five others cover
0.81 where new drawings cover 0.91.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from metagen_gui.engine.metrics.base import Context, Metric, metrics
from metagen_gui.engine.metrics.distances import Values, among, distances, to_neighbour

MOST_NEIGHBOURS = 5
"""k of Naeem 2020, for 25 real examples and more."""


@dataclass(frozen=True)
class Neighbourhoods:
    """The four shares; density may exceed 1, where samples crowd around the densest real examples."""

    precision: float
    recall: float
    density: float
    coverage: float


def neighbours(real: int) -> int:
    """Return k: with few real examples smaller balls, since at k = 5 of 10 each reaches over half of the class."""
    return min(MOST_NEIGHBOURS, math.isqrt(real))


def neighbourhoods(real: Values, generated: Values, k: int = 0) -> Neighbourhoods:
    """Return the four, by `neighbours` if `k` is 0; either side needs two examples at least."""
    if min(len(real), len(generated)) < 2:
        raise ValueError("balls reach to a neighbour: two examples on each side at least")
    k = k or neighbours(len(real))
    around_real = _radii(real, k)
    apart = distances(real, generated)
    inside = apart <= around_real[:, None]
    return Neighbourhoods(
        precision=float(inside.any(axis=0).mean()),
        recall=float((apart <= _radii(generated, k)).any(axis=1).mean()),
        density=float(inside.mean()) * len(real) / min(k, len(real) - 1),
        coverage=float(inside.any(axis=1).mean()),
    )


def expected_coverage(real: int, generated: int, k: int = 0) -> float:
    """Return the mean of coverage on equal laws (Naeem 2020, section 3): 1 − Π (n − i) / (n + m − i) over i = 1 … k."""
    left_out = np.arange(1, min(k or neighbours(real), real - 1) + 1)
    return float(1 - np.prod((real - left_out) / (real + generated - left_out)))


def _radii(features: Values, k: int) -> Values:
    return to_neighbour(among(features), min(k, len(features) - 1))


@metrics.register("precision")
class Precision(Metric):
    """Do samples look real."""

    title = "Precision"
    summary = "Share of samples near a real example; fooled by copies of a few."
    reference = "https://arxiv.org/abs/1904.06991"
    better = "higher"

    def measure(self, query: Values, support: Values, samples: Values, context: Context) -> float:
        """Return the share of samples within the balls of real examples."""
        return neighbourhoods(query, samples).precision


@metrics.register("recall")
class Recall(Metric):
    """Are all real examples like some sample."""

    title = "Recall"
    summary = "Share of real examples near a sample; outliers among the samples raise it."
    reference = "https://arxiv.org/abs/1904.06991"
    better = "higher"

    def measure(self, query: Values, support: Values, samples: Values, context: Context) -> float:
        """Return the share of real examples within the balls of samples."""
        return neighbourhoods(query, samples).recall


@metrics.register("density")
class Density(Metric):
    """Do samples lie where real examples do."""

    title = "Density"
    summary = "How densely samples lie where real examples do: 1 for equal laws, at any number of them."
    reference = "https://arxiv.org/abs/2002.09797"
    better = "1"

    def measure(self, query: Values, support: Values, samples: Values, context: Context) -> float:
        """Return how many balls of real examples a sample lies in, next to what is expected."""
        return neighbourhoods(query, samples).density

    def of_real(self, query: Values, count: int, context: Context) -> float:
        """Return 1."""
        return 1.0


@metrics.register("coverage")
class Coverage(Metric):
    """Is there a sample near every real example."""

    title = "Coverage"
    summary = (
        "Share of query examples with a sample nearby (Naeem et al. 2020); below 1 even for equal laws, and comparable "
        "at equal numbers of samples only."
    )
    reference = "https://arxiv.org/abs/2002.09797"
    better = "higher"
    claims = {"images": "collapses", "points": "collapses"}
    place = 40

    def measure(self, query: Values, support: Values, samples: Values, context: Context) -> float:
        """Return the share of real examples whose ball holds a sample."""
        return neighbourhoods(query, samples).coverage

    def of_real(self, query: Values, count: int, context: Context) -> float:
        """Return the mean on equal laws."""
        return expected_coverage(len(query), count) if len(query) > 1 else math.nan
