"""Processes that cost nothing: they take their entry, get as far as a test wants, and end or are killed."""

from __future__ import annotations

import itertools
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from metagen_gui.engine.queue.entry import Entry
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.queue.turn import Turn, taken
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.record import RunRecord, State, write_record

DOCUMENT: dict[str, Any] = {
    "tasks": {"name": "kites"},
    "model": {"name": "vae"},
    "algorithm": {"name": "maml"},
    "training": {"meta_steps": 3},
}
numbers = itertools.count(2**30)  # no system has processes of such numbers


class _Mute(Line):
    """A line to which nobody says how a run has ended: what a killed process leaves."""

    killed = False

    def settle(self, entry: Entry, problem: str = "", *, died: bool = False) -> Entry:
        return entry if self.killed else super().settle(entry, problem, died=died)


class StandIn:
    """Stands in for the process of a run."""

    def __init__(self, entry: Entry, at_once: int = 1) -> None:
        self.entry, self.pid = entry, next(numbers)
        self.status: int | None = None
        self._line = _Mute(entry.folder.parent)
        self._held: AbstractContextManager[Turn] | None = None

    def poll(self) -> int | None:
        return self.status

    @property
    def up(self) -> bool:
        return self._held is not None

    def come_up(self) -> None:
        """Take the entry, or end with `BadInput` since it is not meant."""
        held = taken(self._line, self.entry.id, self.entry.claim)
        try:
            held.__enter__()
        except BadInput:
            self.status = 2
            raise
        self._held = held

    def note(self, state: State) -> None:
        """Let the run's own record say how it stands."""
        Path(self.entry.run).mkdir(parents=True, exist_ok=True)
        write_record(Path(self.entry.run), RunRecord(state=state))

    def end(self, error: BaseException | None = None) -> None:
        """End, and say so."""
        held, self._held = self._held, None
        self.status = 0 if error is None else 1
        if held is not None:
            held.__exit__(type(error) if error else None, error, None)

    def kill(self) -> None:
        """End as by kill -9: the system takes the locks back, and nobody has said anything."""
        self._line.killed = True
        self.end(SystemExit())
        self.status = -9
