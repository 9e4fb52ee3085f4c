"""Fréchet distance between Gaussians fitted to two sets of features, with its numbers of examples and its bias.

    ‖m − m'‖² + tr(C + C' − 2 (C C')^½)

Dowson & Landau 1982; with features of an Inception network this is FID (Heusel et al. 2017, eq. 6), here with the
features at hand. **Bias: upwards**, by about c / n (Chong & Forsyth 2020, Effectively Unbiased FID), and c differs
between generators: it does not cancel in a comparison. With fewer examples than features it says little; use MMD²
there. The bias is estimated as that paper's straight line does, from halves of both sets, and told, never taken off
silently.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metagen_gui.engine.metrics.base import Context, Metric, metrics
from metagen_gui.engine.metrics.distances import Values


@dataclass(frozen=True)
class Frechet:
    """The distance, the numbers of examples it comes from, and about how much too high these few make it."""

    distance: float
    real: int
    generated: int
    bias: float


def frechet(real: Values, generated: Values) -> Frechet:
    """Return the distance of `(n, numbers)` and `(m, numbers)`; both sides need four examples, two for each half."""
    if min(len(real), len(generated)) < 4:
        raise ValueError("Fréchet distances and their bias need four examples on each side")
    whole = _of_samples(real, generated)
    # half as many examples have about twice the bias
    halves = np.mean([_of_samples(real[part::2], generated[part::2]) for part in (0, 1)])
    return Frechet(whole, len(real), len(generated), float(halves) - whole)


def frechet_of_gaussians(mean: Values, covariance: Values, other_mean: Values, other_covariance: Values) -> float:
    """Return the squared 2-Wasserstein distance of two Gaussians, exactly."""
    root = _root(covariance)
    # the eigenvalues of C C' are those of C^½ C' C^½, which is symmetric
    mixed = np.linalg.eigvalsh(root @ other_covariance @ root)
    traces = np.trace(covariance) + np.trace(other_covariance) - 2 * np.sqrt(mixed.clip(min=0)).sum()
    return float(np.square(mean - other_mean).sum() + traces)


def _of_samples(real: Values, generated: Values) -> float:
    laws = [(side.mean(axis=0), np.atleast_2d(np.cov(side, rowvar=False))) for side in (real, generated)]
    return frechet_of_gaussians(*laws[0], *laws[1])


def _root(covariance: Values) -> Values:
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(values.clip(min=0))) @ vectors.T, dtype=np.float64)


@metrics.register("frechet")
class FrechetDistance(Metric):
    """Distance of means and covariances."""

    title = "Fréchet distance"
    summary = "Distance of Gaussians fitted to both sides; too high, the more so the fewer the examples."
    reference = "https://arxiv.org/abs/1706.08500"
    better = "lower"
    needs = "points"
    least = 4

    def measure(self, query: Values, support: Values, samples: Values, context: Context) -> float:
        """Return the distance."""
        return frechet(query, samples).distance
