"""Intervals that cover as often as they say, tests that reject as seldom, and corrections that hold."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metagen_gui.engine.statistics import (
    LEAST_P,
    Values,
    by_group,
    compare,
    half_width,
    holm,
    scatter,
    student,
    two_sided,
)

REPETITIONS = 400
Draw = Callable[[np.random.Generator], Values]
LAWS: dict[str, Callable[[np.random.Generator, tuple[int, int]], Values]] = {
    "normal": lambda random, shape: random.normal(size=shape),
    "exponential": lambda random, shape: random.exponential(size=shape) - 1,
    "lognormal": lambda random, shape: random.lognormal(size=shape) - math.exp(0.5),
    "t3": lambda random, shape: random.standard_t(3, size=shape),
}


def covered(draw: Draw) -> float:
    """Return how often the interval holds the true mean 0."""
    random, held = np.random.default_rng(4), 0
    for _ in range(REPETITIONS):
        values = draw(random)
        found, mean = scatter(values), values.mean()
        held += -found.reach(0.05, 1) <= mean <= found.reach(0.05, -1)
    return held / REPETITIONS


@pytest.mark.parametrize("seeds", [1, 2, 3, 5])
@pytest.mark.parametrize("law", LAWS)
def test_intervals_cover_lopsided_and_heavy_tailed_differences_of_few_seeds(law: str, seeds: int) -> None:
    """0.93 and more is what `benchmarks/intervals.py` finds by ten times as many repetitions."""

    of_seed = 0.3 if seeds > 1 else 0.0

    def draw(random: np.random.Generator) -> Values:
        return (
            LAWS[law](random, (1, 20)) + 0.3 * LAWS[law](random, (seeds, 20)) + of_seed * random.normal(size=(seeds, 1))
        )

    assert covered(draw) >= 0.91


@pytest.mark.parametrize("law", LAWS)
def test_two_arms_of_one_law_seldom_come_out_different(law: str) -> None:
    for count in (20, 50):
        assert covered(lambda random, n=count: LAWS[law](random, (1, n)) - LAWS[law](random, (1, n))) >= 0.92


def test_what_a_seed_adds_to_all_of_its_tasks_is_counted_however_large_it_is() -> None:
    """Of two seeds a bootstrap and Satterthwaite's degrees of freedom cover 0.83."""
    for seeds, spread in ((2, 0.2), (2, 3.0), (3, 0.5), (5, 1.0)):
        assert (
            covered(lambda random, s=seeds, a=spread: random.normal(size=(1, 40)) + a * random.normal(size=(s, 1)))
            >= 0.925
        )


def test_counting_seeds_as_tasks_would_be_far_too_sure() -> None:
    def draw(random: np.random.Generator) -> Values:
        return (random.normal(size=(5, 1)) + 0.1 * random.normal(size=(5, 60))).reshape(1, -1)

    assert covered(draw) < 0.7


@pytest.mark.parametrize("count", [5, 10])
def test_tasks_of_one_alphabet_count_once(count: int) -> None:
    """A correlation of 0.2 in an alphabet is a third of false alarms if characters are taken to be independent."""

    def draw(random: np.random.Generator, groups: bool) -> Values:
        owner = random.integers(count, size=100)
        values = math.sqrt(0.2) * random.normal(size=count)[owner] + math.sqrt(0.8) * random.normal(size=100)
        return by_group(values[None], [f"alphabet {each}" for each in owner] if groups else [])

    assert covered(lambda random: draw(random, False)) < 0.8
    assert covered(lambda random: draw(random, True)) >= 0.92


def test_the_mean_stays_that_over_tasks_and_equal_groups_stand_for_their_means() -> None:
    values = np.random.default_rng(3).normal(size=(2, 6))
    equal = by_group(values, ["a", "b", "a", "b", "c", "c"])
    assert equal == pytest.approx((values[:, [0, 1, 4]] + values[:, [2, 3, 5]]) / 2)
    uneven = by_group(values, ["a", "a", "a", "b", "c", "c"])
    assert uneven.mean(1) == pytest.approx(values.mean(1))
    alone = compare(values, [*"abcdef"])
    assert (alone.low, alone.high, alone.p) == pytest.approx((compare(values).low, compare(values).high, alone.p))
    assert by_group(np.zeros((2, 0)), []).shape == (2, 0)
    one = compare(values, ["a"] * 6)
    assert one.groups == 1 and one.mean == pytest.approx(values.mean()) and math.isnan(one.low) and not one.is_clear


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(2, 40), st.floats(-1, 1))
def test_interval_and_p_say_the_same(seed: int, seeds: int, tasks: int, mean: float) -> None:
    random = np.random.default_rng(seed)
    found = compare(mean + random.lognormal(size=(1, tasks)) - 1.6 + 0.2 * random.normal(size=(seeds, 1)))
    assert (found.p < 0.05) == found.is_clear
    assert found.low <= found.mean <= found.high and LEAST_P <= found.p <= 1
    assert found.p_of_these <= found.p * (1 + 1e-9)


