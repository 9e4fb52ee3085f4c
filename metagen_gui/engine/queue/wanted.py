"""Runs in line that are wanted to their end, as those of a test of claims or of a race, and looked after until then.

Whoever wants them is a worker of the line as well, so that they go on where nobody else is one.
"""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from metagen_gui.engine.events import RunBroken, resumed_at
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.queue.entry import Entry
from metagen_gui.engine.queue.owned import Owned
from metagen_gui.engine.queue.worker import Worker
from metagen_gui.engine.store.changes import read_notices
from metagen_gui.engine.store.metrics_file import last_step
from metagen_gui.engine.store.names import METRICS, is_run_folder
from metagen_gui.engine.store.record import RunRecord, read_record
from metagen_gui.engine.store.trash import throw_away_unbegun

Measured = TypeVar("Measured")
BETWEEN = 0.5
"""Seconds between looks at the line."""


@dataclass(frozen=True)
class Run:
    """A run that is wanted: its folder, what a person knows it by, and its outer steps."""

    path: Path
    title: str
    steps: int


class Wanted:
    """The runs of one owner that have been asked for and are not over."""

    def __init__(self, worker: Worker, owner: Path) -> None:
        self._owned = Owned(worker, owner)
        self.going: dict[str, Run] = {}
        """What is not over, by the names of the runs' folders."""
        self.records: dict[str, RunRecord | None] = {}
        """How the runs stood when they were looked at last, those included that are over."""
        self.reached: dict[str, tuple[int, int]] = {}
        """The outer steps that those have taken which have begun, and how many they are to take."""
        self._over = 0
        self._held_up: dict[str, str] = {}
        self._resumed: set[str] = set()
        self._known: dict[str, set[str]] = {}
        """Notices of a run that have been passed on, or are from before."""
        self._looked = 0.0

    # -- before ------------------------------------------------------------------------------------------------------

    def alone(self, measuring: Generator[str, None, Measured]) -> Generator[str, None, Measured]:
        """Return what `measuring` does while nothing runs in the line, beside which it would measure otherwise.

        Yields what goes on, in words.
        """
        while True:
            with self._owned.line.alone() as alone:
                while alone and (going := self._running()):
                    yield f"Waiting for runs in the queue to end ({going}): steps are timed alone"
                    self.wait()
                if alone:
                    return (yield from measuring)
            yield "Waiting until steps of something else have been timed"
            self.wait()

    def _running(self) -> int:
        return sum(entry.state == "running" for entry in self._owned.worker.look(starting=False))

    def put(self, experiment: Experiment, path: Path, title: str, name: str, **more: Any) -> Iterator[str]:
        """Put a run in line, as `name`, that has not taken its steps, nor diverged; yield what a person should know.

        One that failed of anything else, as of a full disk, is gone on with: what it had learned by then says nothing.
        """
        self.records[path.name] = record = read_record(path)
        if over(record):
            self._owned.take_out(path)
            self._over += 1
            return
        unheld = path.absolute() not in self._owned.entries()
        if unheld and is_run_folder(path) and throw_away_unbegun(path, title):
            yield f"{title}: ended before its first checkpoint; it is begun anew, the rest is in the trash"
        self._resumed |= {path.name} if is_run_folder(path) else set()
        self._known[path.name] = {text for text, _ in read_notices(path)}
        self.going[path.name] = Run(path, title, int(experiment.config("training").meta_steps))
        self._owned.put(experiment, path, name, **more)

    # -- meanwhile ---------------------------------------------------------------------------------------------------

    def look(self) -> Iterator[str]:
        """Look at the line, unless that was a moment ago; yield what a person should know of runs.

        Raises `RunBroken` where one cannot go on for another reason than having diverged.
        """
        if time.monotonic() - self._looked < BETWEEN:
            return
        there, self._looked = self._owned.look(), time.monotonic()
        for name, run in [*self.going.items()]:
            entry = there.get(run.path.absolute())
            self.records[name] = record = read_record(run.path)
            yield from self._noticed(run)
            if over(record) and (entry is None or entry.state != "running"):
                self._owned.take_out(run.path)
                del self.going[name]
                self._over += 1
            elif entry is not None and entry.state == "failed":
                raise RunBroken(f"{run.title}: {entry.problem}")
            elif why := _why_held_up(entry):
                if self._held_up.get(name) != why:
                    yield f"{run.title}: {why}"
                self._held_up[name] = why
            elif entry is not None:
                self._held_up.pop(name, None)
                if entry.state == "running":
                    known, metrics = record or RunRecord(), last_step(run.path / METRICS)
                    self.reached[name] = max(known.meta_step, metrics), known.meta_steps or run.steps

    def share(self, name: str) -> float:
        """Return how far a run is, 0 to 1, by the name of its folder; 0 before it has begun."""
        step, steps = self.reached.get(name, (0, 1))
        return step / steps

    def ended(self) -> int:
        """Return how many have ended since this was last asked."""
        over, self._over = self._over, 0
        return over

    def check(self) -> None:
        """Raise `RunBroken` if nothing is left but what a person holds up in the line."""
        if self.going and set(self.going) <= set(self._held_up):
            name, run = next(iter(self.going.items()))
            raise RunBroken(f"{run.title}: {self._held_up[name]}; nothing else is left to be done")

    def texts(self) -> list[str]:
        """Return what goes on, in words."""
        told = [
            f"{run.title}: outer step {self.reached[name][0]:,} of {self.reached[name][1]:,}"
            for name, run in self.going.items()
            if name in self.reached and name not in self._held_up
        ]
        return told or (["Waiting for a turn in the queue"] if self.going else [])

    def wait(self) -> None:
        """Let a moment pass."""
        self._owned.wait(BETWEEN)

    def close(self) -> None:
        """Take out of the line what is left; what runs is saved."""
        self._owned.withdraw()

    def _noticed(self, run: Run) -> Iterator[str]:
        """Yield what has become of a run that is gone on with, as that a checkpoint was damaged."""
        known = self._known[run.path.name]
        for text, grave in read_notices(run.path):
            wanted = grave or run.path.name in self._resumed
            if wanted and text not in known and not re.fullmatch(resumed_at(0).replace("0", r"[\d,]+"), text):
                yield f"{run.title}: {text}"
            known.add(text)


def is_over(run: Path) -> bool:
    """Return whether a run takes no more steps: it has taken all of them, or has diverged."""
    return over(read_record(run))


def over(record: RunRecord | None) -> bool:
    """Return whether a run of this record takes no more steps."""
    return record is not None and (record.state == "finished" or record.diverged)


def _why_held_up(entry: Entry | None) -> str:
    if entry is None:
        return "was removed from the queue"
    return {"paused": "is paused in the queue", "done": "was ended early in the queue"}.get(entry.state, "")
