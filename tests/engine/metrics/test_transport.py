"""Sliced Wasserstein, Fréchet, KL and likelihood against the closed forms of Gaussians."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metagen_gui.engine.data.density_shapes import Mixture
from metagen_gui.engine.metrics.context import log_density_of
from metagen_gui.engine.metrics.frechet import frechet, frechet_of_gaussians
from metagen_gui.engine.metrics.kl import kl_from_density, kl_to_density, log_likelihood
from metagen_gui.engine.metrics.sliced_wasserstein import sliced_wasserstein
from tests.engine.gaussian_truths import kl_of_gaussians
from tests.engine.metrics.known_laws import FAR_OFF, normal, off, repeated

STANDARD = log_density_of(Mixture("one", np.zeros((1, 2), np.float32), 1.0, has_modes=True))
ROUND = np.eye(2)


def test_sliced_wasserstein_of_shifted_and_scaled_copies_is_exact() -> None:
    """Quantiles of a law about 0 and of its scaled copy lie in proportion; a shift adds ‖δ‖²/d."""
    rng = np.random.default_rng(0)
    drawn = normal(rng, 400)
    centred = drawn - drawn.mean(axis=0)
    assert sliced_wasserstein(centred, centred + np.array([3, 4])) == pytest.approx(5 / math.sqrt(2))
    second_moment = np.square(centred).sum(axis=1).mean() / 2
    assert sliced_wasserstein(centred, 0.4 * centred) == pytest.approx(0.6 * math.sqrt(second_moment))
    in_five = normal(rng, 100, 5)
    assert sliced_wasserstein(in_five, in_five + 1, directions=20_000) == pytest.approx(1, rel=0.02)


def test_sliced_wasserstein_of_gaussians_comes_near_its_closed_form() -> None:
    rng = np.random.default_rng(1)
    found = sliced_wasserstein(normal(rng, 4000), normal(rng, 3000, mean=0.7, width=0.5))
    assert found == pytest.approx(math.sqrt(0.7**2 + 0.25), rel=0.05)


@given(n=st.integers(1, 12), m=st.integers(1, 12), seed=st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_unequal_numbers_are_compared_by_quantiles(n: int, m: int, seed: int) -> None:
    """As if every example of one side stood there as often as the other side has examples."""
    rng = np.random.default_rng(seed)
    a, b = normal(rng, n), normal(rng, m, mean=1)
    angles = np.pi * np.arange(128) / 128
    lines = np.stack([np.cos(angles), np.sin(angles)])
    each = np.sort(np.repeat(a, m, axis=0) @ lines, axis=0) - np.sort(np.repeat(b, n, axis=0) @ lines, axis=0)
    assert sliced_wasserstein(a, b) == pytest.approx(np.sqrt(np.square(each).mean()))
    assert sliced_wasserstein(b, a) == pytest.approx(sliced_wasserstein(a, b))
    assert sliced_wasserstein(a, rng.permutation(a)) == pytest.approx(0, abs=1e-12)


def test_frechet_of_gaussians_has_its_closed_form() -> None:
    """Diagonal: Σ (s − t)². Turned together: the same. One-dimensional laws inside the plane: no root of 0 fails."""
    a, b = np.diag([1.0, 4.0]), np.diag([9.0, 0.25])
    assert frechet_of_gaussians(np.zeros(2), a, np.array([1.0, 2.0]), b) == pytest.approx(5 + 4 + 1.5**2)
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    turned = frechet_of_gaussians(np.zeros(2), turn @ a @ turn.T, np.zeros(2), turn @ b @ turn.T)
    assert turned == pytest.approx(4 + 1.5**2)
    assert frechet_of_gaussians(np.zeros(2), np.diag([1.0, 0]), np.zeros(2), np.diag([0, 1.0])) == pytest.approx(2)
    shear = np.array([[1.0, 0.5], [0.5, 2.0]])  # does not commute with b: tr (shear b)^½ by its eigenvalues
    root = np.sqrt(np.linalg.eigvals(shear @ b)).sum()
    expected = 3 + 9.25 - 2 * root
    assert frechet_of_gaussians(np.zeros(2), shear, np.zeros(2), b) == pytest.approx(expected)


def test_frechet_tells_its_bias() -> None:
    """On equal laws all of the distance is bias, and half as many examples have twice of it."""
    found = [frechet(normal(r, 60, 3), normal(r, 60, 3)) for r in np.random.default_rng(2).spawn(400)]
    assert all((one.real, one.generated) == (60, 60) for one in found)
    mean = np.mean([one.distance for one in found])
    assert 0.1 < mean < 0.3
    assert np.mean([one.bias for one in found]) == pytest.approx(mean, rel=0.15)


def test_kl_of_gaussians_has_its_closed_form() -> None:
    assert kl_of_gaussians(np.zeros(2), ROUND, np.zeros(2), ROUND) == 0
    apart = kl_of_gaussians(np.array([1.0, 0]), np.diag([1.0, 4.0]), np.array([0, 2.0]), np.diag([2.0, 1.0]))
    assert apart == pytest.approx(0.5 * (0.5 + 4 + 0.5 + 4 - 2 + math.log(2 / 4)))
    rng = np.random.default_rng(0)
    a, b = np.array([[1, 0.3], [0.3, 0.5]]), np.array([[2, -0.4], [-0.4, 1]])
    drawn = rng.multivariate_normal([0.5, 0], a, size=40_000)

    def log_p(mean: list[float], covariance: np.ndarray) -> np.ndarray:
        away = drawn - mean
        squares = np.einsum("ni,ij,nj->n", away, np.linalg.inv(covariance), away)
        return -0.5 * (squares + np.log(np.linalg.det(2 * np.pi * covariance)))

    ratios = log_p([0.5, 0], a) - log_p([0, 1], b)
    exact = kl_of_gaussians(np.array([0.5, 0]), a, np.array([0, 1.0]), b)
    assert abs(off(ratios, exact)) < FAR_OFF


def test_likelihood_under_a_known_law_is_minus_its_entropy() -> None:
    found = repeated(lambda rng: log_likelihood(normal(rng, 50), STANDARD), 400)
    assert abs(off(found, -(math.log(2 * math.pi) + 1))) < FAR_OFF
    one_point = np.zeros((50, 2))
    assert log_likelihood(one_point, STANDARD) > -(math.log(2 * math.pi) + 1), "a collapse raises it, as the page says"
    far = log_density_of(Mixture("far", np.zeros((2, 2), np.float32), 0.1, has_modes=True))(np.array([[1e4, 0.0]]))
    assert far == pytest.approx(-0.5 * 1e10 - math.log(2 * math.pi * 0.01)), "finite where the density itself is 0"


@pytest.mark.parametrize(("mean", "width"), [(0.0, 1.0), (1.0, 1.0), (0.5, 0.5), (0.0, 1.6)])
def test_kl_by_neighbours_comes_near_the_closed_form_in_both_directions(mean: float, width: float) -> None:
    """What is left of the bias with 800 samples in the plane is below 0.05 nats; statistics are averaged away."""
    law = (np.full(2, mean), width**2 * ROUND)
    rngs = np.random.default_rng(4).spawn(8)
    samples = [normal(rng, 800, mean=mean, width=width) for rng in rngs]
    there = np.mean([kl_to_density(drawn, STANDARD) for drawn in samples])
    back = np.mean(
        [kl_from_density(normal(rng, 800), drawn, STANDARD) for rng, drawn in zip(rngs, samples, strict=True)]
    )
    assert there == pytest.approx(kl_of_gaussians(*law, np.zeros(2), ROUND), abs=0.05)
    if width >= 1:  # where the samples end, log q is known only to fall: the estimate comes out low
        assert back == pytest.approx(kl_of_gaussians(np.zeros(2), ROUND, *law), abs=0.12)
    else:
        assert 0.2 < back < kl_of_gaussians(np.zeros(2), ROUND, *law)


def test_the_bias_of_kl_by_neighbours_is_what_the_page_says() -> None:
    there = repeated(lambda rng: kl_to_density(normal(rng, 128), STANDARD), 300)
    back = repeated(lambda rng: kl_from_density(normal(rng, 128), normal(rng, 128), STANDARD), 300)
    assert there.mean() == pytest.approx(0.06, abs=0.02) and back.mean() == pytest.approx(-0.04, abs=0.02)


def test_a_law_without_density_is_far_off_but_not_infinitely() -> None:
    """Five copies of each point: entropy as of balls of radius 1e-6 about them."""
    copies = np.repeat(normal(np.random.default_rng(0), 10), 5, axis=0)
    assert 15 < kl_to_density(copies, STANDARD) < 30
    assert math.isfinite(kl_from_density(copies, copies, STANDARD))


def test_a_left_out_half_shows_in_one_direction_only() -> None:
    """p: two far modes. q: one of them, and exactly so. KL(q ‖ p) = log 2; KL(p ‖ q) is far larger."""
    centres = np.array([[-5, 0], [5, 0]], np.float32)
    both = Mixture("two", centres, 1.0, has_modes=True)
    rng = np.random.default_rng(5)
    one = normal(rng, 1000) + centres[0]
    assert kl_to_density(one, log_density_of(both)) == pytest.approx(math.log(2), abs=0.12)
    assert kl_from_density(both.sample(rng, 1000).astype(float), one, log_density_of(both)) > 2
