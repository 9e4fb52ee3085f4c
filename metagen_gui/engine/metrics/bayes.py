"""The best possible few-shot generator of Gaussian tasks (`tasks/gaussians.py`): no arm can beat it on average.

Task means are N(0, τ² I), examples N(mean, σ² I) in d dimensions. After n examples with mean x̄ the posterior of the
task's mean is N(m, v I) with 1/v = n/σ² + 1/τ² and m = v n x̄ / σ², and the law of the next example N(m, (σ² + v) I)
(Murphy 2007, Conjugate Bayesian Analysis of the Gaussian Distribution, section 2). Of all laws that may depend on the
support that one has the highest expected log likelihood, and the least expected MMD² under any kernel, as both are
proper scores (Gneiting & Raftery 2007). It is not the best by every metric: a narrower law has the less Wasserstein
distance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from metagen_gui.engine.adversarial import BANDWIDTHS
from metagen_gui.engine.metrics.distances import Values


@dataclass(frozen=True)
class BayesLine:
    """Posterior predictive and what it scores in expectation over tasks and supports.

    `task_spread` is τ, `point_spread` is σ, as the family calls them; `dimensions` is d.
    """

    task_spread: float
    point_spread: float
    dimensions: int = 2

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

    def expected_log_likelihood(self, shots: int) -> float:
        """Return the mean log predictive density of new examples, in nats: minus the entropy of the predictive law."""
        variance = self.point_spread**2 + self.uncertainty(shots)
        return -self.dimensions / 2 * (math.log(2 * math.pi * variance) + 1)

    def expected_kl(self, shots: int) -> float:
        """Return the mean of KL(true ‖ predictive) in nats: what is lost for not knowing the task's mean."""
        return self.dimensions / 2 * math.log1p(self.uncertainty(shots) / self.point_spread**2)

    def expected_squared_mmd(self, shots: int) -> float:
        """Return the mean MMD² of true and predictive law under `mmd.gaussians`.

        E k(x, y) = (w² / (w² + s))^(d/2) where x − y is N(0, s I). Two examples of one task differ with s = 2σ²; two
        samples, and a sample and an example, with s = 2σ² + 2v; so one of the three terms of MMD² cancels.
        """
        v, total = self.uncertainty(shots), 0.0
        for width in BANDWIDTHS:
            w2 = width**2 * self.dimensions
            same, other = (w2 / (w2 + 2 * self.point_spread**2 + 2 * extra) for extra in (0.0, v))
            total += same ** (self.dimensions / 2) - other ** (self.dimensions / 2)
        return total / len(BANDWIDTHS)
