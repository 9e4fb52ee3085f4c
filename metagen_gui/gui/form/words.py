"""What is said about a setting: its tooltip, its range, its default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QCoreApplication

from metagen_gui.engine.languages.spoken import named, translated
from metagen_gui.gui.form.numbers.text import show_integer, show_number

if TYPE_CHECKING:
    from metagen_gui.engine.experiment import Experiment, Section
    from metagen_gui.engine.settings.config import Setting


def show_value(setting: Setting, value: Any) -> str:
    """Return a value of `setting` as text, with its unit."""
    match value:
        case bool():
            return _say("on") if value else _say("off")
        case int():
            text = show_integer(value)
        case float():
            text = show_number(value)
        case Mapping():
            rates = ", ".join(f"{group} {show_number(rate)}" for group, rate in value.items())
            return rates or _say("the model's own")
        case _:
            text = setting.called(value) if setting.kind == "choice" else str(value) or _say("none")
    return f"{text} {setting.unit}".rstrip()


def in_words(setting: Setting) -> Setting:
    """Return a setting as the person is to read it: what it says of itself in their language."""
    titles = {choice: named(setting.called(choice)) for choice in setting.choices}
    label, says, unit = translated(setting.label), translated(setting.help), translated(setting.unit)
    return replace(setting, label=label, help=says, unit=unit, titles=titles)


def setting_at(experiment: Experiment, path: str) -> Setting | None:
    """Return the setting at `path`, None if this experiment has none."""
    section, _, name = path.partition(".")
    try:
        settings = experiment.settings(cast("Section", section))
    except KeyError:  # no such section: the path is from a checkpoint that somebody else wrote
        return None
    return next((in_words(item) for item in settings if item.name == name), None)


def plugin_title(section: str, name: str, otherwise: str) -> str:
    """Return what the plugin registered as `name` is called; `otherwise` if there is none."""
    from metagen_gui.engine.experiment import REGISTRIES

    registry = REGISTRIES.get(cast("Section", section))
    return translated(str(registry.get(name).title)) if registry is not None and name in registry.names() else otherwise


def said_of(experiment: Experiment, path: str, value: Any) -> str:
    """Return that a setting holds `value`, as `Inner rate 0.037`; a setting that is not there goes by its path."""
    setting = setting_at(experiment, path)
    return f"{setting.label} {show_value(setting, value)}" if setting else f"{path} {value}"


def range_of(setting: Setting) -> str:
    """Return the range of a number in words, empty if it has none."""
    if setting.kind not in ("integer", "number"):
        return ""
    low, high = (None if end is None else _end(setting, end) for end in (setting.low, setting.high))
    if low is not None and high is not None:
        return _say("{0} to {1}").format(low, high)
    if low is not None:
        return _say("{0} or more").format(low)
    return _say("{0} or less").format(high) if high is not None else ""


def facts_of(setting: Setting) -> list[str]:
    """Return the short facts about a setting: range, unit, default, whether it may change during a run."""
    span = range_of(setting)
    facts = [_say("Range: {0}").format(f"{span} {setting.unit}".rstrip())] if span else []
    if setting.unit and not span:
        facts.append(_say("Unit: {0}").format(setting.unit))
    facts.append(_say("Default: {0}").format(show_value(setting, setting.default)))
    if setting.live:
        facts.append(_say("May change during a run"))
    return facts


def tooltip_of(setting: Setting, path: str, note: str = "") -> str:
    """Return the tooltip of a row: help, facts, its path on the command line, and a note such as why it is disabled."""
    facts = "<br>".join(escape(fact) for fact in facts_of(setting))
    extra = f"<p><i>{escape(note)}</i></p>" if note else ""
    return (
        f"<p><b>{escape(setting.label)}</b></p><p>{escape(setting.help)}</p><p>{facts}</p>{extra}<p><tt>{path}</tt></p>"
    )


def description_of(setting: Setting) -> str:
    """Return the same in one line, for those who hear the form."""
    return " ".join([setting.help, *(f"{fact}." for fact in facts_of(setting))])


def condition_of(setting: Setting, others: Mapping[str, Setting]) -> str:
    """Say when a conditional setting has an effect; `others` are the settings of its group, by name."""
    parts = [
        _say("{0} is {1}").format(others[name].label, _any_of(others[name], values))
        for name, values in setting.only_if.items()
        if name in others
    ]
    return _say("Has an effect only while {0}.").format(_say(" and ").join(parts))


def _any_of(setting: Setting, values: Sequence[Any]) -> str:
    first = values[0]
    if len(values) > 2 and isinstance(first, int) and list(values) == [*range(first, first + len(values))]:
        return _say("{0} to {1}").format(first, values[-1])
    return _say(" or ").join(_choice(setting, value) for value in values)


def _choice(setting: Setting, value: Any) -> str:
    if isinstance(value, bool):
        return _say("on") if value else _say("off")
    return setting.called(value)


def _end(setting: Setting, end: float) -> str:
    return show_integer(int(end)) if setting.kind == "integer" or end == int(end) else show_number(end)


def _say(text: str) -> str:
    return QCoreApplication.translate("SettingWords", text)
