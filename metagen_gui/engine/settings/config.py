"""Settings: every one is declared once, and everything else is derived from that declaration.

A setting is a pydantic field made by `setting`. Validation, the experiment file, the command line, the form row with
its tooltip and its range all come from it:

    class MamlSettings(AlgorithmSettings):
        inner_lr: float = setting(0.1, "Step size of adaptation.", low=0, high=10, log=True, live=True)

Where a setting enters a formula, its symbol, the formula and its source may be said with it. `_` lowers and `^` raises
what follows in a formula: a sign, or what braces hold.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, ClassVar, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import quoted, shortened

Kind = Literal["integer", "number", "flag", "choice", "text", "path", "rates"]
ConfigT = TypeVar("ConfigT", bound="Config")


class Config(BaseModel):
    """Base of every group of settings: immutable, range-checked, no unknown names, no NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    taken_out: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Settings that earlier versions had, and why there are none: a file that names one is read with a notice."""

    enters: ClassVar[Mapping[str, Mapping[str, Any]]] = MappingProxyType({})
    """`symbol`, `formula` and `paper` of settings that are declared without, or in a base for which others hold."""

    @field_validator("*", mode="before")
    @classmethod
    def _one_of_the_type(cls, given: Any, info: ValidationInfo) -> Any:
        """Take text, which is what forms and command lines give, for the choice that reads like it: 28 for "28".

        Nothing is taken for what it is not: neither true for 1 nor 1 for true.
        """
        annotation = cls.model_fields[str(info.field_name)].annotation
        if annotation is bool and not isinstance(given, bool):
            raise ValueError(f"{quoted(given)} is neither true nor false")
        inside = given.values() if isinstance(given, dict) else given if isinstance(given, list | tuple) else [given]
        if annotation is not bool and Any not in get_args(annotation) and any(type(one) is bool for one in inside):
            raise ValueError(f"{quoted(given)} is not a number")
        choices = get_args(annotation) if get_origin(annotation) is Literal else ()
        return next((choice for choice in choices if isinstance(given, str) and str(choice) == given), given)


@dataclass(frozen=True)
class Setting:
    """One setting as forms and command lines see it."""

    name: str
    label: str
    kind: Kind
    default: Any
    help: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    """What choices are called where a person reads them, if not by their names."""
    choices_from: str = ""
    """Where the choices come from when another plugin decides them: `model.adapts` or `model.groups`."""
    log: bool = False
    live: bool = False
    """May change while a run is going on."""
    expert: bool = False
    only_if: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """The setting has an effect only while the named settings of the same group hold one of these values."""
    symbol: str = ""
    """What the setting is called in `formula`."""
    formula: str = ""
    """What the setting enters, in one line or several."""
    paper: str = ""
    """Where the formula, or what is chosen, comes from."""

    def called(self, choice: Any) -> str:
        """Return what a person reads for one of the choices."""
        return self.titles.get(str(choice), str(choice).replace("_", " "))


def setting(
    default: Any,
    help: str,
    *,
    label: str = "",
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    log: bool = False,
    live: bool = False,
    expert: bool = False,
    path: bool = False,
    titles: Mapping[str, str] | None = None,
    choices_from: str = "",
    only_if: Mapping[str, Sequence[Any]] | None = None,
    symbol: str = "",
    formula: str = "",
    paper: str = "",
) -> Any:
    """Declare a setting: its default, one sentence of help, its range (both ends allowed), how it is shown, its source.

    `symbol` is what it is called in `formula`, and `paper` where that is from; whoever has none says nothing.
    """
    shown: dict[str, Any] = {
        "label": label,
        "unit": unit,
        "log": log,
        "live": live,
        "expert": expert,
        "path": path,
        "titles": dict(titles or {}),
        "choices_from": choices_from,
        "only_if": {name: list(values) for name, values in (only_if or {}).items()},
        "symbol": symbol,
        "formula": formula,
        "paper": paper,
    }
    return Field(default=default, description=help, ge=low, le=high, json_schema_extra=shown)


def settings_of(config: type[Config]) -> tuple[Setting, ...]:
    """Return the settings of a group in the order of their declaration; raise `TypeError` for a type not shown."""
    hints = typing.get_type_hints(config)
    return tuple(
        replace(_describe(name, hints[name], declared), **config.enters.get(name, {}))
        for name, declared in config.model_fields.items()
    )


def parse_settings(config: type[ConfigT], values: Mapping[str, Any], where: str) -> ConfigT:
    """Return `values` as a checked `config`; raise `BadInput` that names the first wrong one as `where.name`."""
    try:
        return config.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = shortened(str(first["loc"][0])) if first["loc"] else ""
        raise BadInput(f"{where}.{name}" if name else where, _explain(config, first)) from None


def in_full(number: float) -> str:
    """Return a bound as a person writes it: `10,000,000`, `0.05`; no exponent for whole numbers."""
    return f"{int(number):,}" if float(number).is_integer() else f"{number:g}"


def _explain(config: type[Config], error: Any) -> str:
    """Say in one line what is wrong with one value; of several under one setting, such as rates, with which."""
    inside = "".join(f"{quoted(part)}: " for part in error["loc"][1:])
    return inside + _fault(config, error)


def _fault(config: type[Config], error: Any) -> str:
    given, context = error.get("input"), error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            known = ", ".join(config.model_fields)
            return f"there is no such setting; there are {known}"
        case "greater_than_equal":
            return f"{quoted(given)} is too low; the lowest value is {in_full(context['ge'])}"
        case "less_than_equal":
            return f"{quoted(given)} is too high; the highest value is {in_full(context['le'])}"
        case "literal_error":
            return f"{quoted(given)} is not one of {context['expected']}"
        case "dict_type":
            return f'{quoted(given)} is not a table of names and numbers, as in {{"head": 0.1}}'
        case "value_error":
            return str(context.get("error", error["msg"]))
        case "finite_number":
            return f"{quoted(given)} is not a finite number"
        case kind if kind.startswith("int"):
            return f"{quoted(given)} is not a whole number"
        case kind if kind.startswith("float"):
            return f"{quoted(given)} is not a number"
        case kind if kind.startswith("bool"):
            return f"{quoted(given)} is neither true nor false"
        case _:
            return f"{quoted(given)}: {error['msg']}".replace("\n", " ")


def _describe(name: str, annotation: Any, declared: FieldInfo) -> Setting:
    shown = declared.json_schema_extra if isinstance(declared.json_schema_extra, dict) else {}
    low, high = _bound(declared, "ge"), _bound(declared, "le")
    only_if: Any = shown.get("only_if") or {}
    titles: Any = shown.get("titles") or {}
    return Setting(
        name=name,
        label=str(shown.get("label") or name.replace("_", " ").capitalize()),
        kind=_kind(name, annotation, bool(shown.get("path")), str(shown.get("choices_from") or "")),
        default=declared.default,
        help=declared.description or "",
        unit=str(shown.get("unit") or ""),
        low=low,
        high=high,
        choices=tuple(str(choice) for choice in get_args(annotation)) if get_origin(annotation) is Literal else (),
        titles=titles,
        choices_from=str(shown.get("choices_from") or ""),
        log=bool(shown.get("log")),
        live=bool(shown.get("live")),
        expert=bool(shown.get("expert")),
        only_if={key: tuple(values) for key, values in only_if.items()},
        symbol=str(shown.get("symbol") or ""),
        formula=str(shown.get("formula") or ""),
        paper=str(shown.get("paper") or ""),
    )


def _kind(name: str, annotation: Any, path: bool, choices_from: str) -> Kind:
    if path:
        return "path"
    if get_origin(annotation) is Literal:
        return "choice"
    if get_origin(annotation) in (dict, Mapping):
        return "rates"
    if choices_from:
        return "choice"
    kinds: dict[Any, Kind] = {bool: "flag", int: "integer", float: "number", str: "text"}
    if annotation not in kinds:
        shown = annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")
        known = ", ".join(kind.__name__ for kind in kinds)
        raise TypeError(f"setting {name}: {shown} cannot be shown; there are {known}, Literal[…] and dict[str, float]")
    return kinds[annotation]


def _bound(declared: FieldInfo, side: str) -> float | None:
    for constraint in declared.metadata:
        value = getattr(constraint, side, None)
        if value is not None:
            return float(value)
    return None
