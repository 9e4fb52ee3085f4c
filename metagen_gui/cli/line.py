"""The line at the command line: listed for people or as JSON, added to, and what is done to some of it.

The JSON is `{"version": 1, "folder", "runs": [{"id", "state", "name", "tasks", "model", "algorithm", "meta_step",
"meta_steps", "run", "pausing", "retried", "problem", "added", "process", "owner"}]}`, in the order of the line. Keys
may be added; none is taken away or given another meaning under the same version.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from metagen_gui.cli.terminal.language import tell
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.queue.entry import Entry, State
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.settings.plain_text import printable

if TYPE_CHECKING:
    from metagen_gui.engine.experiment import Experiment

VERSION = 1
TOLD = (
    "id", "state", "name", "tasks", "model", "algorithm", "meta_step", "meta_steps", "run", "pausing", "retried",
    "problem", "added", "process", "owner",
)  # fmt: skip
COLOURS: dict[State, str] = {"running": "green", "paused": "yellow", "failed": "red"}


def show_line(*, as_json: bool) -> None:
    """Print the line on stdout."""
    line = Line()
    entries = line.entries()
    if as_json:
        listed = [_as_data(entry) for entry in entries]
        print(json.dumps({"version": VERSION, "folder": str(line.folder), "runs": listed}, indent=2))
    elif entries:
        _print_for_people(entries)
    else:
        tell("Nothing is in line. Put a run there: metagen queue add EXPERIMENT.json")


def add_runs(experiment: Experiment, name: str, times: int, *, as_json: bool) -> None:
    """Put an experiment into the line `times` times, and say what each is called.

    The JSON is `{"version": 1, "added": [ID]}`.
    """
    from metagen_gui.engine.devices import choose_device  # loads torch, which a list needs not
    from metagen_gui.engine.queue.adding import add_experiment

    choose_device(experiment.config("training").device)  # now, not when its turn comes
    added = add_experiment(Line(), experiment, name, times)
    if as_json:
        print(json.dumps({"version": 1, "added": [entry.id for entry in added]}))
        return
    for entry in added:
        print(printable(f"{entry.id}  {entry.name}"))
    tell("In line. They run while the window is open, or by: metagen queue work")


def for_each(what: str, names: Sequence[str] | None, states: Sequence[State]) -> None:
    """Do something to those named, or to all in `states`; raise `BadInput` at the first that it cannot be done to."""
    line = Line()
    for name in names or [entry.id for entry in line.entries() if entry.state in states]:
        getattr(line, what)(name)


def _as_data(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in TOLD}


def _print_for_people(entries: list[Entry]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for heading in ("", "state", "run", "step", "note"):
        table.add_column(translated(heading), overflow="fold")
    for entry in entries:
        again = translated(f"retried {entry.retried} ×") if entry.retried else ""
        asked = translated("is asked to pause") if entry.pausing else ""
        note = "; ".join(filter(None, (again, asked, translated(entry.problem)))) or Path(entry.run).name
        table.add_row(
            escape(printable(entry.id)),
            f"[{COLOURS.get(entry.state, 'default')}]{translated(entry.state)}[/]",
            escape(printable(entry.name)),
            translated(f"{entry.meta_step:,} of {entry.meta_steps:,}"),
            escape(printable(note)),
        )
    Console().print(table)
