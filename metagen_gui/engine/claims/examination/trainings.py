"""The runs of a test in the queue: put there, followed in their folders, told of, and taken out when they are over.

A test owns its runs there, and is a worker of the queue as well, so that it goes on where nobody else is one.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import torch

from metagen_gui.engine.claims.examination.events import ClaimsAdvanced, ClaimsNotice
from metagen_gui.engine.claims.folder import ClaimFolder
from metagen_gui.engine.claims.outlook import side_by_side
from metagen_gui.engine.claims.training import Training
from metagen_gui.engine.events import RunBroken, resumed_at
from metagen_gui.engine.queue.entry import Entry
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.queue.owned import Owned
from metagen_gui.engine.queue.process import start_process
from metagen_gui.engine.queue.worker import Start, Worker
from metagen_gui.engine.store.changes import read_notices
from metagen_gui.engine.store.names import is_run_folder
from metagen_gui.engine.store.record import read_record
from metagen_gui.engine.store.trash import throw_away_unbegun

Measured = TypeVar("Measured")
BETWEEN = 0.5
"""Seconds between looks at the queue, and between two reports of how far something is."""


class Trainings:
    """The runs of a test that have been asked for and are not over."""

    def __init__(self, folder: ClaimFolder, start: Start | None = None) -> None:
        self.folder, self.scoring, self.at_once = folder, False, side_by_side()
        """`scoring` is whether this process computes as well, which leaves less to runs."""
        self.going: dict[str, Training] = {}
        self.shares: dict[str, float] = {}
        """How far those are that have begun, 0 to 1."""
        self._over = 0
        worker = Worker(Line(), self.at_once, start or start_process, self._occupied)
        self._owned = Owned(worker, folder.path)
        self._held_up: dict[str, str] = {}
        self._resumed: set[str] = set()
        self._known: dict[str, set[str]] = {}
        """Notices of a run that have been passed on, or are from before."""
        self._looked = 0.0

    # -- before ------------------------------------------------------------------------------------------------------

    def alone(self, measured: Callable[[], Measured]) -> Generator[ClaimsAdvanced, None, Measured]:
        """Return what is `measured` while nothing runs in the queue: beside others it would say less."""
        while True:
            with self._owned.line.alone() as alone:
                while alone and (going := self._running()):
                    text = f"Waiting for runs in the queue to end ({going}): steps are timed alone"
                    yield ClaimsAdvanced(text, 0.0, 0.0)
                    self.wait()
                if alone:
                    yield ClaimsAdvanced("Timing an outer step of every arm", 0.0, 0.0)
                    return measured()
            yield ClaimsAdvanced("Waiting until another test has timed its steps", 0.0, 0.0)
            self.wait()

    def _running(self) -> int:
        return sum(entry.state == "running" for entry in self._owned.worker.look(starting=False))

    def put(self, trainings: Sequence[Training]) -> Iterator[ClaimsNotice]:
        """Put in the queue what has not taken its steps, nor diverged; yields what a person should know.

        One that failed of anything else, as of a full disk, is gone on with: what it had learned by then says nothing.
        """
        for training in trainings:
            path, name, title = self.folder.run(training.folder), training.folder, training.title
            if _is_over(path):
                self._owned.take_out(path)
                self._over += 1
                continue
            self.folder.forget(name)
            unheld = path.absolute() not in self._owned.entries()
            if unheld and is_run_folder(path) and throw_away_unbegun(path, title):
                yield ClaimsNotice(
                    f"{title}: ended before its first checkpoint; it is begun anew, the rest is in the trash"
                )
            self._resumed |= {name} if is_run_folder(path) else set()
            self._known[name] = {text for text, _ in read_notices(path)}
            self.going[name] = training
            shown = f"{title} · {self.folder.path.name}"
            how = {"previews": False, "shuffled": training.arm.is_null, "threads": torch.get_num_threads()}
            self._owned.put(training.experiment(), path, shown, **how)

    # -- meanwhile ---------------------------------------------------------------------------------------------------

    def look(self) -> Iterator[ClaimsNotice]:
        """Look at the queue, unless that was a moment ago; yields what a person should know of runs.

        Raises `RunBroken` where one cannot go on for another reason than having diverged.
        """
        if time.monotonic() - self._looked < BETWEEN:
            return
        there, self._looked = self._owned.look(), time.monotonic()
        for name, training in [*self.going.items()]:
            path = self.folder.run(name)
            entry = there.get(path.absolute())
            yield from self._noticed(training, path)
            if _is_over(path) and (entry is None or entry.state != "running"):
                self._owned.take_out(path)
                del self.going[name]
                self._over += 1
            elif entry is not None and entry.state == "failed":
                raise RunBroken(f"{training.title}: {entry.problem}")
            elif why := _why_held_up(entry):
                if self._held_up.get(name) != why:
                    yield ClaimsNotice(f"{training.title}: {why}")
                self._held_up[name] = why
            elif entry is not None:
                self._held_up.pop(name, None)
                if entry.state == "running":
                    self.shares[name] = entry.meta_step / training.steps

    def ended(self) -> int:
        """Return how many have ended since this was last asked."""
        over, self._over = self._over, 0
        return over

    @property
    def has_room(self) -> bool:
        """Whether this process may compute beside those that run."""
        return self.at_once > 1 or not any(name in self.shares for name in self.going)

    def _occupied(self) -> int:
        """Return 1 if this process computes, or is about to, since a run is over that it has not heard of."""
        return int(self.scoring or any(_is_over(self.folder.run(name)) for name in self.going))

    def check(self) -> None:
        """Raise `RunBroken` if nothing is left but what a person holds up in the queue."""
        if self.going and set(self.going) <= set(self._held_up):
            name, training = next(iter(self.going.items()))
            raise RunBroken(f"{training.title}: {self._held_up[name]}; nothing else is left to be done")

    def texts(self) -> list[str]:
        """Return what goes on."""
        told = [
            f"{training.title}: outer step {round(self.shares[name] * training.steps):,} of {training.steps:,}"
            for name, training in self.going.items()
            if name in self.shares and name not in self._held_up
        ]
        return told or (["Waiting for a turn in the queue"] if self.going else [])

    def wait(self) -> None:
        """Let a moment pass."""
        self._owned.wait(BETWEEN)

    def close(self) -> None:
        """Take out of the queue what is left; what runs is saved."""
        self._owned.withdraw()

    def _noticed(self, training: Training, path: Path) -> Iterator[ClaimsNotice]:
        """Yield what has become of a run that is gone on with, as that a checkpoint was damaged."""
        known = self._known[training.folder]
        for text, grave in read_notices(path):
            wanted = grave or training.folder in self._resumed
            if wanted and text not in known and not re.fullmatch(resumed_at(0).replace("0", r"[\d,]+"), text):
                yield ClaimsNotice(f"{training.title}: {text}")
            known.add(text)


def _is_over(run: Path) -> bool:
    record = read_record(run)
    return record is not None and (record.state == "finished" or record.diverged)


def _why_held_up(entry: Entry | None) -> str:
    if entry is None:
        return "was removed from the queue"
    return {"paused": "is paused in the queue", "done": "was ended early in the queue"}.get(entry.state, "")
