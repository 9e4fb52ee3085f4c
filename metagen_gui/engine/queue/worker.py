"""A worker: whoever is there, a window or a command, that starts what waits and notices what has died.

Any number of workers share a line. Each run is a process of its own, which outlives the worker that started it.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from metagen_gui.engine.processors import cores, threads
from metagen_gui.engine.queue.entry import Entry
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.queue.process import start_process
from metagen_gui.engine.store.lock import is_held
from metagen_gui.engine.store.names import make_run_folder

COMING_UP = 60.0
"""Seconds that a process may take, which another worker has started, until it says that it is there."""


class Process(Protocol):
    """What a worker knows of a process that it has started, as of `subprocess.Popen`."""

    pid: int

    def poll(self) -> int | None:
        """Return its exit status, None while it lives."""


Start = Callable[[Entry, int], Process]


def most_at_once() -> int:
    """Return how many runs there are cores for, each with as many threads as it has by itself."""
    return max(1, cores() // threads())


class Worker:
    """Starts what waits in a line, up to `at_once` runs together; `occupied` tells of others that use the machine."""

    def __init__(
        self,
        line: Line,
        at_once: int | None = None,
        start: Start = start_process,
        occupied: Callable[[], int] = int,
    ) -> None:
        self.line, self.at_once = line, at_once or most_at_once()
        self._start, self._occupied = start, occupied
        self._own: dict[str, Process] = {}
        """The processes that this worker has started, by their claims."""

    def look(self, *, starting: bool = True) -> list[Entry]:
        """Put back what has died, start what may be started, and return the line as it stands."""
        with self.line.held():
            checked = [self._checked(entry) for entry in self.line.entries()]
            entries = [entry for entry in checked if entry.state == "running" or not entry.leaving]
            going = [entry for entry in entries if entry.state == "running"]
            self._own = {claim: process for claim, process in self._own.items() if process.poll() is None}
            for place, entry in enumerate(entries if starting and not self.line.is_kept_quiet() else ()):
                if entry.state != "waiting" or (entry.run and is_held(Path(entry.run))):
                    continue  # the latter is gone on with elsewhere, as in a window
                beside = [one for one in going if not (entry.together and one.owner == entry.owner)]
                if len(beside) + self._occupied() >= self.at_once or not has_room(entry, going):
                    break  # nothing overtakes: what needs much would never have its turn
                entries[place] = begun = self._begin(entry)
                going += [begun] if begun.state == "running" else []
            return entries

    def is_left(self) -> bool:
        """Return whether none of the processes that it has started is about to end, its run being out of the line."""
        going = {entry.claim for entry in self.line.entries() if entry.state == "running"}
        return all(claim in going or process.poll() is not None for claim, process in self._own.items())

    def _begin(self, entry: Entry) -> Entry:
        """Claim a run and start its process; killed between the two, the claim is found without a process."""
        what = f"{entry.algorithm}-{entry.model}-{entry.tasks}"
        try:
            run = entry.run or str(make_run_folder(what))
            claim = {"claim": secrets.token_hex(8), "claimed": time.time(), "process": 0}
            entry = self.line.change(entry, state="running", run=run, pausing=False, **claim)
            process = self._start(entry, self.at_once)
        except OSError as error:
            return self.line.settle(entry, f"its process could not be started: {error.strerror or error}")
        self._own[entry.claim] = process
        return self.line.change(entry, process=process.pid)

    def _checked(self, entry: Entry) -> Entry:
        if entry.owner and entry.state != "running" and not Path(entry.owner).is_dir():  # it was thrown away
            return self.line.settle(entry.model_copy(update={"leaving": True}))
        if entry.state != "running" or is_held(entry.folder) or self._comes_up(entry):
            return entry
        return self.line.settle(entry, died=True)

    def _comes_up(self, entry: Entry) -> bool:
        """Return whether the process of an entry is alive and has yet to take it."""
        own = self._own.get(entry.claim)
        if own is not None:
            return own.poll() is None
        return _lives(entry.process) and 0 <= time.time() - entry.claimed < COMING_UP


def has_room(entry: Entry, beside: list[Entry]) -> bool:
    """Return whether what an entry is known to need fits in beside others; nothing is known before it was tried."""
    others = sum(one.needs for one in beside if one.device == entry.device)
    return not entry.room or not others or entry.needs + others <= entry.room


def _lives(process: int) -> bool:
    """Return whether there is a process of this number; assumed where the system has no harmless way to ask."""
    if os.name != "posix" or process <= 0:
        return process > 0
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True
