"""The range of one setting: from where to where, or which choices; checked against the setting's own declaration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from metagen_gui.engine.experiment import SECTIONS, Experiment
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import Setting, in_full
from metagen_gui.engine.settings.plain_text import quoted, shortened

SAME = ("seed", "shots", "query_size", "device", "validate_every", "validation_tasks")
"""Settings of training that have no range: trials would be scored, or pruned, by other tasks."""
NEVER = ("path", "text", "rates")
"""Kinds of settings that are neither a number nor a choice."""
MOST_CHOICES = 100
COUNTED = 2**53
"""Whole numbers beyond this are not told from each other by who draws them."""


class Suggests(Protocol):
    """What a range asks for a value, as an `optuna.trial.Trial` answers."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """Return a number between two, both possible."""

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        """Return a whole number between two, both possible."""

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Return one of several."""


@dataclass(frozen=True)
class Range:
    """Where one setting is sought: between two numbers, both possible, or among `choices`."""

    path: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False
    choices: tuple[Any, ...] = ()

    def suggested(self, trial: Suggests) -> Any:
        """Return the value that a trial is given, the same as often as it is asked."""
        if self.choices:
            return trial.suggest_categorical(self.path, self.choices)
        if self.whole:
            return trial.suggest_int(self.path, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(self.path, self.low, self.high, log=self.log)

    def __contains__(self, value: Any) -> bool:
        if self.choices:
            return any(type(value) is type(choice) and value == choice for choice in self.choices)
        return isinstance(value, int | float) and self.low <= value <= self.high

    def document(self) -> dict[str, Any]:
        """Return the range as JSON data."""
        if self.choices:
            return {"choices": [*self.choices]}
        number = int if self.whole else float
        return {"low": number(self.low), "high": number(self.high), "log": self.log}


def read_range(experiment: Experiment, path: str, given: Any, where: str) -> Range:
    """Return the range that JSON data tell of the setting at `path`; raise `BadInput` that names what is wrong."""
    declared, here = setting_at(experiment, path, where), f"{where}.{shortened(path)}"
    if not isinstance(given, dict):
        raise BadInput(here, 'a range is {"low": …, "high": …}, or {"choices": […]}')
    numeric = declared.kind in ("integer", "number")
    known = ("choices", "low", "high", "log") if numeric else ("choices",)
    if stray := [key for key in given if key not in known]:
        raise BadInput(f"{here}.{shortened(str(stray[0]))}", f"a range of this setting has {', '.join(known)}")
    if "choices" in given:
        if len(given) > 1:
            raise BadInput(here, "give either choices, or low and high")
        return Range(path, choices=_choices(experiment, declared, path, given["choices"], f"{here}.choices"))
    if not numeric:
        raise BadInput(here, 'give what it may be, as {"choices": […]}')
    return _between(experiment, declared, path, given, here)


def setting_at(experiment: Experiment, path: str, where: str) -> Setting:
    """Return the setting at `path`; raise `BadInput` if there is none, or if it may have no range."""
    section, _, name = path.partition(".")
    here = f"{where}.{shortened(path)}"
    if section not in SECTIONS or not name:
        raise BadInput(here, f"a setting's path begins with one of {', '.join(SECTIONS)}, as in algorithm.inner_lr")
    if name == "name" and section != "training":
        raise BadInput(here, "another plugin has other settings; begin a sweep of each")
    found = {item.name: item for item in experiment.settings(section)}
    if name not in found:
        raise BadInput(here, f"there is no such setting; there are {', '.join(found)}")
    if _decides_tasks(section, name):
        raise BadInput(here, "has no range: trials have to be scored on the same tasks")
    if found[name].kind in NEVER:
        raise BadInput(here, "has no range: it is neither a number nor a choice")
    return found[name]


def may_be_sought(path: str, declared: Setting) -> bool:
    """Return whether the setting at `path` may have a range."""
    section, _, name = path.partition(".")
    return not _decides_tasks(section, name) and declared.kind not in NEVER


def _decides_tasks(section: str, name: str) -> bool:
    return section == "tasks" or (section == "training" and name in SAME)


def _between(experiment: Experiment, declared: Setting, path: str, given: dict[str, Any], here: str) -> Range:
    whole, ends = declared.kind == "integer", list[float]()
    for side in ("low", "high"):
        if side not in given:
            raise BadInput(f"{here}.{side}", "is missing: a range has both ends")
        value = given[side]
        kinds = (int,) if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            raise BadInput(f"{here}.{side}", f"{quoted(value)} is not a {'whole ' if whole else ''}number")
        _allowed(experiment, path, value, f"{here}.{side}")
        if not -COUNTED <= value <= COUNTED:
            raise BadInput(f"{here}.{side}", f"{quoted(value)} is too far out; ±{in_full(COUNTED)} is possible")
        ends.append(value)
    low, high = ends
    if not low < high:
        raise BadInput(here, f"low {in_full(low)} has to be below high {in_full(high)}")
    log = given.get("log", declared.log and low > 0)
    if not isinstance(log, bool):
        raise BadInput(f"{here}.log", f"{quoted(log)} is neither true nor false")
    if log and not low > 0:
        raise BadInput(f"{here}.low", f"{quoted(low)} is not possible with log: that begins above 0")
    return Range(path, low, high, log, whole) if whole else Range(path, float(low), float(high), log)


def _choices(experiment: Experiment, declared: Setting, path: str, given: Any, here: str) -> tuple[Any, ...]:
    if not isinstance(given, list) or not 2 <= len(given) <= MOST_CHOICES:
        raise BadInput(here, f"choices are a list of 2 to {MOST_CHOICES}")
    for choice in given:
        if isinstance(choice, list | dict) or choice is None or (isinstance(choice, float) and math.isnan(choice)):
            raise BadInput(here, f"{quoted(choice)} is not possible here")
        _allowed(experiment, path, choice, here, whole=bool(declared.choices_from))
    if len({(type(choice), choice) for choice in given}) < len(given):
        raise BadInput(here, "nothing may stand there twice")
    return tuple(given)


def _allowed(experiment: Experiment, path: str, value: Any, here: str, *, whole: bool = False) -> None:
    """Raise `BadInput` if the setting cannot have this value; with `whole`, if no experiment like this could."""
    try:
        changed = experiment.with_value(path, value)
        if whole:
            changed.check()
    except BadInput as problem:
        raise BadInput(here, problem.why) from None
