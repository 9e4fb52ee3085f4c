"""Laws whose metrics are known, and how often to ask before believing an average."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from metagen_gui.engine.data.bayes import BayesLine
from metagen_gui.engine.metrics.distances import Values
from metagen_gui.engine.networks.adversarial_losses import BANDWIDTHS

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


def expected_squared_mmd(line: BayesLine, shots: int) -> float:
    """Return the mean MMD² of true and predictive law under `mmd.gaussians`.

    E k(x, y) = (w² / (w² + s))^(d/2) where x − y is N(0, s I). Two examples of one task differ with s = 2σ²; two
    samples, and a sample and an example, with s = 2σ² + 2v; so one of the three terms of MMD² cancels.
    """
    v, total = line.uncertainty(shots), 0.0
    for width in BANDWIDTHS:
        w2 = width**2 * line.dimensions
        same, other = (w2 / (w2 + 2 * line.point_spread**2 + 2 * extra) for extra in (0.0, v))
        total += same ** (line.dimensions / 2) - other ** (line.dimensions / 2)
    return total / len(BANDWIDTHS)
