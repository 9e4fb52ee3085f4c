"""What runs and settings are called where runs are compared: names are made of what differs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from metagen_gui.gui.form.words import plugin_title, setting_at

if TYPE_CHECKING:
    from metagen_gui.engine.events import SettingChanged
    from metagen_gui.engine.settings.config import Setting
    from metagen_gui.engine.store.library import RunEntry
    from metagen_gui.gui.library.comparison.reader import Difference

_MOST_PARTS = 3
_DATED = re.compile(r"\d{4}-?\d{2}-?\d{2}")
"""What the names of runs begin with that nobody named."""


def told_by_name(entries: Sequence[RunEntry], differences: Sequence[Difference]) -> list[Difference]:
    """Return the differences with settings and plugins by the names that the form has for them."""
    return [(_label(entries, path), [_value(entries, path, value) for value in values]) for path, values in differences]


def names_of(entries: Sequence[RunEntry], differences: Sequence[Difference]) -> list[str]:
    """Return a short name for each run: the one that a person gave it, or as much of what differs as tells them apart.

    Where settings do not, as for a run and its copy, the ends of the folders' names do.
    """
    made = ["" for _ in entries]
    used = 0
    for path, values in differences:
        if used < _MOST_PARTS and len(set(made)) < len(made) and all(values):
            label = "" if path.endswith(".name") else f"{_label(entries, path)} "
            longer = [
                f"{name}, {label}{_value(entries, path, value)}" for name, value in zip(made, values, strict=True)
            ]
            if len(set(longer)) > len(set(made)):
                made, used = [name.removeprefix(", ") for name in longer], used + 1
    letters = zip(*(entry.folder.name for entry in entries), strict=False)
    shared = len(list(takewhile(lambda column: len(set(column)) == 1, letters))) if len(entries) > 1 else 0
    named = []
    for entry, name in zip(entries, made, strict=True):
        if not _DATED.match(entry.name) or not name:
            name = " ".join(entry.name.split())
        elif made.count(name) > 1:
            name = f"{name}, {entry.folder.name[shared:]}"
        named.append(name)
    return named


def changes_of(entry: RunEntry, changes: Sequence[SettingChanged]) -> list[tuple[int, str]]:
    """Return the outer steps at which settings were changed, and to what; of one drawn along a slider the last.

    What a clock has decided is left out: a race does so at every look, and the curve does not tell of it.
    """
    told: list[tuple[int, str, str]] = []
    for change in changes:
        if change.by_clock:
            continue
        text = f"{_label([entry], change.path)} {change.value}"
        step = change.meta_step
        if told and told[-1][1] == change.path and step - told[-1][0] <= 0.02 * entry.meta_step:
            step = told.pop()[0]
        told.append((step, change.path, text))
    return [(step, text) for step, _, text in told]


def _label(entries: Sequence[RunEntry], path: str) -> str:
    """Return what the form calls a setting of these runs; its path, if none of their plugins has it."""
    section, _, name = path.partition(".")
    setting = _setting(entries, path)
    return section.capitalize() if name == "name" else setting.label if setting else path


def _value(entries: Sequence[RunEntry], path: str, value: str) -> str:
    section, _, name = path.partition(".")
    setting = _setting(entries, path)
    if name == "name":
        return plugin_title(section, value, value)
    return setting.called(value) if setting and value in setting.choices else value


def _setting(entries: Sequence[RunEntry], path: str) -> Setting | None:
    from metagen_gui.engine.experiment import Experiment

    for entry in entries:
        if all(plugin_title(kind, getattr(entry, kind), "") for kind in ("tasks", "model", "algorithm")):
            experiment = Experiment(tasks=entry.tasks, model=entry.model, algorithm=entry.algorithm)
            if (setting := setting_at(experiment, path)) is not None:
                return setting
    return None
