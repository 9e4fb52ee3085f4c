"""How a run is told in a line of the Runs panel: its columns, the words and icons of its states, its date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from metagen_gui.gui.form.words import plugin_title
from metagen_gui.gui.plots.scale import format_number
from metagen_gui.gui.widgets.amounts import duration

if TYPE_CHECKING:
    from metagen_gui.engine.store.library import RunEntry


def _(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("Runs", text))


def translated(text: str) -> str:
    """Return a text of the Runs panel in the person's language."""
    return QCoreApplication.translate("Runs", text)


@dataclass(frozen=True)
class StateLook:
    """A state in a word, an icon of a shape of its own, a sentence, and the name of its colour in `Colours`."""

    word: str
    icon: str
    tip: str
    colour: str


STATES: Mapping[str, StateLook] = {
    "running": StateLook(_("running"), "mdi6.play-circle-outline", _("Is being trained at this moment"), "link"),
    "interrupted": StateLook(_("interrupted"), "mdi6.alert-outline", _("Its program ended unexpectedly"), "warning"),
    "stopped": StateLook(_("stopped"), "mdi6.pause-circle-outline", _("Was ended before its last step"), "muted"),
    "finished": StateLook(_("finished"), "mdi6.check-circle-outline", _("Has taken all its steps"), "good"),
    "failed": StateLook(_("failed"), "mdi6.close-circle-outline", _("Could not go on"), "error"),
    "unreadable": StateLook(_("unreadable"), "mdi6.file-question-outline", _("Cannot be read"), "error"),
}


@dataclass(frozen=True)
class RunColumn:
    """A column of the table: its title, what stands in it, and by what it is sorted (None: at the end, always)."""

    name: str
    title: str
    tip: str
    text: Callable[[RunEntry], str]
    order: Callable[[RunEntry], str | float | None]
    figures: bool = False
    editable: bool = False


def run_date(seconds: float) -> str:
    """Return when a run began, in the local time, as `2026-05-03 14:07`; "" if that is not known."""
    try:
        return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M") if seconds > 0 else ""
    except (OSError, OverflowError, ValueError):  # a date that no calendar has: somebody's edit
        return ""


def run_steps(entry: RunEntry) -> str:
    """Return `1,240 / 8,000`."""
    return f"{entry.meta_step:,} / {entry.meta_steps:,}" if entry.meta_steps else ""


def run_tip(entry: RunEntry) -> str:
    """Return what does not fit into a line: state, folder, parent, problem."""
    look = STATES[entry.state]
    lines = [entry.name, f"{translated(look.word)}: {translated(look.tip)}", str(entry.folder)]
    if entry.host:
        lines.append(translated("Goes on at {host}").format(host=entry.host))
    if entry.parent:
        folder, _at, step = entry.parent.rpartition("@")
        lines.append(translated("Started from {run} at step {step}").format(run=folder, step=step))
    return "\n".join([*lines, *filter(None, (entry.problem, entry.note))])


def _best(entry: RunEntry) -> str:
    return "" if entry.best is None else format_number(entry.best, 4)


def _title_of(section: str) -> Callable[[RunEntry], str]:
    """Return what tells the title of a run's plugin, which may be of a package that is not here."""

    def title(entry: RunEntry) -> str:
        name = getattr(entry, section)
        return plugin_title(section, name, name)

    return title


COLUMNS: tuple[RunColumn, ...] = (
    RunColumn(
        "name",
        _("Name"),
        _("What the run is called; double click to rename it"),
        lambda entry: " ".join(entry.name.split()),
        lambda entry: entry.name.casefold(),
        editable=True,
    ),
    RunColumn(
        "state",
        _("State"),
        _("How the run stands"),
        lambda entry: translated(STATES[entry.state].word),
        lambda entry: list(STATES).index(entry.state),
    ),
    RunColumn("algorithm", _("Algorithm"), _("How it learns"), _title_of("algorithm"), _title_of("algorithm")),
    RunColumn("model", _("Model"), _("What generates"), _title_of("model"), _title_of("model")),
    RunColumn("tasks", _("Tasks"), _("What it learns from"), _title_of("tasks"), _title_of("tasks")),
    RunColumn(
        "best",
        _("Best loss"),
        _("The lowest validation loss after adaptation (for a GAN the lowest distance of its samples)"),
        _best,
        lambda entry: entry.best,
        figures=True,
    ),
    RunColumn(
        "steps", _("Steps"), _("Outer steps taken and planned"), run_steps, lambda entry: entry.meta_step, figures=True
    ),
    RunColumn(
        "time",
        _("Time"),
        _("How long it was trained"),
        lambda entry: duration(entry.seconds) if entry.seconds else "",
        lambda entry: entry.seconds or None,
        figures=True,
    ),
    RunColumn(
        "date", _("Date"), _("When it began"), lambda entry: run_date(entry.began), lambda entry: entry.began or None
    ),
    RunColumn(
        "note",
        _("Note"),
        _("What you want to remember of it; double click to write"),
        lambda entry: " ".join(entry.note.split()),
        lambda entry: entry.note.casefold() or None,
        editable=True,
    ),
)
PLACES: Mapping[str, int] = {column.name: place for place, column in enumerate(COLUMNS)}
