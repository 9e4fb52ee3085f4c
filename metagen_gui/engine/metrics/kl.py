"""Kullback–Leibler divergence and likelihood where the true density is known.

With p the true density, known exactly, and q the generator's, known by its samples only:

    KL(q ‖ p) = −H(q) − E_q log p        KL(p ‖ q) = E_p log p − E_p log q

H(q) is estimated by k-th neighbours (Kozachenko & Leonenko 1987, as in Kraskov 2004, eq. 20), E_p log q likewise (Wang,
Kulkarni & Verdú 2009). The first is large where samples are not like the data, the second where they leave parts of the
data out.

**Bias**: neighbours smooth q over the distance to the k-th one. In tails that makes q too dense: on one and the same
round Gaussian, with 128 examples, KL(q ‖ p) comes out 0.06 nats high and KL(p ‖ q) 0.04 low. Where q is finer than its
samples are dense, KL(q ‖ p) comes out low; where no sample is near an example, KL(p ‖ q) does, as log q falls there
only with the log of the distance. All of it fades as samples grow, so draw many. Samples that coincide have no density;
they are taken to lie `RESOLUTION` apart, which makes KL(q ‖ p) large. The mean of log p over samples has no bias, but a
collapse on one mode raises it: it never stands alone.
"""

from __future__ import annotations

import math

import numpy as np

from metagen_gui.engine.metrics.base import Context, LogDensity, Metric, metrics
from metagen_gui.engine.metrics.distances import Values, among, distances, to_neighbour

NEIGHBOURS = 3
"""The k-th neighbour that densities are estimated from."""
RESOLUTION = 1e-6
"""Distances that float32 can tell from 0, for points of the order of 1."""


def log_likelihood(samples: Values, log_density: LogDensity) -> float:
    """Return the mean of log p over `samples` `(n, numbers)`, in nats."""
    return float(log_density(samples).mean())


def kl_to_density(samples: Values, log_density: LogDensity) -> float:
    """Return the estimate of KL(q ‖ p) in nats for `samples` `(n, numbers)` of q; n is 2 or more."""
    n, k = len(samples), min(NEIGHBOURS, len(samples) - 1)
    if k < 1:
        raise ValueError("neighbours are needed: two samples at least")
    entropy = _digamma(n) - _digamma(k) + _log_volume(samples) + _mean_log(to_neighbour(among(samples), k), samples)
    return -entropy - log_likelihood(samples, log_density)


def kl_from_density(examples: Values, samples: Values, log_density: LogDensity) -> float:
    """Return the estimate of KL(p ‖ q) in nats from `examples` of p and `samples` of q, `(n, numbers)` each."""
    k = min(NEIGHBOURS, len(samples))
    reach = _mean_log(to_neighbour(distances(examples, samples), k), samples)
    cross_entropy = _digamma(len(samples) + 1) - _digamma(k) + _log_volume(samples) + reach
    return cross_entropy + log_likelihood(examples, log_density)


def _mean_log(radii: Values, samples: Values) -> float:
    """Return the mean log volume of balls, but for the unit ball's."""
    return float(samples.shape[1] * np.log(np.maximum(radii, RESOLUTION)).mean())


def _log_volume(samples: Values) -> float:
    """Return the log volume of the unit ball in as many dimensions as `samples` have."""
    d = int(samples.shape[1])
    return d / 2 * math.log(math.pi) - math.lgamma(d / 2 + 1)


def _digamma(n: int) -> float:
    """Return ψ(n) of a whole number from 1."""
    return float(np.sum(1 / np.arange(1, n))) - float(np.euler_gamma)


@metrics.register("log_likelihood")
class LogLikelihood(Metric):
    """How likely samples are under the true density."""

    title = "Log likelihood of samples"
    summary = "Mean of the true log density over samples; a collapse on one mode raises it."
    unit = "nats"
    better = "higher"
    needs = "density"

    def measure(self, query: Values, support: Values, samples: Values, context: Context) -> float:
        """Return the mean of log p."""
        assert context.log_density is not None
        return log_likelihood(samples, context.log_density)


@metrics.register("kl_to_density")
class KlToDensity(Metric):
    """What samples have that the data has not."""

    title = "KL of samples to the truth"
    summary = "Large where samples are not like the data; estimated by neighbours, so draw many."
    unit = "nats"
    better = "lower"
    needs = "density"

    def measure(self, query: Values, support: Values, samples: Values, context: Context) -> float:
        """Return KL(q ‖ p)."""
        assert context.log_density is not None
        return kl_to_density(samples, context.log_density)


@metrics.register("kl_from_density")
class KlFromDensity(Metric):
    """What the data has that samples have not."""

    title = "KL of the truth to samples"
    summary = "Large where samples leave parts of the data out; estimated by neighbours, so draw many."
    unit = "nats"
    better = "lower"
    needs = "density"

    def measure(self, query: Values, support: Values, samples: Values, context: Context) -> float:
        """Return KL(p ‖ q)."""
        assert context.log_density is not None
        return kl_from_density(query, samples, context.log_density)
