"""`metagen sweep`: what it prints, how it refuses, and a sweep of real runs that is begun again."""

from __future__ import annotations

import errno
import importlib.util
import json
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.queue.entry import Entry
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.queue.process import start_process
from metagen_gui.engine.queue.worker import Worker
from metagen_gui.engine.sweeps import sweep as room
from tests.cli.conftest import Metagen
from tests.engine.small_runs import small_run

RATE = "algorithm.inner_lr"


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return a tiny plan; the line is the test's own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    experiment = small_run(meta_steps=4, checkpoint_steps=1).with_value("training.validate_every", 2)
    (tmp_path / "one.json").write_text(experiment.to_json())
    document = {
        "experiment": "one.json", "ranges": {RATE: {"low": 0.02, "high": 0.3}},
        "trials": 1, "seeds": [3], "tasks": 4, "fresh_tasks": 8,
    }  # fmt: skip
    (tmp_path / "plan.json").write_text(json.dumps(document))
    return tmp_path / "plan.json"


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Return the processes that a sweep starts, which have ended when the test has."""
    started = list[subprocess.Popen[bytes]]()

    def start(entry: Entry, at_once: int) -> subprocess.Popen[bytes]:
        started.append(start_process(entry, at_once))
        return started[-1]

    monkeypatch.setattr(room, "Worker", partial(Worker, start=start))
    yield started
    for process in started:
        process.wait(120)


def test_a_sweep_is_run_told_of_and_not_run_again(
    metagen: Metagen, plan: Path, tmp_path: Path, processes: list[subprocess.Popen[bytes]]
) -> None:
    folder = tmp_path / "sweep"
    first = metagen("sweep", plan, "--to", folder, "--json")
    assert first.status == 0 and f"in {folder}" in first.err
    told = json.loads(first.out)
    assert {"version", "folder", "measure", "trials", "importance", "best"} == {*told}
    (trial,) = told["trials"]
    assert trial["state"] == "done" and told["best"]["trial"] == trial["trial"] == 0
    assert trial["figure"]["tasks"] == 4 and told["best"]["fresh"]["tasks"] == 8
    assert (Path(trial["runs"][0]) / "metrics.csv").is_file()
    best = Experiment.load(Path(told["best"]["experiment"]))
    assert best.config("algorithm").inner_lr == trial["values"][RATE] and best.config("training").seed == 3
    again = metagen("sweep", folder)
    assert again.status == 0 and "1 trials done, 0 ended early, 0 failed." in again.out and "fresh tasks" in again.out
    assert len(processes) == 1 and Line().entries() == [], "what is over does not stay in the line"


def test_without_the_extra_one_line_names_the_command(
    metagen: Metagen, plan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "optuna" else found(name))
    refused = metagen("sweep", plan)
    assert refused.status == 2 and refused.out == ""
    (line,) = refused.err.splitlines()
    assert line.startswith("metagen: a sweep: needs optuna; this adds it: ") and 'install "metagen[sweep]"' in line


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"objective": "frechet"}, "objective: frechet cannot be had of this model on these tasks; there are loss, "),
        ({"trials": 0}, "plan.json.trials: 0 is too low"),
        ({"experiment": "nowhere.json"}, "nowhere.json: No such file"),
    ],
)
def test_what_is_wrong_is_one_line_and_status_2(
    metagen: Metagen, plan: Path, tmp_path: Path, wrong: dict[str, Any], said: str
) -> None:
    plan.write_text(json.dumps({**json.loads(plan.read_text()), **wrong}))
    refused = metagen("sweep", plan, "--to", tmp_path / "sweep")
    assert refused.status == 2 and said in refused.err and len(refused.err.splitlines()) == 1
    assert not (tmp_path / "sweep").exists()


def test_a_full_disk_ends_it_with_a_line_that_tells_how_to_go_on(
    metagen: Metagen, plan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from optuna.storages.journal import JournalFileBackend

    before = JournalFileBackend.append_logs

    def full(self: Any, logs: list[dict[str, Any]]) -> None:
        if logs[0]["op_code"] == 6:
            raise OSError(errno.ENOSPC, "No space left on device")
        before(self, logs)

    monkeypatch.setattr(JournalFileBackend, "append_logs", full)
    broken = metagen("sweep", plan, "--to", tmp_path / "sweep")
    assert broken.status == 1 and "No space left on device; this goes on from here: metagen sweep " in broken.err
