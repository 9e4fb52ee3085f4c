"""The line: a folder of entries, each a folder of its own; one lock for all that changes any of them.

Reading needs no lock, since an entry is written in one piece. The same line is seen by every window and every command.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from metagen_gui.engine.files import check_regular, remove_leftovers, write_atomically
from metagen_gui.engine.queue.entry import ENTRY, Entry, read_entry, write_entry
from metagen_gui.engine.queue.wishes import Wish, put_wish
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.library import checkpoints
from metagen_gui.engine.store.lock import is_locked
from metagen_gui.engine.store.names import EXPERIMENT, queue_folder
from metagen_gui.engine.store.record import read_record
from metagen_gui.engine.store.trash import Thrown, throw_away

LOCK, ALONE = "line.lock", "alone.lock"
PATIENCE = 10.0
"""Seconds to wait for whoever changes the line, which takes milliseconds."""
MOST_DEATHS = 10
"""Processes of a run that may end in a row without a word and without getting further, before it counts as failed."""


class Line:
    """The runs that wait, go on, pause and are over, in order."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or queue_folder()

    # -- looking -----------------------------------------------------------------------------------------------------

    def entries(self) -> list[Entry]:
        """Return everything in the line, in order."""
        try:
            folders = [folder for folder in self.folder.iterdir() if (folder / EXPERIMENT).is_file()]
        except OSError:
            return []
        found = []
        for folder in folders:
            try:
                found.append(read_entry(folder))
            except BadInput:  # it is being added, or removed
                continue
        return sorted(found, key=lambda entry: (entry.place, _number(entry.folder), entry.id))

    def entry(self, name: str) -> Entry:
        """Return what is called `name`; raise `BadInput` if nothing is."""
        if Path(name).name != name or not (self.folder / name / EXPERIMENT).is_file():
            raise BadInput(name, "is not in the line; `metagen queue` lists what is")
        return read_entry(self.folder / name)

    # -- what a person asks for --------------------------------------------------------------------------------------

    def add(
        self,
        document: Mapping[str, Any],
        text: str,
        name: str,
        run: Path | None = None,
        *,
        first: bool = False,
        **more: Any,
    ) -> Entry:
        """Put an experiment, as JSON data and as the `text` of its file, at the end of the line, or `first` of all.

        `run` is the folder of its run, if whoever puts it there wants to find it again: one that is begun goes on.
        `more` is what else its entry is to say, as whose it is; of the same `ticket` there is one entry.
        """
        with self.held():
            there = self.entries()
            ticket = more.get("ticket")
            if ticket and (known := next((entry for entry in there if entry.ticket == ticket), None)):
                return known
            folder = self.folder / str(1 + max((_number(path) for path in self.folder.iterdir()), default=0))
            try:
                folder.mkdir()
                write_atomically(folder / EXPERIMENT, text.encode())
            except OSError as error:
                shutil.rmtree(folder, ignore_errors=True)
                raise BadInput(str(folder), error.strerror or str(error)) from None
            what = {**{part: str(document[part]["name"]) for part in ("tasks", "model", "algorithm")}, **more}
            places = [entry.place for entry in there] or [0.0]
            place = min(places) - 1 if first else max(places) + 1
            steps = int(document["training"]["meta_steps"])
            what["run"] = "" if run is None else str(run)
            entry = Entry(folder=folder, place=place, name=name, meta_steps=steps, added=time.time(), **what)
            write_entry(entry)  # last: with it the run is in the line
            return entry

    def ask(self, name: str, wish: Wish) -> None:
        """Ask the process of one for something between two steps: of the present one, or of the next."""
        with self.held():
            entry = self.entry(name)
            if entry.over:
                raise BadInput(name, f"is {entry.state}; nothing can be asked of it")
            put_wish(entry.folder, wish)

    def move(self, name: str, place: int) -> None:
        """Put one at `place`, counted from 1; whatever goes on is not disturbed."""
        with self.held():
            moved = self.entry(name)
            others = [entry for entry in self.entries() if entry.id != name]
            at, places = min(max(place - 1, 0), len(others)), [entry.place for entry in others]
            after = places[at] if at < len(others) else places[-1] + 2 if others else 2.0
            before = places[at - 1] if at else after - 2
            between = (before + after) / 2
            if before < between < after:
                self.change(moved, place=between)
                return
            for number, entry in enumerate([*others[:at], moved, *others[at:]], 1):  # no number lies between any more
                self.change(entry, place=float(number))

    def pause(self, name: str) -> None:
        """Hold one back; one that runs is asked to save and end, and is paused when it has."""
        with self.held():
            entry = self.entry(name)
            if entry.over:
                raise BadInput(name, f"is {entry.state}; there is nothing to pause")
            self.change(entry, **({"pausing": True} if entry.state == "running" else {"state": "paused"}))

    def finish(self, name: str) -> None:
        """Have one done as far as it has come: what runs saves and ends, and what waits is not begun."""
        with self.held():
            entry = self.entry(name)
            if not entry.over:
                rest = {"pausing": True} if entry.state == "running" else {"state": "done"}
                self.change(entry, enough=True, **rest)

    def go(self, name: str) -> None:
        """Let one that is paused, or asked to be, go on when its turn comes."""
        with self.held():
            entry = self.entry(name)
            if entry.over:
                raise BadInput(name, f"is {entry.state}; `metagen queue retry {name}` runs what has failed once more")
            again = {"state": "waiting"} if entry.state == "paused" else {}
            self.change(entry, pausing=False, enough=False, **again)

    def retry(self, name: str) -> None:
        """Put one that has failed back where it was; it goes on from its newest checkpoint, or begins anew."""
        with self.held():
            entry = self.entry(name)
            if entry.state != "failed":
                raise BadInput(name, f"is {entry.state}, not failed")
            afresh = {"problem": "", "pausing": False, "enough": False, "deaths": 0, "reached": -1}
            self.change(entry, state="waiting", retried=entry.retried + 1, **afresh)

    def remove(self, name: str) -> Thrown:
        """Move one to the trash, from where it comes back to its place; what was learned stays with the runs."""
        with self.held():
            entry = self.entry(name)
            if entry.state == "running":
                raise BadInput(name, "is running; it can be removed when it is paused")
            return throw_away(entry.folder, entry.name or name)

    def take_out(self, name: str) -> None:
        """Take one out for good, as whoever owns it; one that runs is asked to save and end, and goes when it has."""
        with self.held():
            entry = self.entry(name)
            if entry.state == "running":
                self.change(entry, pausing=True, leaving=True)
            else:
                self._drop(entry)

    # -- for whoever starts runs, and for their processes ------------------------------------------------------------

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep everybody else from changing the line; raise `BadInput` if somebody will not let it go."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            check_regular(self.folder / LOCK)
            lock = FileLock(self.folder / LOCK, timeout=PATIENCE)
            lock.acquire()
        except Timeout:
            raise BadInput(
                str(self.folder), "is being changed by another MetaGen, which does not come to an end"
            ) from None
        except OSError as error:
            raise BadInput(str(self.folder), error.strerror or str(error)) from None
        try:
            yield
        finally:
            lock.release()

    def change(self, entry: Entry, **changed: Any) -> Entry:
        """Write what changed of an entry, and return it; for whoever holds the line."""
        changed_entry = entry.model_copy(update=changed)
        if changed_entry != entry:
            remove_leftovers(entry.folder)  # of whoever was killed while it wrote
            write_entry(changed_entry)
        return changed_entry

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Keep every worker from starting anything, as while time is measured; False if another does so now.

        The system takes it back from whoever dies.
        """
        with self.held():
            check_regular(self.folder / ALONE)
            lock = FileLock(self.folder / ALONE, timeout=0)
            with suppress(Timeout):
                lock.acquire()
        try:
            yield lock.is_locked
        finally:
            lock.release()

    def is_kept_quiet(self) -> bool:
        """Return whether somebody keeps workers from starting anything."""
        return (self.folder / ALONE).exists() and is_locked(self.folder / ALONE)

    def settle(self, entry: Entry, problem: str = "", *, died: bool = False) -> Entry:
        """Say how an entry stands whose process has ended, or `died` without a word; for whoever holds the line.

        Whether all steps were taken is known by the run's own record, which outlives every process.
        """
        if entry.leaving:
            return self._drop(entry)
        rest = "done" if entry.enough else "paused" if entry.pausing else "waiting"
        ended: dict[str, Any] = {"state": rest, "pausing": False, "claim": "", "process": 0}
        record = read_record(Path(entry.run)) if entry.run else None
        if record is not None and record.state == "finished":
            ended |= {"state": "done", "problem": ""}
        elif problem:
            ended |= {"state": "failed", "problem": problem}
        elif died:
            reached = max(checkpoints(Path(entry.run)), default=-1) if entry.run else -1
            deaths = 1 if reached > entry.reached else entry.deaths + 1
            ended |= {"deaths": deaths, "reached": max(reached, entry.reached)}
            if deaths >= MOST_DEATHS:
                why = f"its process ended {deaths} times without a word; what it said last is in {entry.said}"
                ended |= {"state": "failed", "problem": why}
        return self.change(entry, **ended)

    def _drop(self, entry: Entry) -> Entry:
        """Take an entry out of the line, and return it as one that leaves."""
        (entry.folder / ENTRY).unlink(missing_ok=True)  # first: without it nothing is in line
        shutil.rmtree(entry.folder, ignore_errors=True)
        return entry.model_copy(update={"leaving": True, "state": "paused"})


def _number(path: Path) -> int:
    """Return the number that a folder is called by, 0 for what is called otherwise, such as `7-2`."""
    return int(path.name) if path.name.isdecimal() and len(path.name) < 10 else 0
