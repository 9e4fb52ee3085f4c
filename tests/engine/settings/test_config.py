"""Settings: what a declaration becomes, and what a person is told about a wrong value."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError, field_validator

from metagen_gui.engine.experiment import REGISTRIES
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import Config, Setting, parse_settings, setting, settings_of
from metagen_gui.engine.training import TrainingSettings
from metagen_gui.testing.promises import check_settings

GROUPS = [("training", TrainingSettings)] + [
    (f"{section}/{name}", plugin.Settings)
    for section, registry in REGISTRIES.items()
    for name, plugin in registry.items()
]


class Oven(Config):
    """A group with every kind of setting."""

    minutes: int = setting(30, "How long.", unit="min", low=1, high=600, log=True)
    heat_level: float = setting(0.5, "How hot.", low=0, high=1, live=True)
    fan: bool = setting(True, "Whether air is moved.", label="Fan on", expert=True)
    mode: Literal["top", "bottom"] = setting("top", "Where from.", only_if={"fan": [True]})
    size: Literal[16, 28] = setting(28, "Which tray.")
    note: str = setting("", "Anything.")
    steam: float = setting(1.0, "How much steam.", low=1e-5, high=1e7)
    recipe: str = setting("", "A file.", path=True)
    adapts: str = setting("default", "What adapts.", choices_from="model.adapts")
    shares: dict[str, float] = setting({}, "Shares.", choices_from="model.groups")

    @field_validator("note")
    @classmethod
    def _polite(cls, text: str) -> str:
        if text == "rude":
            raise ValueError("a note is polite")
        return text


def test_a_declaration_becomes_a_setting() -> None:
    found = settings_of(Oven)
    assert [item.name for item in found] == list(Oven.model_fields)
    assert found[:4] == (
        Setting("minutes", "Minutes", "integer", 30, "How long.", unit="min", low=1, high=600, log=True),
        Setting("heat_level", "Heat level", "number", 0.5, "How hot.", low=0, high=1, live=True),
        Setting("fan", "Fan on", "flag", True, "Whether air is moved.", expert=True),
        Setting("mode", "Mode", "choice", "top", "Where from.", choices=("top", "bottom"), only_if={"fan": (True,)}),
    )
    assert [item.kind for item in found[4:]] == ["choice", "text", "number", "path", "choice", "rates"]
    assert found[4].choices == ("16", "28")
    assert [item.choices_from for item in found[-2:]] == ["model.adapts", "model.groups"]


class Kiln(Oven):
    """A group that says of an inherited setting what it is here, and declares one with a formula."""

    enters = {"minutes": {"symbol": "t", "formula": "E = P t"}}
    power: float = setting(1.0, "How strong.", low=0, high=9, symbol="P", formula="E = P t", paper="Joule 1841")


def test_a_setting_says_which_formula_it_enters_and_whose_that_is() -> None:
    found = {item.name: item for item in settings_of(Kiln)}
    assert (found["power"].symbol, found["power"].formula, found["power"].paper) == ("P", "E = P t", "Joule 1841")
    assert (found["minutes"].symbol, found["minutes"].formula, found["minutes"].paper) == ("t", "E = P t", "")
    assert found["minutes"].help == "How long."
    assert {item.formula for item in settings_of(Oven)} == {""}
    check_settings(Kiln)


@pytest.mark.parametrize(
    "said", [{"volts": {"formula": "U = R I"}}, {"minutes": {"symbol": "s", "formula": "E = P t"}}]
)
def test_a_formula_is_of_a_setting_that_there_is_and_holds_its_symbol(said: dict[str, dict[str, str]]) -> None:
    class Odd(Oven):
        enters = said

    with pytest.raises(AssertionError):
        check_settings(Odd)


def test_a_choice_among_numbers_may_be_given_as_text() -> None:
    assert Oven(size="16").size == 16 and Oven(size=16).size == 16
    with pytest.raises(BadInput, match=r"^oven.size: '17' is not one of 16 or 28$"):
        parse_settings(Oven, {"size": "17"}, "oven")


@given(st.integers())
def test_both_ends_of_a_range_are_allowed_and_nothing_beyond(minutes: int) -> None:
    if 1 <= minutes <= 600:
        assert parse_settings(Oven, {"minutes": minutes}, "oven").minutes == minutes
    else:
        with pytest.raises(BadInput, match=r"^oven.minutes: -?\d+ is too (low|high); the (lowest|highest) value is"):
            parse_settings(Oven, {"minutes": minutes}, "oven")


@pytest.mark.parametrize(
    ("values", "where", "why"),
    [
        ({"heat_level": -0.25}, "oven.heat_level", "-0.25 is too low; the lowest value is 0"),
        ({"heat_level": 1.5}, "oven.heat_level", "1.5 is too high; the highest value is 1"),
        ({"heat_level": float("nan")}, "oven.heat_level", "nan is not a finite number"),
        ({"heat_level": float("inf")}, "oven.heat_level", "inf is not a finite number"),
        ({"heat_level": "warm"}, "oven.heat_level", "'warm' is not a number"),
        ({"minutes": 1.5}, "oven.minutes", "1.5 is not a whole number"),
        ({"minutes": "ten"}, "oven.minutes", "'ten' is not a whole number"),
        ({"minutes": None}, "oven.minutes", "None is not a whole number"),
        ({"fan": "perhaps"}, "oven.fan", "'perhaps' is neither true nor false"),
        ({"mode": "side"}, "oven.mode", "'side' is not one of 'top' or 'bottom'"),
        ({"note": "rude"}, "oven.note", "a note is polite"),
        ({"mnutes": 3}, "oven.mnutes", f"there is no such setting; there are {', '.join(Oven.model_fields)}"),
        ({"shares": {"context": "much"}}, "oven.shares", "'context': 'much' is not a number"),
        ({"shares": [1]}, "oven.shares", '[1] is not a table of names and numbers, as in {"head": 0.1}'),
        ({"steam": 2_000_000_000}, "oven.steam", "2000000000 is too high; the highest value is 10,000,000"),
        ({"steam": 1e-9}, "oven.steam", "1e-09 is too low; the lowest value is 1e-05"),
        ({"heat_level": "warm" * 25_000}, "oven.heat_level", f"'war{'mwar' * 6}mw…{'warm' * 7}' is not a number"),
        ({"heat_level": " -1\n"}, "oven.heat_level", "' -1\\n' is too low; the lowest value is 0"),
    ],
)
def test_a_wrong_value_is_named_in_one_plain_line(values: dict[str, Any], where: str, why: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_settings(Oven, values, "oven")
    assert (caught.value.where, caught.value.why) == (where, why)
    assert str(caught.value) == f"{where}: {why}"


def test_settings_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Oven().minutes = 3


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([" -7\n", "1e999", "nan\t"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


FIELDS = [(config, name) for _, config in GROUPS for name in config.model_fields]


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(FIELDS), ANYTHING)
def test_any_value_is_taken_or_refused_in_one_line(field: tuple[type[Config], str], value: Any) -> None:
    config, name = field
    try:
        parse_settings(config, {name: value}, "here")
    except BadInput as error:
        assert error.where == f"here.{name}"
        assert error.why.strip() and len(error.why.splitlines()) == 1


@pytest.mark.parametrize("config", [config for _, config in GROUPS], ids=[name for name, _ in GROUPS])
def test_every_declared_setting_can_be_shown(config: type[Config]) -> None:
    check_settings(config)
