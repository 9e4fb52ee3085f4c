"""`metagen plugins`: everything that is registered, with its settings, for people or as JSON.

The JSON is `{"version": 1, "tasks": […], "model": […], "algorithm": […], "training": [settings], "metric": […],
"health": […], "problems": […], "packages": […]}`. Every plugin is
`{"name", "title", "summary", "reference", "settings": […], "suggests": {…}}`, every setting `{"name", "label", "kind",
"default", "low", "high", "unit", "help", "choices", "choices_from", "log", "live", "expert", "only_if", "symbol",
"formula", "paper"}`. A model has `players`, `groups` and `adapts` as well, which `choices_from` refers to. Metrics and
watchers of a run's health have no settings; a metric has `unit`, `better` and `needs`. A problem is a plugin that could
not be loaded: `{"kind", "name", "package", "why"}`. A package brings plugins of its own: `{"package", "loaded",
"brings": [{"kind", "name"}]}`. Keys may be added; none is taken away or given another meaning under the same version.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from metagen_gui.cli.failures import say
from metagen_gui.cli.terminal.language import marked
from metagen_gui.engine import experiment
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.metrics.base import Metric
from metagen_gui.engine.models.base import GenerativeModel
from metagen_gui.engine.plugins import PLUGINS, foreign_plugins, load_plugins
from metagen_gui.engine.settings.config import Setting, in_full, settings_of
from metagen_gui.engine.training import TrainingSettings

VERSION = 1
SECTIONS = tuple(dict.fromkeys((*experiment.SECTIONS, *PLUGINS)))
"""Everything that is listed, in its order: an experiment's sections, then what looks at its outcome."""


def list_plugins(*, as_json: bool) -> None:
    """Print the plugins on stdout; those that could not be loaded are named on stderr."""
    listed = catalogue()
    if as_json:
        print(json.dumps(listed, indent=2))  # ASCII: any stdout can hold it
    else:
        _print_for_people(listed)
    for problem in load_plugins():
        say(problem.sentence)


def catalogue() -> dict[str, Any]:
    """Return every plugin and its settings as JSON data; the module's docstring describes it."""
    listed: dict[str, Any] = {"version": VERSION}
    for section in SECTIONS:
        if section in PLUGINS:
            listed[section] = [_plugin(section, plugin) for _, plugin in PLUGINS[section].items()]
        else:
            listed[section] = [_setting(item) for item in settings_of(TrainingSettings)]
    problems = load_plugins()
    listed["problems"] = [{key: vars(one)[key] for key in ("kind", "name", "package", "why")} for one in problems]
    foreign = foreign_plugins()
    listed["packages"] = [
        {
            "package": package,
            "loaded": any(one.loaded for one in foreign if one.package == package),
            "brings": [{"kind": one.kind, "name": one.name} for one in foreign if one.package == package],
        }
        for package in dict.fromkeys(one.package for one in foreign)
    ]
    return listed


def _plugin(section: str, plugin: type[Any]) -> dict[str, Any]:
    described: dict[str, Any] = {key: getattr(plugin, key) for key in ("name", "title", "summary", "reference")}
    if hasattr(plugin, "Settings"):
        suggests = dict(plugin.suggests)
        settings = [_setting(_with_suggestion(item, section, suggests)) for item in settings_of(plugin.Settings)]
        described |= {"settings": settings, "suggests": suggests}
    if issubclass(plugin, GenerativeModel):
        adapts = {choice: list(groups) for choice, groups in plugin.adapts.items()}
        described |= {"players": list(plugin.players), "groups": list(plugin.groups), "adapts": adapts}
    if issubclass(plugin, Metric):
        described |= {"unit": plugin.unit, "better": plugin.better, "needs": plugin.needs}
    return described


def _with_suggestion(item: Setting, section: str, suggests: dict[str, Any]) -> Setting:
    """A plugin may suggest a default for what its base class declared."""
    return replace(item, default=suggests.get(f"{section}.{item.name}", item.default))


def _setting(item: Setting) -> dict[str, Any]:
    shown = {name: value for name, value in asdict(item).items() if name != "titles"}  # programs go by names
    return {
        **shown,
        "choices": list(item.choices),
        "only_if": {name: list(values) for name, values in item.only_if.items()},
    }


def _print_for_people(listed: dict[str, Any]) -> None:
    console = Console(highlight=False)
    for section in SECTIONS:
        heading = PLUGINS[section].heading if section in PLUGINS else "Training"
        console.rule(f"[bold]{translated(heading)}[/]", align="left", style="dim")
        if section == "training":
            console.print(_table(listed[section]))
            continue
        for plugin in listed[section]:
            said = marked(f"{plugin['title']}. {plugin['summary']}")
            console.print(f"\n[bold cyan]{escape(plugin['name'])}[/]  {said}")
            if "adapts" in plugin:
                choices, groups = ", ".join(plugin["adapts"]), ", ".join(plugin["groups"])
                console.print(marked(f"What adapts: {choices}; or groups joined by +: {groups}."))
            if "settings" in plugin:
                console.print(_table(plugin["settings"]))
        console.print()
    for package in listed["packages"]:
        names = ", ".join(one["name"] for one in package["brings"])
        how = "" if package["loaded"] else translated(" (switched off)")
        console.print(f"[bold]{escape(package['package'])}[/]{how} {translated('brings')} {escape(names)}")
    last = "Set with --set, as in --set algorithm.inner_lr=0.01. * may change during a run."
    console.print(f"[dim]{marked(last)}[/]")


def _table(settings: Sequence[dict[str, Any]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(translated("setting"), no_wrap=True)
    table.add_column(translated("default"), overflow="fold")
    table.add_column(translated("values"), overflow="fold")
    table.add_column("", ratio=1)
    for item in settings:
        name = f"{item['name']}{' *' if item['live'] else ''}"
        table.add_row(name, escape(_text(item["default"])), marked(_values(item)), marked(item["help"]))
    return table


def _values(item: dict[str, Any]) -> str:
    """Say which values a setting takes."""
    if item["choices"]:
        return ", ".join(item["choices"])
    if item["choices_from"]:
        return f"see {item['choices_from']}"
    if item["kind"] == "flag":
        return "true, false"
    if item["low"] is None and item["high"] is None:
        return str(item["kind"])
    low, high = ("" if bound is None else in_full(bound) for bound in (item["low"], item["high"]))
    return f"{low} … {high} {item['unit']}".strip()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
