"""What is told of a setting and of a plugin, as rich text of our own: whatever comes from a plugin is escaped."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from html import escape
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.settings.formula import as_html
from metagen_gui.gui.form.plugin_picker import linked
from metagen_gui.gui.form.words import facts_of
from metagen_gui.gui.look.theme import colours
from metagen_gui.gui.widgets.formula import typeset

if TYPE_CHECKING:
    from metagen_gui.engine.settings.config import Setting

_CODE = re.compile(r"`([^`]+)`")
"""What stands between these is code; as_html are only formulas."""


def setting_text(setting: Setting, path: str, between_facts: str = "<br>") -> str:
    """Return what a setting is: help, formula, paper, facts, and its path on the command line."""
    parts = [f"<b>{_text(setting.label)}</b>", _text(setting.help)]
    if setting.formula:
        named = _say("{0} in").format(typeset(setting.symbol)) if setting.symbol else _say("Enters")
        parts.append(f"{named}<blockquote>{typeset(setting.formula)}</blockquote>")
    if setting.paper:
        parts.append(_say("Paper: {0}").format(linked(setting.paper)))
    facts = facts_of(setting)
    if not setting.live:
        facts.append(_say("Fixed while a run is going on"))
    parts.append(between_facts.join(_text(fact) for fact in facts))
    parts.append(f'<span style="color: {colours().muted}"><tt>{_text(path)}</tt></span>')
    return "".join(part if "<blockquote>" in part else f"<p>{part}</p>" for part in parts)


def plugin_text(section: str, plugin: type[Any], settings: tuple[Setting, ...]) -> str:
    """Return the page of a plugin: summary, its formulas, what its file says, its source and its settings."""
    return "".join(_page(section, plugin, settings))


def _page(section: str, plugin: type[Any], settings: tuple[Setting, ...]) -> Iterator[str]:
    yield f"<h2>{_text(translated(plugin.title))}</h2><p>{_text(translated(plugin.summary))}</p>"
    if lines := _formulas(plugin):
        yield f"<h3>{_say('One outer step')}</h3><blockquote>{'<br>'.join(lines)}</blockquote>"
    yield f"<h3>{_say('What it does')}</h3>"
    yield from _prose(plugin)
    if plugin.reference:
        yield f"<h3>{_say('Source')}</h3><p>{linked(plugin.reference)}</p>"
    yield f"<h3>{_say('Settings')}</h3>"
    for setting in settings:
        yield setting_text(setting, f"{section}.{setting.name}", " · ") + "<p></p>"


def _formulas(plugin: type[Any]) -> list[str]:
    """Return what an algorithm says of its phases under its own defaults, a line each; nothing of other plugins."""
    if not hasattr(plugin, "formulas"):
        return []
    said, inner = plugin.formulas, [plugin.formulas.inner]
    with suppress(Exception):  # one that cannot be made without a model says it of its class
        algorithm = plugin(plugin.Settings(), None)
        inner = list(dict.fromkeys(algorithm.inner_formula(step) for step in (0, max(0, algorithm.steps - 1))))
    lines = [typeset(line) for line in (said.start, *inner, said.query, said.gradient)]
    return lines + ([_text(translated(said.approximates))] if said.approximates else [])


def paragraphs(plugin: type[Any]) -> Iterator[tuple[str, bool]]:
    """Yield what the file of a plugin, or its class, says of it, and whether that is formulas: those are indented."""
    said = (sys.modules[plugin.__module__].__doc__ if plugin.__module__ in sys.modules else "") or plugin.__doc__ or ""
    first, _, rest = said.partition("\n")
    for paragraph in (first.strip() + "\n" + dedent(rest)).strip().split("\n\n"):
        formulas = all(line.startswith("    ") for line in paragraph.split("\n"))
        yield dedent(paragraph).strip() if formulas else " ".join(paragraph.split()), formulas


def _prose(plugin: type[Any]) -> Iterator[str]:
    for paragraph, formulas in paragraphs(plugin):
        if formulas:
            yield f"<blockquote>{typeset(paragraph)}</blockquote>"
        else:
            parts = _CODE.split(translated(paragraph))  # text and code take turns
            said = (f"<tt>{_text(part)}</tt>" if place % 2 else as_html(part) for place, part in enumerate(parts))
            yield f"<p>{''.join(said)}</p>"


def _text(text: str) -> str:
    return escape(text, quote=False)


def _say(text: str) -> str:
    return QCoreApplication.translate("Teaching", text)