def test_few_seeds_are_told_where_more_might_show_something() -> None:
    random = np.random.default_rng(6)
    values = 1 + 0.1 * random.normal(size=(2, 50)) + np.array([[0.5], [-0.5]])
    found = compare(values)
    assert found.lacks_seeds and not found.is_clear
    assert not compare(values - 1).lacks_seeds, "nothing to be shown"
    assert not compare(np.repeat(values, 3, 0)).lacks_seeds and not compare(values[:1]).lacks_seeds


def test_an_effect_is_found_with_its_size_and_sign() -> None:
    random = np.random.default_rng(0)
    found = compare(0.5 + random.normal(size=(1, 100)))
    assert found.low < found.mean < found.high
    assert found.is_clear and found.p < 0.01 and found.effect == pytest.approx(found.mean, rel=0.2)
    other = compare(-(0.5 + np.random.default_rng(0).normal(size=(1, 100))))
    assert (other.mean, other.p) == (-found.mean, pytest.approx(found.p))


def test_an_interval_of_one_seed_is_students_or_a_little_wider() -> None:
    values = np.random.default_rng(1).normal(size=(1, 100))
    found = compare(values)
    half = student(0.05, 99) * values.std(ddof=1) / 10
    assert (
        half - 1e-12 <= found.high - found.mean <= 1.1 * half and half - 1e-12 <= found.mean - found.low <= 1.1 * half
    )
    assert half_width(values[0]) == max(found.high - found.mean, found.mean - found.low)


def test_equal_sides_are_no_difference_and_nothing_is_said_of_a_single_task() -> None:
    same = compare(np.zeros((2, 10)))
    assert (same.mean, same.low, same.high, same.p, same.effect) == (0, 0, 0, 1, 0)
    assert compare(np.ones((3, 1))).p == 1 and math.isnan(compare(np.ones((1, 0))).mean)


def test_differences_without_spread_are_judged_by_how_many_there_are() -> None:
    two, nine = compare(np.full((1, 2), 0.5)), compare(np.full((1, 9), 0.3))
    assert two.p == 0.5 and two.low == 0 and nine.p == 2**-8 and nine.low == nine.high == nine.mean
    rounded = compare(np.array([[0.1 + 0.2, 0.3, 0.3]]))
    assert rounded.p == 0.25, "a spread of rounding is none"
    assert nine.effect == math.inf and compare(np.full((1, 9), -0.3)).effect == -math.inf


@pytest.mark.parametrize("wild", [math.nan, math.inf, -math.inf, 1e300])
def test_nothing_is_clear_of_differences_that_are_not_all_finite(wild: float) -> None:
    values = 1 + 0.1 * np.random.default_rng(7).normal(size=(2, 20))
    values[1, 3] = wild
    found = compare(values)
    assert not found.is_clear and found.p == found.p_of_these == 1 and math.isnan(found.mean) and not found.tasks


def test_seeds_may_differ_where_tasks_do_not() -> None:
    found = compare(np.array([[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]))
    assert found.mean == 1.5 and found.p > 0.05, "two seeds"
    assert found.effect == math.inf and compare(np.array([[-1.0] * 3, [-2.0] * 3])).effect == -math.inf
    assert compare(np.array([[1.0] * 3, [-1.0] * 3])).effect == 0, "seeds differ, and on the whole there is nothing"
    tiny, plain = (compare(scale * np.array([[1.0, 2.0, 4.0, 4.0]])) for scale in (1e-100, 1.0))
    assert tiny.p == pytest.approx(plain.p), "the unit makes no difference"


def test_the_same_differences_give_the_same_numbers() -> None:
    values = np.random.default_rng(2).normal(size=(3, 20))
    assert compare(values) == compare(values.copy())


def test_students_law_in_closed_form_from_tables_and_by_integrating_its_density() -> None:
    assert student(0.05, 1) == pytest.approx(12.7062047)
    assert student(0.05, 2) == pytest.approx(0.95 * math.sqrt(2 / (1 - 0.95**2)))
    tables = {3: 3.182446, 4: 2.776445, 9: 2.262157, 30: 2.042272, 99: 1.984217, 200_001: 1.959976}
    assert {freedom: student(0.05, freedom) for freedom in tables} == pytest.approx(tables, abs=1e-6)
    freedom, t = 7, np.linspace(0, 2, 20_001)
    law = math.gamma((freedom + 1) / 2) / math.sqrt(freedom * math.pi) / math.gamma(freedom / 2)
    within = 2 * np.trapezoid(law * (1 + t**2 / freedom) ** (-(freedom + 1) / 2), t)
    assert two_sided(2, freedom) == pytest.approx(1 - within, abs=1e-8)
    assert two_sided(student(0.003, 12), 12) == pytest.approx(0.003)


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
