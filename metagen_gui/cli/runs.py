"""`metagen runs`: the runs there are and how each stands, for people or as JSON.

The JSON is `{"version": 1, "folder", "runs": [{"folder", "name", "state", "tasks", "model", "algorithm", "meta_step",
"meta_steps", "best", "best_step", "seconds", "began", "note", "parent", "problem", "resumable", "host"}]}`, the newest
first.
Keys may be added; none is taken away or given another meaning under the same version.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from metagen_gui.cli.terminal.figures import duration, figure
from metagen_gui.cli.terminal.language import tell
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import printable
from metagen_gui.engine.store.library import RunEntry, list_runs
from metagen_gui.engine.store.names import runs_folder

VERSION = 1
COLOURS = {"running": "green", "interrupted": "yellow", "failed": "red", "unreadable": "red"}


def show_runs(folder: Path | None, *, as_json: bool) -> None:
    """Print the runs in `folder`, by default where runs live, on stdout."""
    root = folder or runs_folder()
    if folder is not None and not folder.is_dir():
        raise BadInput(str(folder), "there is no such folder")
    entries = list_runs(root)
    if as_json:
        listed = [_as_data(entry) for entry in entries]
        print(json.dumps({"version": VERSION, "folder": str(root), "runs": listed}, indent=2))
    elif entries:
        _print_for_people(entries)
        tell(f"In {root}. Go on with one: metagen train --resume FOLDER")
    else:
        tell(f"There are no runs in {root}.")


def _as_data(entry: RunEntry) -> dict[str, Any]:
    finite = entry.best is not None and math.isfinite(entry.best)
    return {**asdict(entry), "folder": str(entry.folder), "best": entry.best if finite else None}


def _print_for_people(entries: list[RunEntry]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for heading in ("run", "state", "what", "best validation", "time", "note"):
        table.add_column(translated(heading), overflow="fold")
    for entry in entries:
        best = "–" if entry.best is None else translated(f"{figure(entry.best)} at step {entry.best_step:,}")
        state = f"[{COLOURS.get(entry.state, 'default')}]{translated(entry.state)}[/]"
        steps = translated(f"\nstep {entry.meta_step:,} of {entry.meta_steps:,}") if entry.meta_steps else ""
        began = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.began)) if entry.began else "–"
        note = entry.note or translated(entry.problem or (f"from {entry.parent}" if entry.parent else ""))
        table.add_row(
            _text(entry.name),
            state + steps,
            _text(" · ".join(translated(part) for part in (entry.algorithm, entry.model, entry.tasks) if part)),
            best,
            f"{began}\n{duration(entry.seconds)}",
            _text(note),
        )
    Console().print(table)


def _text(value: str) -> str:
    """Return text that a person or a file gave so that it cannot steer the terminal."""
    return escape(printable(value))
