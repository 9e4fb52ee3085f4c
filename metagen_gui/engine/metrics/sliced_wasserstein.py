"""Sliced Wasserstein distance: the 2-Wasserstein distance of projections on lines, root mean square over directions.

    SW₂²(P, Q) = mean over θ of W₂²(θᵀP, θᵀQ)

Bonneel et al. 2015, Sliced and Radon Wasserstein Barycenters. On a line W₂ is exact, from the quantile functions,
also for unequal numbers of examples. For round Gaussians in d dimensions SW₂² = ‖m − m'‖² / d + (s − s')².

**Bias: upwards**; on equal laws about the spread times √(log n / n), never 0. Compare at equal numbers of examples.
"""

from __future__ import annotations

import numpy as np

from metagen_gui.engine.metrics.base import Context, Metric, metrics
from metagen_gui.engine.metrics.distances import Values

DIRECTIONS = 128


def sliced_wasserstein(real: Values, generated: Values, directions: int = DIRECTIONS) -> float:
    """Return SW₂ in the units of the features: over even directions in the plane, else over fixed random ones."""
    lines = _directions(real.shape[1], directions)
    return float(np.sqrt(_squared_on_lines(real @ lines, generated @ lines).mean()))


def _squared_on_lines(a: Values, b: Values) -> Values:
    """Return W₂² between the columns of `a` `(n, lines)` and `b` `(m, lines)` as `(lines,)`.

    Quantile functions are steps: between two of the levels i/n and j/m both are constant.
    """
    n, m = len(a), len(b)
    # in whole numbers of 1/(nm): levels that are equal must coincide
    levels = np.union1d(np.arange(n + 1) * m, np.arange(m + 1) * n)
    weights, below = np.diff(levels) / (n * m), levels[:-1]
    apart = np.sort(a, axis=0)[below // m] - np.sort(b, axis=0)[below // n]
    return np.asarray(weights @ np.square(apart), dtype=np.float64)


def _directions(dimensions: int, count: int) -> Values:
    """Return unit vectors as columns `(dimensions, count)`."""
    if dimensions == 2:
        angles = np.pi * np.arange(count) / count
        return np.stack([np.cos(angles), np.sin(angles)])
    drawn = np.random.default_rng(0).standard_normal((dimensions, count))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=0), dtype=np.float64)


@metrics.register("sliced_wasserstein")
class SlicedWasserstein(Metric):
    """Mean distance of projections on lines."""

    title = "Sliced Wasserstein distance"
    summary = "How far samples have to be moved to become the data; never 0, compare at equal numbers."
    better = "lower"
    needs = "points"

    def measure(self, query: Values, support: Values, samples: Values, context: Context) -> float:
        """Return SW₂."""
        return sliced_wasserstein(query, samples)
