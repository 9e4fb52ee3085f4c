"""Laws whose metrics are known, and how often to ask before believing an average."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from metagen_gui.engine.metrics.distances import Values

FAR_OFF = 3.0
"""Standard errors by which an average may miss what it should be."""


def normal(rng: np.random.Generator, count: int, dimensions: int = 2, mean: float = 0.0, width: float = 1.0) -> Values:
    """Draw `(count, dimensions)` from N(mean, width² I)."""
    return mean + width * rng.standard_normal((count, dimensions))


def repeated(figure: Callable[[np.random.Generator], float], times: int, seed: int = 0) -> Values:
    """Return `figure` of `times` independent sources of randomness."""
    return np.array([figure(rng) for rng in np.random.default_rng(seed).spawn(times)])


def off(values: Sequence[float] | Values, expected: float) -> float:
    """Return how many standard errors the mean of `values` lies above `expected`."""
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    return float((np.mean(values) - expected) / error)


def copies(rng: np.random.Generator, support: Values, count: int) -> Values:
    """Return `count` near copies of the support: what a generator gives that has learned it by heart."""
    return support[rng.integers(len(support), size=count)] + 1e-4 * rng.standard_normal((count, support.shape[1]))
