"""`metagen queue`: what it prints and does, how it refuses, and a run whose process is killed."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.queue.adding import add_experiment
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.queue.worker import Worker
from metagen_gui.engine.run.outer_loop import meta_train
from tests.cli.conftest import Metagen
from tests.engine.small_runs import rows, small_run, wait_until

STEPS = 60
"""Of a run that is killed at its first checkpoint: with one at each they take long enough for that."""
KEYS = {
    "id", "state", "name", "tasks", "model", "algorithm", "meta_step", "meta_steps", "run", "pausing", "retried",
    "problem", "added", "process", "owner",
}  # fmt: skip


@pytest.fixture(autouse=True)
def own_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give every test a line of its own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def listed(metagen: Metagen) -> list[dict[str, Any]]:
    told = json.loads(metagen("queue", "--json").out)
    assert told["version"] == 1
    runs: list[dict[str, Any]] = told["runs"]
    return runs


def test_what_is_no_device_here_is_refused_at_once(metagen: Metagen) -> None:
    refused = metagen("queue", "add", "--device", "abacus")
    assert refused.status == 2 and refused.err.startswith("metagen: training.device: there is no 'abacus' here")
    assert listed(metagen) == []


def test_folders_of_other_making_are_listed_to_the_letter(metagen: Metagen) -> None:
    folder = Line().folder / "[red]\x1b[2J"
    folder.mkdir(parents=True)
    (folder / "experiment.json").write_text("{}")
    (folder / "entry.json").write_text("{}")
    assert r"[red]\x1b[2J  waiting" in metagen("queue").out


def test_the_line_is_filled_listed_ordered_and_emptied(metagen: Metagen, tmp_path: Path) -> None:
    assert "metagen queue add" in metagen("queue").out
    file = tmp_path / "kites.json"
    file.write_text(small_run(120, 1).to_json())
    added = metagen("queue", "add", file, "--set", "training.seed=5", "--times", 3, "--json")
    assert json.loads(added.out) == {"version": 1, "added": ["1", "2", "3"]}
    runs = listed(metagen)
    assert set(runs[0]) == KEYS
    assert [run["name"] for run in runs] == ["kites · seed 5", "kites · seed 6", "kites · seed 7"]
    assert Experiment.load(Line().folder / "3" / "experiment.json").config("training").seed == 7
    metagen("queue", "move", 3, 1)
    metagen("queue", "pause", 1)
    assert [(run["id"], run["state"]) for run in listed(metagen)] == [
        ("3", "waiting"), ("1", "paused"), ("2", "waiting"),
    ]  # fmt: skip
    assert metagen("queue", "list").out.split()[:2] == ["state", "run"]
    assert metagen("queue", "pause").status == metagen("queue", "go", 1).status == 0
    assert [run["state"] for run in listed(metagen)] == ["paused", "waiting", "paused"]
    assert metagen("queue", "remove", 1, 2).status == 0
    assert [run["id"] for run in listed(metagen)] == ["3"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["remove", "7"], "7: is not in the line"),
        (["retry", "1"], "1: is waiting, not failed"),
        (["add", "--set", "model.name=kite"], "kite"),
        (["add", "nowhere.json"], "nowhere.json"),
        (["move", "1", "0"], "PLACE"),
    ],
)
def test_what_cannot_be_is_one_line_that_names_it(metagen: Metagen, arguments: list[str], said: str) -> None:
    Line().add(small_run(120, 1).document(complete=True), small_run(120, 1).to_json(complete=True), "one")
    done = metagen("queue", *arguments)
    assert done.status == 2 and said in done.err and done.err.count("\n") == 1


def test_a_killed_process_is_noticed_and_the_run_comes_out_as_if_it_had_not_been(
    metagen: Metagen, tmp_path: Path
) -> None:
    list(meta_train(small_run(STEPS, 1), out=tmp_path / "whole"))
    line = Line()
    (entry,) = add_experiment(line, small_run(STEPS, 1))
    worker = Worker(line, 1)
    worker.look()
    run = Path(line.entry(entry.id).run)
    wait_until(lambda: any((run / "checkpoints").glob("step-*.json")), 120)
    os.kill(line.entry(entry.id).process, signal.SIGKILL)
    wait_until(lambda: worker.look()[0].deaths == 1, 120)
    assert metagen("queue", "work").out.endswith("Nothing is left to be done.\n")
    wait_until(lambda: worker.look() and not worker._own, 120)
    (entry,) = line.entries()
    assert entry.state == "done" and entry.meta_step == STEPS
    assert rows(run) == rows(tmp_path / "whole")
    assert "resumed" in entry.said.read_text().lower()
