"""Runs that something puts in line for a purpose of its own, as a test of claims: put there, followed, taken out again.

Whose they are is told by the folder of whatever owns them, which one process holds at a time. A person sees them in the
line like any others, and may move, pause and remove them.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.queue.entry import Entry
from metagen_gui.engine.queue.worker import Worker
from metagen_gui.engine.settings.bad_input import BadInput

PATIENCE = 60.0
"""Seconds to wait for runs that save and end; what takes longer leaves the line by itself."""
BETWEEN = 0.1


class Owned:
    """The runs in a worker's line that belong to `owner`, by their folders."""

    def __init__(self, worker: Worker, owner: Path) -> None:
        self.worker, self.line, self.owner = worker, worker.line, str(owner.absolute())

    def entries(self) -> dict[Path, Entry]:
        """Return what is in line of them, as it stands."""
        return {Path(entry.run): entry for entry in self.line.entries() if entry.owner == self.owner}

    def look(self) -> dict[Path, Entry]:
        """Let the worker start what may be started, theirs or others', and return what is in line of them."""
        return {Path(entry.run): entry for entry in self.worker.look() if entry.owner == self.owner}

    def put(self, experiment: Experiment, run: Path, name: str, **more: Any) -> None:
        """Let the run in the folder `run` be begun, or gone on with, when its turn comes.

        One that is in line from before, since whoever put it there was killed, keeps its place.
        """
        run = run.absolute()
        with self.line.held():
            there = self.entries().get(run)
            if there is not None and not there.over:
                rest = {"state": "waiting"} if there.state == "paused" else {}
                self.line.change(there, pausing=False, enough=False, leaving=False, **rest)
                return
        self.take_out(run)
        document, text = experiment.document(complete=True), experiment.to_json(complete=True)
        self.line.add(document, text, name, run, owner=self.owner, **more)

    def take_out(self, run: Path) -> None:
        """Take a run out of the line; one that goes on is asked to save and end, and goes when it has."""
        if (entry := self.entries().get(run.absolute())) is not None:
            with suppress(BadInput):  # a person was quicker
                self.line.take_out(entry.id)

    def withdraw(self) -> None:
        """Take all of them out; what runs saves first, and is waited for."""
        for run in self.entries():
            self.take_out(run)
        end = time.monotonic() + PATIENCE
        while not (self.worker.is_left() and not self.entries()) and time.monotonic() < end:
            self.worker.look(starting=False)  # it may have died
            self.wait(BETWEEN)

    def wait(self, seconds: float) -> None:
        """Let `seconds` pass."""
        time.sleep(seconds)
