"""`metagen queue work`: starts what waits in line, and tells what comes of it."""

from __future__ import annotations

import time
from collections.abc import Mapping

from metagen_gui.cli.failures import say
from metagen_gui.cli.terminal.language import tell
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.queue.entry import Entry
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.queue.worker import Worker
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import printable
from metagen_gui.engine.store.lock import RunLock

INTERVAL = 1.0
"""Seconds between looks at the line."""


def work_off(at_once: int | None, *, stay: bool) -> None:
    """Start what waits until nothing waits or runs any more; with `stay`, wait for more."""
    worker, before = Worker(Line(), at_once), dict[str, Entry]()
    try:
        while True:
            entries = {entry.id: entry for entry in worker.look()}
            _tell(before, entries)
            if not stay and not any(entry.state in ("waiting", "running") for entry in entries.values()):
                break
            before = entries
            time.sleep(INTERVAL)
    except KeyboardInterrupt:
        going = sum(entry.state == "running" for entry in before.values())
        if going:
            say(f"runs that go on: {going}; `metagen queue pause` saves and ends them")
        raise
    failed = sum(entry.state == "failed" for entry in entries.values())
    tell(
        f"Nothing is left to be done; {failed} failed, see metagen queue." if failed else "Nothing is left to be done."
    )


def work_alone() -> None:
    """Start what waits until nothing is left, for those who have sent runs here; end at once if another does so."""
    line = Line()
    try:
        lock = RunLock(line.folder)
    except BadInput:
        return
    try:
        work_off(None, stay=False)
    finally:
        lock.release()


def _tell(before: Mapping[str, Entry], now: Mapping[str, Entry]) -> None:
    for name, entry in now.items():
        was = before.get(name)
        if (was and was.state != entry.state) or (was is None and entry.state == "running"):
            why = f": {translated(entry.problem)}" if entry.problem else ""
            print(printable(f"{name} {translated(entry.state)}: {entry.name}{why}"), flush=True)
