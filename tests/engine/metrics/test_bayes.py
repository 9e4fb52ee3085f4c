"""The Bayes line: its closed forms against Monte Carlo over tasks and supports, and that nothing lies above it."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from known_laws import FAR_OFF, off

from metagen_gui.engine.adversarial import BANDWIDTHS
from metagen_gui.engine.metrics.bayes import BayesLine
from metagen_gui.engine.metrics.distances import Values
from metagen_gui.engine.metrics.kl import kl_of_gaussians
from metagen_gui.engine.metrics.mmd import gaussians, squared_mmd
from metagen_gui.engine.tasks.gaussians import Gaussians, GaussianSettings

FAMILY = Gaussians(GaussianSettings(task_spread=1.2, point_spread=0.6), seed=5)
LINE = BayesLine(task_spread=1.2, point_spread=0.6)
TASKS = 400


def tasks(shots: int, query: int = 12) -> list[tuple[Values, Values, Values]]:
    """True mean, support and query of every task."""
    found = []
    for index in range(TASKS):
        task = FAMILY.task("test", index, shots, query)
        mean = FAMILY.mixture("test", index).centres[0].astype(float)
        found.append((mean, task.support.astype(float), task.query.astype(float)))
    return found


@pytest.mark.parametrize("shots", [1, 5, 20])
def test_closed_forms_are_what_tasks_of_the_family_give(shots: int) -> None:
    rng = np.random.default_rng(shots)
    likelihoods, divergences, distances = [], [], []
    for mean, support, query in tasks(shots):
        where, variance = LINE.predictive(support)
        likelihoods.append(LINE.log_density(support, query).mean())
        divergences.append(kl_of_gaussians(mean, 0.36 * np.eye(2), where, variance * np.eye(2)))
        samples = LINE.generate(support, rng.standard_normal((20, 2)))
        distances.append(squared_mmd(query, samples, gaussians))
    assert abs(off(likelihoods, LINE.expected_log_likelihood(shots))) < FAR_OFF
    assert abs(off(divergences, LINE.expected_kl(shots))) < FAR_OFF
    assert abs(off(distances, LINE.expected_squared_mmd(shots))) < FAR_OFF


def test_samples_follow_the_density_that_is_told() -> None:
    support = np.array([[1.0, 2.0], [0.0, 1.0]])
    drawn = LINE.generate(support, np.random.default_rng(0).standard_normal((4000, 2)))
    mean, variance = LINE.predictive(support)
    assert np.abs(drawn.mean(axis=0) - mean).max() < 3 * math.sqrt(variance / 4000)
    # E log p = −entropy
    assert abs(off(LINE.log_density(support, drawn), -(math.log(2 * math.pi * variance) + 1))) < FAR_OFF


def test_the_posterior_is_bayes_rule() -> None:
    """p(mean) Π p(x | mean), normalised on a fine raster: mean and variance of one coordinate."""
    support = np.array([[0.9, 0], [1.5, 0], [-0.2, 0]])
    raster = np.linspace(-8, 8, 20_001)
    log_p = -0.5 * raster**2 / 1.2**2 - 0.5 * np.square(support[:, :1] - raster).sum(axis=0) / 0.6**2
    weights = np.exp(log_p - log_p.max())
    weights /= weights.sum()
    mean = (weights * raster).sum()
    where, variance = LINE.predictive(support)
    assert where == pytest.approx([mean, 0]) and variance - 0.36 == pytest.approx(
        (weights * (raster - mean) ** 2).sum()
    )


def test_without_examples_it_is_the_prior_and_with_many_the_truth() -> None:
    mean, variance = LINE.predictive(np.zeros((0, 2)))
    assert mean == pytest.approx([0, 0]) and variance == pytest.approx(1.2**2 + 0.6**2)
    assert LINE.expected_kl(10_000) < 1e-3 and LINE.expected_squared_mmd(10_000) < 1e-3
    assert LINE.expected_log_likelihood(10**9) == pytest.approx(-(math.log(2 * math.pi * 0.36) + 1))
    lines = [(LINE.expected_kl(n), LINE.expected_squared_mmd(n), -LINE.expected_log_likelihood(n)) for n in range(8)]
    assert all(before > after for one in zip(*lines, strict=True) for before, after in pairwise(one))


@pytest.mark.parametrize(
    ("pull", "widen"), [(1.0, 1.0), (0.6, 1.0), (None, 0.7), (None, 1.4)], ids=["mean", "timid", "narrow", "wide"]
)
def test_nothing_else_does_better(pull: float | None, widen: float) -> None:
    """Another centre than the posterior's, or another width: less likely, and farther by MMD², on the same tasks.

    `pull` is how much of the support's mean is believed; None leaves that to Bayes.
    """
    shots = 3
    v = LINE.uncertainty(shots)
    less_likely, farther = [], []
    own = math.sqrt(0.36 + v)
    for mean, support, query in tasks(shots, query=40):
        best, _ = LINE.predictive(support)
        centre, width = (best if pull is None else pull * support.mean(axis=0)), widen * own
        squares = np.square(query - centre).sum(axis=1)
        log_density = -0.5 * squares / width**2 - math.log(2 * math.pi * width**2)
        less_likely.append(LINE.log_density(support, query).mean() - log_density.mean())
        farther.append(_mmd2(mean - centre, width) - _mmd2(mean - best, own))
    assert off(less_likely, 0) > FAR_OFF and off(farther, 0) > FAR_OFF


def _mmd2(shift: Values, width: float) -> float:
    """MMD² of N(0, 0.36 I) and N(shift, width² I), exactly, as in the test of MMD² itself."""

    def mean_kernel(squares: float, variance: float) -> float:
        kernels = [2 * w**2 for w in BANDWIDTHS]
        return float(np.mean([w2 / (w2 + variance) * math.exp(-squares / (2 * (w2 + variance))) for w2 in kernels]))

    return mean_kernel(0, 0.72) + mean_kernel(0, 2 * width**2) - 2 * mean_kernel(float(shift @ shift), 0.36 + width**2)
