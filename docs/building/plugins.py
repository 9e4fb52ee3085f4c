"""A page for every plugin that comes along, of what the plugin itself declares; and one for the settings of a run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from building.markdown import formula, line, prose
from metagen_gui.cli.plugins import catalogue
from metagen_gui.engine.plugins import PLUGINS
from metagen_gui.engine.settings.config import in_full

TITLES = {
    "algorithm": ("Algorithms", "How the initialization is learned, and how it adapts."),
    "model": ("Models", "What generates: their losses, what of them adapts, what they can tell of their likelihood."),
    "tasks": ("Task families", "Where tasks come from: drawn by the program, or read from files of yours."),
    "metric": ("Metrics", "How samples are measured. Each page says which way its figure errs, and how far."),
    "health": ("Health checks", "What goes wrong in runs, and how that is told from what a run reports."),
}


def plugin_pages() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every page."""
    listed = catalogue()
    for kind, (title, summary) in TITLES.items():
        ours = [plugin for plugin in listed[kind] if _class(kind, plugin).__module__.startswith("metagen_gui.")]
        yield f"{kind}/index.md", _index(title, summary, ours)
        for plugin in ours:
            yield f"{kind}/{plugin['name']}.md", "\n".join(_page(kind, plugin))
    yield "training.md", "\n".join(_training(listed["training"]))


def _class(kind: str, plugin: dict[str, Any]) -> type[Any]:
    return PLUGINS[kind].get(plugin["name"])


def _index(title: str, summary: str, plugins: list[dict[str, Any]]) -> str:
    rows = "\n".join(
        f"| [{line(one['title'])}]({one['name']}.md) | `{one['name']}` | {line(one['summary'])} |" for one in plugins
    )
    names = "\n".join(one["name"] for one in plugins)
    table = f"| | name | |\n|---|---|---|\n{rows}"
    return f"# {title}\n\n{summary}\n\n{table}\n\n```{{toctree}}\n:hidden:\n\n{names}\n```\n"


def _page(kind: str, plugin: dict[str, Any]) -> Iterator[str]:
    made = _class(kind, plugin)
    yield f"# {line(plugin['title'])}\n"
    yield f"{line(plugin['summary'])}\n"
    yield f"{' · '.join(_facts(kind, plugin))}\n"
    if lines := _outer_step(made):
        yield "## One outer step\n"
        yield formula("\n".join(lines))
        if made.formulas.approximates:
            yield f"{line(made.formulas.approximates)}\n"
    yield "## What it does\n"
    yield from prose((sys.modules[made.__module__].__doc__ or "") or made.__doc__ or "")
    if plugin["reference"]:
        yield f"## Source\n\n{line(plugin['reference'])}\n"
    yield from _parts(plugin)
    if plugin.get("settings"):
        yield "## Settings\n"
        for item in plugin["settings"]:
            yield from _setting(kind, item, "###")


def _facts(kind: str, plugin: dict[str, Any]) -> Iterator[str]:
    place = f"--set {kind}.name={plugin['name']}" if "settings" in plugin else plugin["name"]
    yield f"`{place}`"
    if better := plugin.get("better"):
        yield {"lower": "the lower the better", "higher": "the higher the better"}.get(better, f"{better} is best")
    if plugin.get("unit"):
        yield f"in {line(plugin['unit'])}"
    if plugin.get("needs"):
        yield f"needs {plugin['needs']}"


def _outer_step(made: type[Any]) -> list[str]:
    """Return what an algorithm says of its phases under its own defaults, a line each; nothing of other plugins."""
    if not hasattr(made, "formulas"):
        return []
    inner = [made.formulas.inner]
    with suppress(Exception):  # one that cannot be made without a model says it of its class
        algorithm = made(made.Settings(), None)
        inner = list(dict.fromkeys(algorithm.inner_formula(step) for step in (0, max(0, algorithm.steps - 1))))
    return [made.formulas.start, *inner, made.formulas.query, made.formulas.gradient]


def _parts(plugin: dict[str, Any]) -> Iterator[str]:
    if "adapts" in plugin:
        yield "## Players, and what adapts\n"
        yield f"Players: {', '.join(f'`{one}`' for one in plugin['players'])}.\n"
        yield "| `algorithm.adapts` | groups of parameters |\n|---|---|"
        for choice, groups in plugin["adapts"].items():
            yield f"| `{choice}` | {', '.join(f'`{one}`' for one in groups)} |"
        yield ""
    if plugin.get("suggests"):
        told = ", ".join(f"`{path}={value}`" for path, value in plugin["suggests"].items())
        yield f"Unless a person sets them, it brings along {told}.\n"


def _training(settings: list[dict[str, Any]]) -> Iterator[str]:
    yield "# Training\n"
    yield "The settings of a run that belong to no plugin: how long, how many, how fast, where.\n"
    for item in settings:
        yield from _setting("training", item, "##")


def _setting(section: str, item: dict[str, Any], level: str) -> Iterator[str]:
    yield f"{level} {line(item['label'])}\n"
    yield f"`{section}.{item['name']}`: {line(item['help'])}\n"
    if item["formula"]:
        yield f"{line(item['symbol'])} in\n" if item["symbol"] else "Enters\n"
        yield formula(item["formula"])
    if item["paper"]:
        yield f"Paper: {line(item['paper'])}\n"
    yield f"{' · '.join(_about(item))}\n"


def _about(item: dict[str, Any]) -> Iterator[str]:
    default = item["default"]
    shown = {True: "true", False: "false", "": "none"}.get(default) if isinstance(default, bool | str) else None
    yield f"Default: `{shown or default or ('the model’s own' if default == {} else default)}`"
    if item["choices"]:
        yield "One of " + ", ".join(f"`{choice}`" for choice in item["choices"])
    elif item["choices_from"]:
        yield f"The names come from `{item['choices_from']}`"
    low, high = (None if end is None else in_full(end) for end in (item["low"], item["high"]))
    if low is not None or high is not None:
        span = f"{low} or more" if high is None else f"{high} or less" if low is None else f"{low} to {high}"
        yield f"Range: {span} {item['unit']}".rstrip()
    elif item["unit"]:
        yield f"Unit: {item['unit']}"
    if item["only_if"]:
        told = (f"`{name}` is {' or '.join(f'`{one}`' for one in values)}" for name, values in item["only_if"].items())
        yield f"Only while {' and '.join(told)}"
    yield "May change during a run" if item["live"] else "Fixed during a run"
    if item["expert"]:
        yield "Expert setting"
