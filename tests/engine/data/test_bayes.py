"""The Bayes line: its closed forms against Monte Carlo over tasks and supports, and that nothing lies above it."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from metagen_gui.engine.data.bayes import BayesLine, PlacesLine
from metagen_gui.engine.metrics.distances import Values
from metagen_gui.engine.metrics.mmd import gaussians, squared_mmd
from metagen_gui.engine.networks.adversarial_losses import BANDWIDTHS
from metagen_gui.engine.tasks.densities import Densities, DensitySettings
from metagen_gui.engine.tasks.gaussians import Gaussians, GaussianSettings
from tests.engine.gaussian_truths import expected_kl, expected_log_likelihood, kl_of_gaussians
from tests.engine.metrics.known_laws import FAR_OFF, expected_squared_mmd, off

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
    assert abs(off(likelihoods, expected_log_likelihood(LINE, shots))) < FAR_OFF
    assert abs(off(divergences, expected_kl(LINE, shots))) < FAR_OFF
    assert abs(off(distances, expected_squared_mmd(LINE, shots))) < FAR_OFF


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
    assert expected_kl(LINE, 10_000) < 1e-3 and expected_squared_mmd(LINE, 10_000) < 1e-3
    assert expected_log_likelihood(LINE, 10**9) == pytest.approx(-(math.log(2 * math.pi * 0.36) + 1))
    lines = [(expected_kl(LINE, n), expected_squared_mmd(LINE, n), -expected_log_likelihood(LINE, n)) for n in range(8)]
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


AT_PLACES = Gaussians(GaussianSettings(places=4, point_spread=1.0), seed=5)
"""So wide that a few points often leave two places possible."""
PLACES = PlacesLine(AT_PLACES.places, 1.0)


def round_density(points: Values, mean: Values, width: float) -> Values:
    return np.exp(-0.5 * np.square(points - mean).sum(axis=1) / width**2) / (2 * math.pi * width**2)


@pytest.mark.parametrize("shots", [0, 1, 3])
def test_of_finite_places_the_predictive_law_is_the_weighted_mixture(shots: int) -> None:
    """p(x | support) = Σ_j p(μ_j) p(support | μ_j) p(x | μ_j) / Σ_j p(μ_j) p(support | μ_j), in plain numbers."""
    task = AT_PLACES.task("test", 1, shots, 6)
    support, points = task.support.astype(float), task.query.astype(float)
    evidence = np.array([round_density(support, place, 1.0).prod() / 4 for place in AT_PLACES.places])
    told = sum(
        weight * round_density(points, place, 1.0) for weight, place in zip(evidence, PLACES.places, strict=True)
    )
    assert PLACES.log_density(support, points) == pytest.approx(np.log(told / evidence.sum()))
    along = np.linspace(-9, 9, 121)
    raster = np.stack(np.meshgrid(along, along), axis=-1).reshape(-1, 2)
    assert np.exp(PLACES.log_density(support, raster)).sum() * 0.15**2 == pytest.approx(1, abs=1e-4)


def test_samples_of_finite_places_come_from_each_as_often_as_it_is_likely() -> None:
    line = PlacesLine(np.array([[-5.0, 0], [5, 0], [0, 5]]), 1.0)
    support = np.array([[0.05, -0.3]])
    drawn = line.generate(support, np.random.default_rng(0).standard_normal((4000, line.latent_numbers)))
    nearest = np.square(drawn[:, None] - line.places).sum(-1).argmin(axis=1)
    weights = np.exp(line.log_weights(support))
    assert 0.2 < weights[0] < weights[1] < 0.7, "or little is tested"
    for place, weight in enumerate(weights):
        assert abs((nearest == place).mean() - weight) < FAR_OFF * math.sqrt(max(weight, 1e-3) / 4000)
    apart = drawn - line.places[nearest]
    assert np.abs(apart.std(axis=0) - 1).max() < 0.05 and abs(np.corrcoef(apart.T)[0, 1]) < 0.05


def test_where_tasks_are_at_places_nothing_else_does_better() -> None:
    """Neither who knows of the prior's spread alone, nor who trusts in the likeliest place: by likelihood and MMD²."""
    rng, spread = np.random.default_rng(3), BayesLine(1.0, 1.0)
    less_likely: list[list[float]] = [[], []]
    farther: list[float] = []
    for index in range(TASKS):
        task = AT_PLACES.task("test", index, 2, 30)
        support, query = task.support.astype(float), task.query.astype(float)
        best = PLACES.log_density(support, query).mean()
        likeliest = PLACES.places[PLACES.log_weights(support).argmax()]
        less_likely[0].append(best - spread.log_density(support, query).mean())
        less_likely[1].append(best - np.log(round_density(query, likeliest, 1.0)).mean())
        latents = rng.standard_normal((60, 3))
        ours, theirs = PLACES.generate(support, latents), spread.generate(support, latents[:, :2])
        farther.append(squared_mmd(query, theirs, gaussians) - squared_mmd(query, ours, gaussians))
    assert all(off(values, 0) > FAR_OFF for values in (*less_likely, farther))


def test_families_whose_best_generator_is_known() -> None:
    assert FAMILY.best_generator() == LINE
    at_places = AT_PLACES.best_generator()
    assert isinstance(at_places, PlacesLine) and np.array_equal(at_places.places, AT_PLACES.places)
    assert at_places.point_spread == 1.0
    assert Densities(DensitySettings(), 0).best_generator() is None
