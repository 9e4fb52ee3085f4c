"""Whatever is asked of the line in whatever order, whoever dies: every run is done once, none is lost, none twice."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from metagen_gui.engine.queue.entry import ENTRY, Entry
from metagen_gui.engine.queue.line import MOST_DEATHS, Line
from metagen_gui.engine.queue.turn import NotMeant
from metagen_gui.engine.queue.worker import Worker
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.trash import Thrown, bring_back
from tests.engine.queue.stand_ins import DOCUMENT, StandIn

PICK = st.integers(0, 20)
AT_ONCE = 2


class OneLine(RuleBasedStateMachine):
    """A line with two workers, and processes that come up, get on, end and die at any moment."""

    folder: Path
    numbers = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        self.line = Line(self.folder / str(next(self.numbers)))
        self.workers = [self.worker(), self.worker()]
        self.processes: list[StandIn] = []
        self.known: dict[str, str] = {}
        """The names of all runs by their ids in the line."""
        self.thrown: list[Thrown] = []
        self.finished: Counter[str] = Counter()
        """How often each run took its last step, by its name."""

    def worker(self) -> Worker:
        return Worker(self.line, AT_ONCE, self.start)

    def start(self, entry: Entry, at_once: int) -> StandIn:
        process = StandIn(entry)
        self.processes.append(process)
        return process

    def some(self, pick: int) -> str:
        names = sorted(self.known) or ["none"]
        return names[pick % len(names)]

    def process(self, pick: int, *, up: bool) -> StandIn | None:
        found = [one for one in self.processes if one.status is None and one.up is up]
        return found[pick % len(found)] if found else None

    # -- what a person asks for --------------------------------------------------------------------------------------

    @rule()
    def add(self) -> None:
        name = f"run {sum(self.finished.values())}, {len(self.known)}, {len(self.thrown)}, {next(self.numbers)}"
        self.known[self.line.add(DOCUMENT, "{}", name).id] = name

    @rule(pick=PICK)
    def remove(self, pick: int) -> None:
        with suppress(BadInput):
            self.thrown.append(self.line.remove(name := self.some(pick)))
            del self.known[name]

    @rule(pick=PICK)
    def take_out(self, pick: int) -> None:
        """As whoever owns it: for good, and also while it runs."""
        if self.known:
            self.line.take_out(name := self.some(pick))
            del self.known[name]

    @precondition(lambda self: self.thrown)
    @rule()
    def undo_remove(self) -> None:
        back = bring_back(self.thrown.pop())
        self.known[back.name] = self.line.entry(back.name).name

    @rule(pick=PICK, place=st.integers(1, 9))
    def move(self, pick: int, place: int) -> None:
        if self.known:
            self.line.move(name := self.some(pick), place)
            order = [entry.id for entry in self.line.entries()]
            assert order.index(name) == min(place, len(order)) - 1

    @rule(pick=PICK, what=st.sampled_from(["pause", "go", "retry"]))
    def ask(self, pick: int, what: str) -> None:
        with suppress(BadInput):
            getattr(self.line, what)(self.some(pick))

    # -- workers and processes ---------------------------------------------------------------------------------------

    @rule(which=st.integers(0, 1))
    def look(self, which: int) -> None:
        self.workers[which].look()

    @rule(which=st.integers(0, 1))
    def worker_dies(self, which: int) -> None:
        self.workers[which] = self.worker()

    @rule(pick=PICK)
    def come_up(self, pick: int) -> None:
        if (process := self.process(pick, up=False)) is not None:
            with suppress(BadInput):  # another was started in its place
                process.come_up()

    @rule(pick=PICK, how=st.sampled_from(["finishes", "finishes and is killed", "fails", "is killed", "heeds"]))
    def get_on(self, pick: int, how: str) -> None:
        process = self.process(pick, up=True)
        if process is None:
            return
        if how.startswith("finishes"):
            process.note("finished")
            self.finished[process.entry.name] += 1
        if how in ("finishes and is killed", "is killed"):
            process.kill()
        elif how == "fails":
            process.end(RuntimeError("out of luck"))
        elif how == "finishes" or self.line.entry(process.entry.id).pausing:
            process.end()

    @rule(pick=PICK)
    def dies_before_it_is_up(self, pick: int) -> None:
        if (process := self.process(pick, up=False)) is not None:
            process.status = -9

    # -- what holds --------------------------------------------------------------------------------------------------

    @invariant()
    def none_is_lost_and_none_done_twice(self) -> None:
        entries = self.line.entries()
        assert {entry.id: entry.name for entry in entries if not entry.leaving} == self.known
        assert all(entry.state == "running" for entry in entries if entry.leaving)
        assert all(count == 1 for count in self.finished.values())
        assert all(self.finished[entry.name] for entry in entries if entry.state == "done")
        assert sum(entry.state == "running" for entry in entries) <= AT_ONCE
        up = [process.entry.id for process in self.processes if process.up]
        assert len(up) == len(set(up)) <= AT_ONCE

    def teardown(self) -> None:
        """Let all come to its end: then every run that was not removed has been done, once."""
        for _ in range(4 * len(self.known) + 8):
            for name in self.known:
                for what in ("go", "retry"):
                    with suppress(BadInput):
                        getattr(self.line, what)(name)
            self.workers[0].look()
            while (process := self.process(0, up=False)) is not None:
                with suppress(BadInput):
                    process.come_up()
            while (process := self.process(0, up=True)) is not None:
                process.note("finished")
                self.finished[process.entry.name] += 1
                process.end()
        assert all(self.finished[name] == 1 for name in self.known.values())
        self.none_is_lost_and_none_done_twice()


def test_every_run_is_done_once_whatever_happens(tmp_path: Path) -> None:
    machine = type("Here", (OneLine,), {"folder": tmp_path})
    run_state_machine_as_test(machine, settings=settings(max_examples=8, stateful_step_count=30, deadline=None))


def test_what_keeps_dying_without_getting_further_has_failed_in_the_end(tmp_path: Path) -> None:
    line, processes = Line(tmp_path), list[StandIn]()

    def start(entry: Entry, at_once: int) -> StandIn:
        processes.append(StandIn(entry))
        return processes[-1]

    worker = Worker(line, 1, start)
    line.add(DOCUMENT, "{}", "one")
    for _ in range(MOST_DEATHS):
        assert worker.look()[0].state == "running"
        processes[-1].come_up()
        processes[-1].kill()
    (entry,) = worker.look()
    assert entry.state == "failed" and "without a word" in entry.problem and len(processes) == MOST_DEATHS


def test_a_process_that_comes_up_late_finds_that_another_was_given_the_run(tmp_path: Path) -> None:
    line, processes = Line(tmp_path), list[StandIn]()

    def start(entry: Entry, at_once: int) -> StandIn:
        processes.append(StandIn(entry))
        return processes[-1]

    line.add(DOCUMENT, "{}", "one")
    for _ in range(3):  # each but the last dies with the process that it has started not yet there
        Worker(line, 1, start).look()
    late, in_its_place, latest = processes
    for stranger in (late, in_its_place):
        with pytest.raises(NotMeant):
            stranger.come_up()
    latest.come_up()
    latest.note("finished")
    latest.end()
    with pytest.raises(NotMeant):
        StandIn(latest.entry).come_up()


def test_nothing_overtakes_what_needs_much_memory(tmp_path: Path) -> None:
    line, processes = Line(tmp_path), list[StandIn]()

    def start(entry: Entry, at_once: int) -> StandIn:
        processes.append(StandIn(entry))
        return processes[-1]

    worker = Worker(line, 3, start)
    first, large, _ = (line.add(DOCUMENT, "{}", name) for name in ("first", "large", "last"))
    with line.held():
        line.change(line.entry(first.id), device="cpu", needs=600)
        line.change(line.entry(large.id), device="cpu", needs=600, room=1000)
    assert [entry.state for entry in worker.look()] == ["running", "waiting", "waiting"]
    processes[0].come_up()
    processes[0].note("finished")
    processes[0].end()
    assert [entry.state for entry in worker.look()] == ["done", "running", "running"]


def test_what_is_finished_early_is_done_whether_it_waits_runs_or_dies_of_it(tmp_path: Path) -> None:
    line, processes = Line(tmp_path), list[StandIn]()

    def start(entry: Entry, at_once: int) -> StandIn:
        processes.append(StandIn(entry))
        return processes[-1]

    worker = Worker(line, 2, start)
    for name in ("heeds", "dies", "waits"):
        line.add(DOCUMENT, "{}", name, tmp_path / "runs" / name)
    assert [Path(entry.run).name for entry in worker.look()] == ["heeds", "dies", "waits"]
    for process in processes:
        process.come_up()
        process.note("stopped")
    for name in ("1", "2", "3"):
        line.finish(name)
    assert [entry.state for entry in worker.look()] == ["running", "running", "done"]
    processes[0].end()
    processes[1].kill()
    assert [entry.state for entry in worker.look()] == ["done", "done", "done"]
    line.finish("1")
    assert line.entry("1").state == "done" and len(processes) == 2


def test_nothing_is_started_while_somebody_wants_to_be_alone(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.add(DOCUMENT, "{}", "one")
    worker = Worker(line, 1, StandIn)
    with line.alone() as alone, line.alone() as another:
        assert alone and not another
        assert worker.look()[0].state == "waiting"
    assert worker.look()[0].state == "running"


def test_a_damaged_entry_is_told_of_and_can_be_begun_anew(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.add(DOCUMENT, "{}", "one")
    (tmp_path / "1" / ENTRY).write_text("{")
    (entry,) = line.entries()
    assert entry.state == "failed" and "damaged" in entry.problem
    line.retry("1")
    assert line.entry("1").state == "waiting"


@pytest.mark.parametrize("wild", [{"run": "a\0b"}, {"run": "a" * 300}, {"process": 10**30}, {"name": "\ud800"}])
def test_an_entry_of_whatever_making_keeps_no_other_waiting(tmp_path: Path, wild: dict[str, Any]) -> None:
    line = Line(tmp_path)
    for name in ("one", "two"):
        line.add(DOCUMENT, "{}", name)
    entry = json.loads((tmp_path / "1" / ENTRY).read_text())
    (tmp_path / "1" / ENTRY).write_text(json.dumps({**entry, "state": "running", **wild}))
    worker = Worker(line, 2, StandIn)
    worker.look()
    assert worker.look()[1].state == "running" and line.entry("1").meta_step == 0


@pytest.mark.parametrize("name", ["2", "..", "1/../1", ""])
def test_what_is_not_in_the_line_is_named(tmp_path: Path, name: str) -> None:
    line = Line(tmp_path)
    line.add(DOCUMENT, "{}", "one")
    with pytest.raises(BadInput, match="not in the line"):
        line.pause(name)
