"""The best possible few-shot generators of Gaussian tasks (`tasks/gaussians.py`): no arm can beat them on average.

Task means are N(0, τ² I), examples N(mean, σ² I) in d dimensions. After n examples with mean x̄ the posterior of the
task's mean is N(m, v I) with 1/v = n/σ² + 1/τ² and m = v n x̄ / σ², and the law of the next example N(m, (σ² + v) I)
(Murphy 2007, Conjugate Bayesian Analysis of the Gaussian Distribution, section 2). Of all laws that may depend on the
support that one has the highest expected log likelihood, and the least expected MMD² under any kernel, as both are
proper scores (Gneiting & Raftery 2007). It is not the best by every metric: a narrower law has the less Wasserstein
distance.

Where the mean is one of n known places μ_j, each as likely before anything is seen, the posterior is a weight for each,
w_j ∝ Π_i N(x_i; μ_j, σ² I), and the law of the next example the mixture Σ_j w_j N(μ_j, σ² I).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


class BestGenerator(Protocol):
    """What knows the family's prior and makes of a support all that can be made of it."""

    @property
    def latent_numbers(self) -> int:
        """How many standard normal numbers a sample is made from."""

    def generate(self, support: Values, latents: Values) -> Values:
        """Return a sample of the predictive law for each of the `latents` `(count, latent_numbers)`."""

    def log_density(self, support: Values, points: Values) -> Values:
        """Return the log of the predictive density at `points` `(n, d)` as `(n,)`, in nats."""


@dataclass(frozen=True)
class BayesLine:
    """Posterior predictive and what it scores in expectation over tasks and supports.

    `task_spread` is τ, `point_spread` is σ, as the family calls them; `dimensions` is d.
    """

    task_spread: float
    point_spread: float
    dimensions: int = 2

    @property
    def latent_numbers(self) -> int:
        """How many standard normal numbers a sample is made from."""
        return self.dimensions

    def uncertainty(self, shots: int) -> float:
        """Return v: how uncertain, per coordinate, the task's mean is after `shots` examples; none are possible."""
        return 1 / (shots / self.point_spread**2 + 1 / self.task_spread**2)

    def predictive(self, support: Values) -> tuple[Values, float]:
        """Return mean `(d,)` and variance per coordinate of the next example after `support` `(n, d)`."""
        v = self.uncertainty(len(support))
        return v * np.asarray(support, np.float64).sum(axis=0) / self.point_spread**2, self.point_spread**2 + v

    def generate(self, support: Values, latents: Values) -> Values:
        """Return a sample of the predictive law for each of the standard normal `latents` `(count, d)`."""
        mean, variance = self.predictive(support)
        return mean + math.sqrt(variance) * latents

    def log_density(self, support: Values, points: Values) -> Values:
        """Return the log of the predictive density at `points` `(n, d)` as `(n,)`, in nats."""
        mean, variance = self.predictive(support)
        squares = np.square(points - mean).sum(axis=1) / variance
        return np.asarray(-0.5 * (squares + self.dimensions * math.log(2 * math.pi * variance)), dtype=np.float64)


@dataclass(frozen=True)
class PlacesLine:
    """Posterior predictive where the mean is one of `places` `(n, d)`; `point_spread` is σ."""

    places: Values
    point_spread: float

    @property
    def latent_numbers(self) -> int:
        """As many as a point has, and one that chooses the place."""
        return int(self.places.shape[1]) + 1

    def log_weights(self, support: Values) -> Values:
        """Return the log of the probability of every place after `support` `(shots, d)`, `(n,)`."""
        squares = _squares(self.places, np.asarray(support, np.float64)).sum(axis=1)
        evidence = -0.5 * squares / self.point_spread**2
        return np.asarray(evidence - np.logaddexp.reduce(evidence), dtype=np.float64)

    def generate(self, support: Values, latents: Values) -> Values:
        """Return a sample of the predictive law for each of the `latents`; their last number chooses the place."""
        reached = np.cumsum(np.exp(self.log_weights(support)))
        chances = [0.5 * (1 + math.erf(number / math.sqrt(2))) for number in latents[:, -1]]
        chosen = np.searchsorted(reached / reached[-1], chances)
        return np.asarray(self.places[chosen] + self.point_spread * latents[:, :-1], dtype=np.float64)

    def log_density(self, support: Values, points: Values) -> Values:
        """Return the log of the predictive density at `points` `(m, d)` as `(m,)`, in nats."""
        squares = _squares(points, self.places) / self.point_spread**2
        constant = self.places.shape[1] * math.log(2 * math.pi * self.point_spread**2)
        exponents = self.log_weights(support) - 0.5 * (squares + constant)
        return np.asarray(np.logaddexp.reduce(exponents, axis=1), dtype=np.float64)


def _squares(a: Values, b: Values) -> Values:
    """Return the squared distances `(n, m)` between the rows of `a` and `b`."""
    return np.asarray(np.square(a[:, None] - b).sum(-1))
