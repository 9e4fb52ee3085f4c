from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metagen_gui.gui.plots.scale import LossScale, format_number, full_range, nice_values, robust_range, round_outwards

LOSSES = st.floats(-1e9, 1e9)


@given(LOSSES)
@pytest.mark.parametrize("kind", ["linear", "symlog"])
def test_there_and_back(kind, loss: float) -> None:
    scale = LossScale(kind)
    assert scale.inverse(scale.forward([loss]))[0] == pytest.approx(loss, rel=1e-9, abs=1e-9)


def test_what_cannot_be_drawn_is_a_gap() -> None:
    drawn = LossScale("log").forward([100.0, 0.0, -1.0, np.nan, np.inf])
    assert drawn[0] == pytest.approx(2.0)
    assert np.isnan(drawn[1:]).all()
    assert np.isnan(LossScale().forward([np.inf, -np.inf])).all()


@given(st.floats(1e-6, 1e6), st.floats(1.05, 1e6), st.integers(3, 12))
@pytest.mark.parametrize("kind", ["linear", "log", "symlog"])
def test_ticks_lie_inside_and_say_their_value(kind, low: float, factor: float, most: int) -> None:
    scale = LossScale(kind)
    left, right = scale.forward([low, low * factor]).tolist()
    ticks = scale.ticks(left, right, most)
    assert len(ticks) <= 2 * most + 2
    for at, text in ticks:
        assert left - 1e-6 * abs(left) - 1e-9 <= at <= right + 1e-6 * abs(right) + 1e-9
        value = float(text.replace(",", ""))
        assert scale.forward([value])[0] == pytest.approx(at, abs=1e-4 * max(1.0, abs(at)))


def test_a_log_axis_counts_in_decades() -> None:
    assert [text for _, text in LossScale("log").ticks(-1.0, 3.0, 5)] == ["0.1", "1", "10", "100", "1,000"]


def test_a_symlog_axis_has_its_zero() -> None:
    assert "0" in [text for _, text in LossScale("symlog").ticks(-2.0, 2.0, 6)]


def test_whole_steps_only() -> None:
    assert nice_values(-0.1, 3.2, 8, whole=True) == [0, 1, 2, 3]
    assert nice_values(5.0, 5.0, 4) == []


@given(LOSSES, st.floats(1e-3, 1e9))
def test_rounding_outwards_keeps_everything_in(low: float, span: float) -> None:
    start, end = round_outwards(low, low + span)
    slack = 1e-6 * max(span, abs(low))
    assert low - span - slack <= start <= low + slack
    assert low + span - slack <= end <= low + 2 * span + slack


def test_numbers_as_people_write_them() -> None:
    assert [format_number(value, 4) for value in (1200.0, 0.05, 113.84, -0.0687, 1e-7, 0.0)] == [
        "1,200",
        "0.05",
        "113.8",
        "-0.0687",
        "1e-07",
        "0",
    ]
    assert format_number(float("nan")) == "not finite"


def test_the_first_huge_values_do_not_squash_the_rest() -> None:
    short = np.array([540.0, 170, 165, 160, 158, 157, 156, 155])
    found = robust_range(short)
    assert found is not None and found[1] < 250 and found[0] == 155
    long = np.concatenate([np.full(20, 1e6), 100 + np.random.default_rng(0).normal(size=5000)])
    found = robust_range(long)
    assert found is not None and found[1] < 120


def test_a_slow_fall_is_seen_whole() -> None:
    fall = 113 + 60 * np.exp(-np.arange(2000) / 700)
    found = robust_range(fall)
    assert found is not None and found == (pytest.approx(fall.min(), abs=1), pytest.approx(fall.max(), abs=1))


def test_gaps_have_no_range() -> None:
    assert robust_range(np.full(4, np.nan)) is None and full_range(np.full(4, np.nan)) is None
    assert robust_range(np.array([np.nan, 3.0])) == (3.0, 3.0)
    assert full_range(np.array([np.nan, 3.0, 900.0])) == (3.0, 900.0)
