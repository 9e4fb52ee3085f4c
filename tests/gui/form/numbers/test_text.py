from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metagen_gui.gui.form.numbers.text import (
    check_range,
    read_integer,
    read_number,
    round_number,
    show_integer,
    show_number,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        (" .5 ", 0.5),
        ("10,000", 10000),
        ("1_000", 1000),
        ("−2", -2),
        ("2.5E6", 2.5e6),
        ("1,234.5", 1234.5),
    ],
)
def test_what_people_type_is_read(text: str, value: float) -> None:
    assert read_number(text) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "type a number"),
        ("0,1", "write the decimal point as a dot"),
        ("1,00", "write the decimal point as a dot"),
        ("1__0", "'1__0' is not a number"),
        ("abc", "'abc' is not a number"),
        ("inf", "inf is not a finite number"),
        ("nan", "nan is not a finite number"),
    ],
)
def test_what_is_no_number_is_said(text: str, why: str) -> None:
    with pytest.raises(ValueError, match="^" + why.replace(".", r"\.") + "$"):
        read_number(text)


def test_whole_numbers() -> None:
    assert read_integer("1e4") == 10000
    assert show_integer(1234567) == "1,234,567"
    with pytest.raises(ValueError, match=r"2\.5 is not a whole number"):
        read_integer("2.5")


def test_numbers_are_short_and_have_a_dot() -> None:
    shown = [show_number(value) for value in (0.1, 1e-5, 31536.0, 2.5e6, 0.1 + 0.2, 0.0, 1e6)]
    assert shown == ["0.1", "1e-5", "31536", "2.5e6", "0.3", "0", "1e6"]
    assert round_number(0.15625) == 0.1562


def test_range_names_the_nearest_value() -> None:
    check_range(1, 1, 5000)
    with pytest.raises(ValueError, match="6,000 is too high; the highest value is 5,000"):
        check_range(6000, 1, 5000)
    with pytest.raises(ValueError, match=r"0\.5 is too low; the lowest value is 1"):
        check_range(0.5, 1, 5000)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_is_shown_can_be_read_again(value: float) -> None:
    assert read_number(show_number(value)) == pytest.approx(value, rel=1e-5)


@given(st.integers(-(10**12), 10**12))
def test_whole_numbers_come_back_exactly(value: int) -> None:
    assert read_integer(show_integer(value)) == value
