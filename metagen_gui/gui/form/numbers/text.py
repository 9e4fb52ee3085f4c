"""Numbers as people read and type them, with a dot whatever the system's language."""

from __future__ import annotations

import math
import re

from PySide6.QtCore import QCoreApplication

_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[, _]\d{3})+(?:\.\d*)?(?:[eE][+-]?\d+)?")


def show_number(value: float) -> str:
    """Return a number at up to six significant digits: `0.001`, `1e-5`, `31536`, `2.5e6`."""
    text = f"{value:.6g}"
    mantissa, exponent, power = text.partition("e")
    return f"{mantissa}e{int(power)}" if exponent else text


def show_integer(value: int) -> str:
    """Return a whole number in groups of three: `10,000`."""
    return f"{value:,}"


def round_number(value: float, digits: int = 4) -> float:
    """Return `value` at `digits` significant digits, as a step or a slider should leave it."""
    return float(f"{value:.{digits}g}") if math.isfinite(value) else value


def read_number(text: str) -> float:
    """Return the number a person typed (`1e-3`, `.5`, `10,000`); raise `ValueError` that says what is wrong with it."""
    plain = text.strip().replace("−", "-")
    if not plain:
        raise ValueError(_say("type a number"))
    if _GROUPED.fullmatch(plain):
        plain = re.sub("[, _]", "", plain)
    if "," in plain:
        raise ValueError(_say("write the decimal point as a dot"))
    try:
        value = float(plain.replace("_", "x"))
    except ValueError:
        raise ValueError(_say("{0} is not a number").format(repr(text.strip()))) from None
    if not math.isfinite(value):
        raise ValueError(_say("{0} is not a finite number").format(text.strip()))
    return value


def read_integer(text: str) -> int:
    """Return the whole number a person typed (`10,000`, `1e4`); raise `ValueError` that says what is wrong with it."""
    value = read_number(text)
    if value != int(value):
        raise ValueError(_say("{0} is not a whole number").format(text.strip()))
    return int(value)


def check_range(value: float, low: float, high: float) -> None:
    """Raise `ValueError` that names the nearest value allowed, both ends included."""
    if value < low:
        raise ValueError(_say("{0} is too low; the lowest value is {1}").format(_plain(value), _plain(low)))
    if value > high:
        raise ValueError(_say("{0} is too high; the highest value is {1}").format(_plain(value), _plain(high)))


def _plain(value: float) -> str:
    return show_integer(int(value)) if value == int(value) and abs(value) < 1e15 else show_number(value)


def _say(text: str) -> str:
    return QCoreApplication.translate("NumberText", text)
