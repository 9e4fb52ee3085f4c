"""SIGTERM and `kill -9` at random moments of every command: what was there is there, and the next one gets it done."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from metagen_gui.engine.store.library import read_entry
from metagen_gui.engine.store.names import is_run_folder
from metagen_gui.engine.trained.export import load_export

from .commands import TERMINATED, Command, begun, contents, known_speeds, leftovers, write_experiment, write_plan
from .outcome import Laboratory, Outcome, fault
from .small_runs import difference, outcome

Try = Callable[[Path, signal.Signals], str | None]
NAMES = {signal.SIGTERM: "SIGTERM", signal.SIGKILL: "kill -9"}


@fault("terminated", tries=40)
def terminated(laboratory: Laboratory) -> Iterator[Outcome]:
    """Ask every command to end, as a system that shuts down does; the numbers are those of an undisturbed one."""
    for command in (_Train, _Evaluate, _Export, _Claims):
        yield from _tried(laboratory, command, signal.SIGTERM)


@fault("commands_killed", tries=40)
def commands_killed(laboratory: Laboratory) -> Iterator[Outcome]:
    """Kill the commands that `kill` leaves out."""
    for command in (_Evaluate, _Export, _Claims):
        yield from _tried(laboratory, command, signal.SIGKILL)


@fault("commands_at_call", tries=60)
def commands_at_call(laboratory: Laboratory) -> Iterator[Outcome]:
    """Kill an export that replaces another, and a test of claims in its making, at every call that changes files."""
    for command in (_Export, _Claims):
        told, place = Outcome(f"kill -9 at the k-th call of {command.name}, for k = 1, 2, …"), laboratory.folder / "at"
        place.mkdir()
        with known_speeds():
            bench = command(place)
            for k in range(1, laboratory.tries + 1):
                child = bench.child(at=k)
                if child.end() == 0:
                    break
                problem = child.problem(-signal.SIGKILL) or bench.judged(gently=False)
                told.count(problem and f"{k}: {problem}")
        told.details = bench.promise
        shutil.rmtree(place)
        yield told


def _tried(laboratory: Laboratory, command: type[_Bench], number: signal.Signals) -> Iterator[Outcome]:
    told = Outcome(f"{NAMES[number]} in {command.name}")
    place = laboratory.folder / command.name
    place.mkdir(parents=True)
    with known_speeds():
        bench, early = command(place), 0
        for _ in range(laboratory.tries):
            child = bench.child()
            child.says("begun")
            if child.lives(laboratory.chance.uniform(0, bench.takes)):
                os.kill(child.pid, number)
            hit = child.end() != 0
            early += hit
            right = (0, TERMINATED) if number is signal.SIGTERM else (0, -number)
            told.count(child.problem(*right) or bench.judged(gently=number is signal.SIGTERM))
    told.details = f"{early} before its end; {bench.promise}"
    shutil.rmtree(place)
    yield told


class _Bench:
    """One command, again and again in the same place."""

    name = promise = ""
    words: tuple[object, ...] = ()

    def __init__(self, place: Path) -> None:
        self.place = place
        self.prepare()
        child = self.child()
        child.says("begun")
        began = time.monotonic()
        assert child.problem(0) is None
        self.takes = time.monotonic() - began
        self.look()

    def child(self, at: int = 0) -> Command:
        return Command(self.place / "said", *self.words, at=at)

    def prepare(self) -> None:
        """Make what the command needs."""

    def look(self) -> None:
        """Remember what came of it undisturbed."""

    def judged(self, *, gently: bool) -> str | None:
        """Return what is wrong after it was ended (`gently`, or not), if anything."""
        raise NotImplementedError


class _Train(_Bench):
    name, promise = "metagen train", "resumed to the end, bit for bit the uninterrupted run's"

    def prepare(self) -> None:
        write_experiment(self.place / "e.json", meta_steps=24, checkpoint_steps=5)
        self.run = self.place / "run"
        self.words = ("train", self.place / "e.json", "--out", self.run, "--no-previews")

    def look(self) -> None:
        self.whole = outcome(self.run)
        shutil.rmtree(self.run)

    def judged(self, *, gently: bool) -> str | None:
        entry, there = read_entry(self.run), is_run_folder(self.run)
        problem = None
        if there and entry.state not in ("finished", "stopped") and entry.meta_step:
            problem = f"the run is {entry.state}"
        if there and entry.state != "finished":
            problem = problem or Command(self.place / "said", "train", "--resume", self.run, "--no-previews").problem(0)
        elif not there:
            problem = problem or self.child().problem(0)  # in the same folder, as the same command would
        problem = problem or difference(self.run, self.whole)
        shutil.rmtree(self.run, ignore_errors=True)
        return problem


class _Evaluate(_Bench):
    name, promise = "metagen evaluate", "the run as it was; evaluated again with the same numbers"

    def prepare(self) -> None:
        experiment = write_experiment(self.place / "e.json", meta_steps=6)
        self.run = self.place / "run"
        begun(experiment, self.run, 4)
        self.before = contents(self.run)
        self.words = ("evaluate", self.run, "--tasks", 40, "--json")

    def look(self) -> None:
        self.figures = (self.place / "said").read_text()

    def judged(self, *, gently: bool) -> str | None:
        if contents(self.run) != self.before:
            return "the run has changed"
        again = self.child()
        if (problem := again.problem(0)) is None and again.said.read_text() != self.figures:
            return "other numbers"
        return problem


class _Export(_Evaluate):
    name, promise = "metagen export --force", "the run as it was; an earlier export whole; exported again"

    def prepare(self) -> None:
        super().prepare()
        self.to = self.place / "exports" / "mine"
        self.words = ("export", self.run, "--to", self.to, "--force")

    def look(self) -> None:
        self.exported = contents(self.to)

    def judged(self, *, gently: bool) -> str | None:
        if contents(self.run) != self.before:
            return "the run has changed"
        whole = [place for place in (self.to, self.to.with_name("mine.earlier")) if place.exists()]
        if not whole:
            return "no export is left"
        for place in whole:
            load_export(place)
        if gently and (left := leftovers(self.to.parent)):
            return f"left behind: {left}"
        if (problem := self.child().problem(0)) is not None:
            return problem
        return None if contents(self.to) == self.exported else "another export"


class _Claims(_Bench):
    name, promise = "metagen claims", "the same command goes on, with the same figures in the end"

    def prepare(self) -> None:
        write_plan(self.place / "plan.json")
        self.out = self.place / "out"
        self.words = ("claims", self.place / "plan.json", "--out", self.out)

    def look(self) -> None:
        self.figures = (self.out / "comparisons.csv").read_text()
        shutil.rmtree(self.out)

    def judged(self, *, gently: bool) -> str | None:
        problem = self.child().problem(0)
        if problem is None and (self.out / "comparisons.csv").read_text() != self.figures:
            problem = "other figures"
        if problem is None and (left := leftovers(self.out)):
            problem = f"left behind: {left}"
        shutil.rmtree(self.out, ignore_errors=True)
        return problem
