"""Intervals that cover as often as they say, tests that reject as seldom, and corrections that hold."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metagen_gui.engine.claims import statistics
from metagen_gui.engine.claims.statistics import Values, compare, holm, student, two_sided
from metagen_gui.engine.held_out.statistics import student_t

REPETITIONS = 250
FEW = 999


def simulated(draw: Callable[[np.random.Generator], Values]) -> tuple[float, float]:
    """Return how often the interval holds the true mean 0, and how often p is below 0.05."""
    random = np.random.default_rng(4)
    found = [compare(draw(random), FEW) for _ in range(REPETITIONS)]
    return float(np.mean([one.low <= 0 <= one.high for one in found])), float(np.mean([one.p < 0.05 for one in found]))


@pytest.mark.parametrize(
    "draw",
    [
        lambda random: random.normal(size=(1, 100)),
        lambda random: random.exponential(size=(1, 100)) - 1,
        lambda random: random.normal(size=(1, 8)),
        lambda random: random.normal(size=(5, 1)) + random.normal(size=(1, 60)) + random.normal(size=(5, 60)),
        lambda random: 2 * random.normal(size=(5, 1)) + random.exponential(size=(1, 60)) - 1,
    ],
    ids=["normal", "skewed", "few tasks", "seeds and tasks", "seeds above all"],
)
def test_intervals_cover_and_tests_keep_their_level(draw: Callable[[np.random.Generator], Values]) -> None:
    """0.95 and 0.05 within three standard errors of 250 repetitions, and a little for what a bootstrap cannot know."""
    covered, rejected = simulated(draw)
    assert 0.89 <= covered <= 0.995
    assert rejected <= 0.11
    assert abs(1 - covered - rejected) < 0.02, "p and interval say the same"


def test_counting_seeds_as_tasks_would_be_far_too_sure() -> None:
    """What the seeds are resampled for: one effect of the seed is shared by all of its tasks."""

    def draw(random: np.random.Generator) -> Values:
        return (random.normal(size=(5, 1)) + 0.1 * random.normal(size=(5, 60))).reshape(1, -1)

    assert simulated(draw)[0] < 0.7


def test_an_effect_is_found_with_its_size_and_sign() -> None:
    random = np.random.default_rng(0)
    found = compare(0.5 + random.normal(size=(1, 100)))
    assert found.low < found.mean < found.high
    assert found.is_clear and found.p < 0.01 and found.effect == pytest.approx(found.mean, rel=0.2)
    other = compare(-(0.5 + np.random.default_rng(0).normal(size=(1, 100))))
    assert (other.mean, other.p) == (-found.mean, pytest.approx(found.p, rel=0.35))


def test_an_interval_of_one_seed_is_near_students() -> None:
    values = np.random.default_rng(1).normal(size=(1, 100))
    found = compare(values)
    half = student_t(99) * values.std(ddof=1) / 10
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.08)


def test_equal_sides_are_no_difference_and_nothing_is_said_of_a_single_task() -> None:
    same = compare(np.zeros((2, 10)))
    assert (same.mean, same.low, same.high, same.p, same.effect) == (0, 0, 0, 1, 0)
    assert compare(np.ones((3, 1))).p == 1 and math.isnan(compare(np.ones((1, 0))).mean)


def test_differences_without_spread_are_judged_by_how_many_there_are() -> None:
    two, nine = compare(np.full((1, 2), 0.5)), compare(np.full((1, 9), 0.3))
    assert two.p == 0.5 and two.low == 0 and nine.p == 2**-8 and nine.low == nine.high == nine.mean
    rounded = compare(np.array([[0.1 + 0.2, 0.3, 0.3]]))
    assert rounded.p == 0.25, "a spread of rounding is none"


def test_seeds_may_differ_where_tasks_do_not() -> None:
    found = compare(np.array([[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]))
    assert found.mean == 1.5 and found.p > 0.05, "two seeds"
    tiny, plain = (compare(scale * np.array([[1.0, 2.0, 4.0, 4.0]])) for scale in (1e-100, 1.0))
    assert tiny.p == pytest.approx(plain.p), "the unit makes no difference"


def test_the_same_differences_give_the_same_numbers() -> None:
    values = np.random.default_rng(2).normal(size=(3, 20))
    assert compare(values) == compare(values.copy())


def test_memory_is_bounded_and_the_numbers_stay_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(2).normal(size=(3, 2_000))
    whole = compare(values, FEW)
    monkeypatch.setattr(statistics, "NUMBERS_AT_ONCE", 100_000)
    tracemalloc.start()
    try:
        parts, peak = compare(values, FEW), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < FEW * 2_000 * 8 / 4, "all weights at once"
    assert (parts.low, parts.high, parts.p) == pytest.approx((whole.low, whole.high, whole.p), rel=1e-9)


def test_students_law_agrees_with_its_finite_series_and_with_the_normal_law() -> None:
    for freedom in (1, 2, 5, 30):
        assert student(0.05, freedom) == pytest.approx(student_t(freedom), rel=1e-9)
    assert two_sided(1.96, 1e7) == pytest.approx(0.05, abs=1e-4)
    freedom, t = 3.5, np.linspace(0, 2, 20_001)
    law = math.gamma((freedom + 1) / 2) / math.sqrt(freedom * math.pi) / math.gamma(freedom / 2)
    within = 2 * np.trapezoid(law * (1 + t**2 / freedom) ** (-(freedom + 1) / 2), t)
    assert two_sided(2, freedom) == pytest.approx(1 - within, abs=1e-8), "by integrating the density"


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_only_raises_keeps_the_order_and_lies_below_bonferroni(ps: list[float]) -> None:
    adjusted = holm(ps)
    for p, raised in zip(ps, adjusted, strict=True):
        assert p <= raised <= min(1.0, len(ps) * p) + 1e-12
    in_order = [adjusted[place] for place in np.argsort(ps, kind="stable")]
    assert in_order == sorted(in_order)
