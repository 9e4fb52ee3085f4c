"""Runs that belong to a test or a study: in line like others, and out of it when their owner wants no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.queue import owned as module
from metagen_gui.engine.queue.entry import Entry
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.queue.owned import Owned
from metagen_gui.engine.queue.worker import Worker
from tests.engine.queue.stand_ins import DOCUMENT, StandIn


class Bench:
    """A line in which somebody owns the runs in a folder, and a person has one, too."""

    def __init__(self, folder: Path) -> None:
        self.line, self.processes = Line(folder / "line"), list[StandIn]()
        self.worker, self.owner = Worker(self.line, 2, self.start), folder / "owner"
        self.owner.mkdir()
        self.owned = Owned(self.worker, self.owner)
        for name in ("first", "second"):
            self.put(name)
        self.line.add(DOCUMENT, "{}", "a person's")

    def start(self, entry: Entry, at_once: int) -> StandIn:
        self.processes.append(StandIn(entry))
        return self.processes[-1]

    def put(self, name: str) -> None:
        self.owned.put(Experiment("densities"), self.owner / name, name, previews=False)

    def states(self) -> list[tuple[str, str]]:
        return [(entry.name, entry.state) for entry in self.line.entries()]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_they_wait_like_others_and_go_where_their_owner_wants_them(bench: Bench) -> None:
    assert {run.name: entry.state for run, entry in bench.owned.look().items()} == {
        "first": "running",
        "second": "running",
    }
    owned, others = bench.line.entries()[:2], bench.line.entries()[2:]
    assert [entry.run for entry in owned] == [str(bench.owner / name) for name in ("first", "second")]
    assert not any(entry.previews for entry in owned) and all(entry.previews for entry in others)


def test_what_is_in_line_from_before_keeps_its_place_and_goes_on(bench: Bench) -> None:
    bench.line.pause("1")
    for name in ("first", "second"):
        bench.put(name)
    assert bench.states() == [("first", "waiting"), ("second", "waiting"), ("a person's", "waiting")]
    bench.worker.look()
    bench.processes[0].come_up()
    bench.processes[0].end(RuntimeError("out of luck"))
    assert bench.owned.entries()[bench.owner / "first"].problem == "out of luck"
    bench.put("first")
    assert bench.states()[-1] == ("first", "waiting")


def test_they_are_withdrawn_when_what_runs_has_saved(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.worker.look()
    saves, dies = bench.processes
    for process in bench.processes:
        process.come_up()
    left = bench.line.entries()
    assert left[0].claim

    def meanwhile(seconds: float) -> None:
        assert all(entry.pausing and entry.leaving for entry in bench.owned.entries().values())
        assert bench.states()[-1] == ("a person's", "waiting"), "nothing is begun by whoever leaves"
        if saves.up:
            saves.end()
        else:
            dies.kill()

    monkeypatch.setattr(module.time, "sleep", meanwhile)
    bench.owned.withdraw()
    assert bench.states() == [("a person's", "waiting")]
    assert [each.name for each in bench.line.folder.iterdir() if each.is_dir()] == ["3"]


def test_one_that_takes_long_to_save_leaves_by_itself_unless_it_is_wanted_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    bench.worker.look()
    for process in bench.processes:
        process.come_up()
    bench.owned.withdraw()
    bench.put("second")
    for process in bench.processes:
        process.end()
    assert bench.states() == [("second", "waiting"), ("a person's", "waiting")]


def test_those_whose_owner_is_gone_are_never_begun(bench: Bench) -> None:
    bench.owner.rmdir()
    assert [(entry.name, entry.state) for entry in bench.worker.look()] == [("a person's", "running")]


def test_those_that_go_on_together_wait_for_one_place_and_share_it(bench: Bench) -> None:
    for name in ("lane", "other lane"):
        bench.owned.put(Experiment("densities"), bench.owner / name, name, first=True, together=True)
    bench.worker.at_once = 1
    bench.worker.look()
    assert bench.states() == [
        ("other lane", "running"),
        ("lane", "running"),
        ("first", "waiting"),
        ("second", "waiting"),
        ("a person's", "waiting"),
    ]
    for process in bench.processes:
        process.come_up()
    bench.processes[0].end()
    bench.line.move(bench.line.entries()[-1].id, 1)
    assert bench.worker.look()[0].state == "waiting", "nothing else is begun beside one of them"
