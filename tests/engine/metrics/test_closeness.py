"""MMD², 1-NN accuracy, precision to coverage: definitions, expectations on equal laws, invariances."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metagen_gui.engine.metrics.density_coverage import expected_coverage, neighbourhoods, neighbours
from metagen_gui.engine.metrics.diversity import diversity, spread
from metagen_gui.engine.metrics.memorisation import memorisation
from metagen_gui.engine.metrics.mmd import cubic, gaussians, squared_mmd
from metagen_gui.engine.metrics.two_sample import neighbour_accuracy
from metagen_gui.engine.networks.adversarial_losses import BANDWIDTHS
from tests.engine.metrics import slow_definitions as slow
from tests.engine.metrics.known_laws import FAR_OFF, copies, normal, off, repeated


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize(("n", "m", "dimensions"), [(12, 12, 3), (9, 20, 2), (20, 9, 5)])
def test_fast_versions_are_the_published_definitions(n: int, m: int, dimensions: int, rng: np.random.Generator) -> None:
    real, fake = normal(rng, n, dimensions), normal(rng, m, dimensions, mean=0.4, width=0.7)
    a, b = real.tolist(), fake.tolist()
    found = neighbourhoods(real, fake, k=3)
    for name in ("precision", "recall", "density", "coverage"):
        assert getattr(found, name) == pytest.approx(getattr(slow, name)(a, b, 3), abs=1e-12), name

    def gaussian(x: slow.Point, y: slow.Point) -> float:
        square = slow.apart(x, y) ** 2 / dimensions
        return sum(math.exp(-square / (2 * w**2)) for w in BANDWIDTHS) / len(BANDWIDTHS)

    assert squared_mmd(real, fake, gaussians) == pytest.approx(slow.mmd2(a, b, gaussian), abs=1e-12)
    assert squared_mmd(real, fake, cubic) == pytest.approx(slow.mmd2(a, b, slow.kid_kernel), abs=1e-9)
    size = min(n, m)
    by_hand = [
        slow.neighbour_accuracy(a[i : i + size] if n > m else a, b[i : i + size] if m > n else b)
        for i in range(0, max(n, m) - size + 1, size)
    ]
    sides = neighbour_accuracy(real, fake)
    assert (sides.real, sides.generated) == pytest.approx(np.mean(by_hand, axis=0))


@pytest.mark.parametrize("kernel", [gaussians, cubic])
def test_mmd2_of_equal_laws_has_mean_0_and_of_others_has_not(kernel) -> None:
    def of(width: float):
        return lambda rng: squared_mmd(normal(rng, 8), normal(rng, 15, width=width), kernel)

    assert abs(off(repeated(of(1.0), 1500), 0.0)) < FAR_OFF
    assert off(repeated(of(0.5), 300), 0.0) > 2 * FAR_OFF


def test_mmd2_of_gaussians_has_its_closed_form() -> None:
    """E k = (w² / (w² + s))^(d/2) exp(−‖δ‖² / 2(w² + s)) for x − y from N(δ, s I)."""

    def mean_kernel(shift: float, variance: float) -> float:
        squares = [2 * w**2 for w in BANDWIDTHS]  # w²d in the plane
        return float(
            np.mean([w2 / (w2 + variance) * math.exp(-2 * shift**2 / (2 * (w2 + variance))) for w2 in squares])
        )

    exact = mean_kernel(0, 2) + mean_kernel(0, 2 * 0.36) - 2 * mean_kernel(0.8, 1.36)
    found = repeated(lambda r: squared_mmd(normal(r, 12), normal(r, 9, mean=0.8, width=0.6), gaussians), 1500)
    assert abs(off(found, exact)) < FAR_OFF


def test_neighbours_of_equal_laws_are_told_apart_as_often_as_the_page_says() -> None:
    for n, m in ((10, 10), (10, 33)):
        sides = repeated(lambda r, n=n, m=m: neighbour_accuracy(normal(r, n), normal(r, m)).real, 1500)
        assert abs(off(sides, (n - 1) / (2 * n - 1))) < FAR_OFF
    apart = neighbour_accuracy(normal(np.random.default_rng(1), 50), normal(np.random.default_rng(2), 50, mean=9))
    assert (apart.real, apart.generated) == (1, 1)


def test_a_copy_of_every_example_is_nobody_of_its_own_side(rng: np.random.Generator) -> None:
    real = normal(rng, 40)
    for generated in (real + 1e-6, real.copy(), real[::-1]):
        sides = neighbour_accuracy(real, generated)
        assert (sides.real, sides.generated) == (0, 0)


def test_neighbours_that_are_equally_near_count_as_shares() -> None:
    """All in one place: of the three others of each, one is of its own side."""
    everywhere_the_same = np.zeros((2, 3))
    sides = neighbour_accuracy(everywhere_the_same, everywhere_the_same)
    assert (sides.real, sides.generated) == (pytest.approx(1 / 3), pytest.approx(1 / 3))


def test_density_and_coverage_have_their_expectations_on_equal_laws() -> None:
    found = [neighbourhoods(normal(r, 30, 4), normal(r, 20, 4)) for r in np.random.default_rng(3).spawn(600)]
    assert abs(off([one.density for one in found], 1.0)) < FAR_OFF
    assert abs(off([one.coverage for one in found], expected_coverage(30, 20))) < FAR_OFF
    assert expected_coverage(1000, 1000) == pytest.approx(1 - 0.5**5, abs=0.005)


def test_few_examples_have_as_many_neighbours_as_there_are(rng: np.random.Generator) -> None:
    """Three real ones: balls reach to the second, so density is over 2, not over 5."""
    real, fake = normal(rng, 3), normal(rng, 8)
    assert neighbourhoods(real, fake, k=5) == neighbourhoods(real, fake, k=2) != neighbourhoods(real, fake, k=1)
    assert neighbourhoods(real, fake) == neighbourhoods(real, fake, k=1)
    assert [neighbours(count) for count in (2, 10, 15, 25, 400)] == [1, 3, 3, 5, 5]


def test_copies_of_the_support_are_exposed_where_precision_is_fooled(rng: np.random.Generator) -> None:
    """Five shots, learned by heart; beside them a generator that has the law itself."""
    support, query = normal(rng, 5), normal(rng, 200)
    by_heart, honest = copies(rng, support, 200), normal(rng, 200)
    shares, fair = neighbourhoods(query, by_heart), neighbourhoods(query, honest)
    assert shares.precision > 0.95 and fair.precision > 0.9
    assert shares.coverage < 0.3 and fair.coverage > 0.9
    assert neighbour_accuracy(query, by_heart).generated > 0.99
    assert abs(neighbour_accuracy(query, honest).generated - 0.5) < 0.12
    # against the support itself: every shot has copies beside it
    assert neighbour_accuracy(support, copies(rng, support, 5)).real < 0.5
    assert memorisation(query, support, by_heart).probability > 0.99
    assert memorisation(query, support, by_heart).ratio < 0.01
    assert abs(memorisation(query, support, honest).probability - 0.5) < 0.1


def test_memorisation_is_half_on_equal_laws_and_below_it_far_away() -> None:
    def probability(rng: np.random.Generator) -> float:
        return memorisation(normal(rng, 12), normal(rng, 5), normal(rng, 20)).probability

    assert abs(off(repeated(probability, 1500), 0.5)) < FAR_OFF
    rng = np.random.default_rng(0)
    away = memorisation(normal(rng, 50), normal(rng, 5), normal(rng, 50, mean=9))
    assert away.probability == 0 and away.ratio > 5
    tied = memorisation(np.zeros((3, 2)), np.zeros((1, 2)), np.zeros((4, 2)))
    assert tied.probability == 0.5 and math.isnan(tied.ratio)


def test_diversity_is_the_mean_distance_of_pairs_next_to_the_real_one(rng: np.random.Generator) -> None:
    real = normal(rng, 30)
    pairs = [slow.apart(real[i], real[j]) for i in range(30) for j in range(30) if i != j]
    assert spread(real) == pytest.approx(np.mean(pairs))
    assert diversity(real, 3 * real + 1) == pytest.approx(3)
    assert diversity(real, np.repeat(real[:1], 9, axis=0)) == 0
    assert math.isnan(diversity(np.ones((4, 2)), real))


FIGURES = {
    "neighbours": lambda q, s, g: (neighbour_accuracy(q, g).real, neighbour_accuracy(q, g).generated),
    "neighbourhoods": lambda q, s, g: tuple(vars(neighbourhoods(q, g)).values()),
    "memorisation": lambda q, s, g: tuple(vars(memorisation(q, s, g)).values()),
    "diversity": lambda q, s, g: (diversity(q, g),),
}


@pytest.mark.parametrize("name", FIGURES)
@given(seed=st.integers(0, 10_000), angle=st.floats(0, 6.28), scale=st.floats(0.01, 100), shift=st.floats(-50, 50))
@settings(max_examples=25, deadline=None)
def test_moving_turning_scaling_and_reordering_change_nothing(
    name: str, seed: int, angle: float, scale: float, shift: float
) -> None:
    rng = np.random.default_rng(seed)
    query, support, generated = normal(rng, 14), normal(rng, 4), normal(rng, 14, mean=0.5)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = [rng.permutation(scale * part @ turn + shift) for part in (query, support, generated)]
    assert FIGURES[name](*moved) == pytest.approx(FIGURES[name](query, support, generated), rel=1e-6, abs=1e-9)


@given(seed=st.integers(0, 10_000), angle=st.floats(0, 6.28), shift=st.floats(-50, 50))
@settings(max_examples=25, deadline=None)
def test_mmd2_sees_differences_not_places_and_neither_side_is_first(seed: int, angle: float, shift: float) -> None:
    rng = np.random.default_rng(seed)
    real, fake = normal(rng, 9), normal(rng, 14, mean=0.5)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    found = squared_mmd(real, fake, gaussians)
    assert squared_mmd(rng.permutation(fake @ turn + shift), real @ turn + shift, gaussians) == pytest.approx(found)
    assert squared_mmd(fake, real, cubic) == pytest.approx(squared_mmd(real, fake, cubic))
