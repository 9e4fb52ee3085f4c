"""Squared maximum mean discrepancy: how far two sets of examples are apart, seen through a kernel.

    MMD²(P, Q) = E k(x, x') + E k(y, y') − 2 E k(x, y)

Gretton et al. 2012, A Kernel Two-Sample Test, eq. 3 (the U-statistic). **Bias: none**, at any number of examples; so
single values may be negative, and a mean over tasks is what counts. With the polynomial kernel this is KID (Bińkowski
et al. 2018, Demystifying MMD GANs, section 4); there without splitting into subsets, which only adds variance.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from metagen_gui.engine.metrics.base import Context, Metric, metrics
from metagen_gui.engine.metrics.distances import Values, distances
from metagen_gui.engine.networks.adversarial_losses import BANDWIDTHS

Kernel = Callable[[Values, Values], Values]
"""A kernel as a function of `(n, numbers)` and `(m, numbers)`; its values are `(n, m)`."""


def squared_mmd(real: Values, generated: Values, kernel: Kernel) -> float:
    """Return the unbiased estimate; both sides need two examples at least, the numbers may differ."""
    n, m = len(real), len(generated)
    if min(n, m) < 2:
        raise ValueError("the unbiased MMD² compares pairs: two examples on each side at least")
    return (
        _between_different(kernel(real, real))
        + _between_different(kernel(generated, generated))
        - 2 * float(kernel(real, generated).mean())
    )


def gaussians(a: Values, b: Values) -> Values:
    """Return the mean of Gaussian kernels exp(−‖x − y‖² / 2w²d) over the widths w; d is the number of dimensions.

    Fixed widths rather than a median of the data: all arms and all tasks are measured with one ruler. Characteristic:
    in the limit 0 only for equal laws.
    """
    squares = np.square(distances(a, b)) / a.shape[1]
    kernels: Values = np.mean([np.exp(-squares / (2 * width**2)) for width in BANDWIDTHS], axis=0)
    return kernels


def cubic(a: Values, b: Values) -> Values:
    """Return (xᵀy / d + 1)³, the kernel of KID: it compares means, second and third moments, and nothing beyond."""
    kernels: Values = (a @ b.T / a.shape[1] + 1) ** 3
    return kernels


def _between_different(kernels: Values) -> float:
    n = len(kernels)
    return float(kernels.sum() - np.trace(kernels)) / (n * (n - 1))


@metrics.register("mmd2")
class SquaredMmd(Metric):
    """MMD² that sees every difference of two laws."""

    title = "MMD²"
    summary = "Unbiased squared kernel distance (Gretton et al. 2012, eq. 3); single values may be negative."
    reference = "https://jmlr.org/papers/v13/gretton12a.html"
    better = "lower"
    claims = {"points": "generalises"}
    proper = True
    place = 10

    def measure(self, query: Values, support: Values, samples: Values, context: Context) -> float:
        """Return MMD² under Gaussian kernels."""
        return squared_mmd(query, samples, gaussians)

    def of_real(self, query: Values, count: int, context: Context) -> float:
        """Return 0."""
        return 0.0


@metrics.register("kid")
class Kid(Metric):
    """MMD² of features of images, as it is usual there."""

    title = "KID"
    summary = "Unbiased squared kernel distance of features (Bińkowski et al. 2018); single values may be negative."
    reference = "https://arxiv.org/abs/1801.01401"
    better = "lower"
    needs = "images"
    claims = {"images": "generalises"}
    place = 10

    def measure(self, query: Values, support: Values, samples: Values, context: Context) -> float:
        """Return MMD² under the cubic kernel."""
        return squared_mmd(query, samples, cubic)

    def of_real(self, query: Values, count: int, context: Context) -> float:
        """Return 0."""
        return 0.0
