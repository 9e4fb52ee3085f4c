"""What is known in closed form of Gaussians, and of the best possible generator of them."""

from __future__ import annotations

import math

import numpy as np

from metagen_gui.engine.data.bayes import BayesLine
from metagen_gui.engine.metrics.distances import Values


def kl_of_gaussians(mean: Values, covariance: Values, other_mean: Values, other_covariance: Values) -> float:
    """Return KL(N(mean, covariance) ‖ N(other_mean, other_covariance)) in nats, exactly."""
    precision = np.linalg.inv(other_covariance)
    apart = other_mean - mean
    log_ratio = np.linalg.slogdet(other_covariance)[1] - np.linalg.slogdet(covariance)[1]
    return float(0.5 * (np.trace(precision @ covariance) + apart @ precision @ apart - len(mean) + log_ratio))


def expected_log_likelihood(line: BayesLine, shots: int) -> float:
    """Return the mean log predictive density of new examples, in nats: minus the entropy of the predictive law."""
    variance = line.point_spread**2 + line.uncertainty(shots)
    return -line.dimensions / 2 * (math.log(2 * math.pi * variance) + 1)


def expected_kl(line: BayesLine, shots: int) -> float:
    """Return the mean of KL(true ‖ predictive) in nats: what is lost for not knowing the task's mean."""
    return line.dimensions / 2 * math.log1p(line.uncertainty(shots) / line.point_spread**2)
