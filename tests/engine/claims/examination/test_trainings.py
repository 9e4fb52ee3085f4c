"""The runs of a test in the queue: side by side, held up by hand, taken up again, in processes of their own."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metagen_gui.engine.claims.examination import runner
from metagen_gui.engine.claims.examination.events import ClaimsAdvanced, ClaimsEvent, ClaimsFinished, ClaimsNotice
from metagen_gui.engine.claims.examination.runner import examine
from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.events import RunBroken
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.queue import wanted
from metagen_gui.engine.queue.entry import Entry
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.queue.owned import Owned
from metagen_gui.engine.queue.process import start_process
from metagen_gui.engine.queue.worker import Worker
from metagen_gui.engine.store.metrics_file import read_curves
from metagen_gui.engine.store.trash import Thrown
from tests.engine.queue.here import Here

Tiny = Callable[..., Experiment]
SMALL: dict[str, Any] = {
    "steps": 3, "seeds": (0,), "tasks": 4, "validation_tasks": 2, "samples": 4, "candidates": 1, "query_size": 6,
    "adaptation_steps": (1,), "outer_rates": (1.0,), "arms": ("joint", "maml", "null"), "compare_at": ("equal steps",),
}  # fmt: skip


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Time nothing, and have a line of one's own."""
    monkeypatch.setattr(runner, "seconds_per_step", lambda arm, seed: (1.0, 1.0))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def plan(tiny: Tiny) -> ClaimPlan:
    return ClaimPlan.of(tiny("densities", "vae", "maml"), SMALL)


def found(events: list[ClaimsEvent]) -> list[Any]:
    assert isinstance(events[-1], ClaimsFinished)
    return [one.found for one in events[-1].findings.contrasts]


def test_as_many_train_at_once_as_there_is_room_for_and_what_is_ready_is_scored_meanwhile(
    plan: ClaimPlan, tmp_path: Path
) -> None:
    texts, most = list[str](), 0
    for event in examine(plan, tmp_path / "out"):
        texts += [event.text] if isinstance(event, ClaimsAdvanced) else []
        most = max(most, sum(entry.state == "running" for entry in Line().entries()))
    assert most == 2 and not Line().entries()
    assert any(text.count(": outer step") == 2 for text in texts), "two train at once"
    assert any("adapting" in text and "outer step" in text for text in texts), "and one beside what is scored"


@pytest.mark.parametrize("by_hand", ["pause", "remove"])
def test_a_run_that_is_held_up_by_hand_is_told_and_not_waited_for_for_ever(
    plan: ClaimPlan, tmp_path: Path, by_hand: str
) -> None:
    whole, notices, test = found([*examine(plan, tmp_path / "whole")]), list[str](), examine(plan, tmp_path / "out")
    with pytest.raises(RunBroken, match=r"^Null.* (is paused in|was removed from) the queue; nothing else is left"):
        for event in test:
            notices += [event.text] if isinstance(event, ClaimsNotice) else []
            waiting = [entry for entry in Line().entries() if entry.state == "waiting" and "Null" in entry.name]
            if waiting:
                done = getattr(Line(), by_hand)(waiting[0].id)
                assert done is None or isinstance(done, Thrown)
    assert len(notices) == 1 and notices[0].startswith("Null")
    assert not Line().entries(), "and whoever ends leaves nothing in line"
    assert found([*examine(plan, tmp_path / "out")]) == whole


def test_steps_are_timed_when_nothing_else_runs(plan: ClaimPlan, tmp_path: Path, started: list[Here]) -> None:
    own, line = Experiment("densities").with_value("training.meta_steps", 2), Line()
    started.append(Here(line.add(own.document(complete=True), own.to_json(complete=True), "a person's")))
    Worker(line, 1, lambda entry, at_once: started[0].of(entry)).look()
    started[0].step()  # it is up
    test = examine(plan, tmp_path / "out")
    texts = [getattr(next(test), "text", "") for _ in range(3)]
    assert texts[0] == texts[1] == "Waiting for runs in the queue to end (1): steps are timed alone"
    while texts[-1].startswith("Waiting"):
        texts.append(getattr(next(test), "text", ""))
    assert texts[-1] == "Timing an outer step of every arm" and line.entries()[0].state == "done"
    test.close()


def test_what_cannot_be_started_ends_the_test_with_one_line(plan: ClaimPlan, tmp_path: Path) -> None:
    def start(entry: Entry, at_once: int) -> Here:
        raise OSError(11, "Resource temporarily unavailable")

    with pytest.raises(RunBroken, match=r"^Joint training, seed 0: its process could not be started: Resource temp"):
        [*examine(plan, tmp_path / "out", start)]
    assert not Line().entries()


def test_in_processes_of_their_own_and_after_a_kill_runs_are_what_they_are_here(
    plan: ClaimPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan.of(plan.experiment, {**SMALL, "arms": ("joint", "maml")})
    whole = found([*examine(plan, tmp_path / "whole")])
    monkeypatch.setattr(Owned, "wait", lambda self, seconds: time.sleep(seconds))
    monkeypatch.setattr(wanted, "BETWEEN", 0.1)
    processes = list[subprocess.Popen[bytes]]()

    def start(entry: Entry, at_once: int) -> subprocess.Popen[bytes]:
        processes.append(start_process(entry, at_once))
        return processes[-1]

    test, end = examine(plan, tmp_path / "out", start), time.monotonic() + 300
    for _ in test:
        assert time.monotonic() < end
        if any(entry.state == "running" for entry in Line().entries()):
            break
    with monkeypatch.context() as patch:  # as kill -9 does, which asks nobody
        patch.setattr(Owned, "withdraw", lambda self: None)
        test.close()
    assert len(Line().entries()) == 2, "whoever is there goes on with them"
    events = list[ClaimsEvent]()
    for event in examine(plan, tmp_path / "out", start):
        assert time.monotonic() < end
        events.append(event)
    assert found(events) == whole and not Line().entries()
    assert [process.wait(60) for process in processes].count(0) == 2, "each is done once"
    for run in (tmp_path / "whole" / "runs").iterdir():
        here, there = (read_curves(folder).columns for folder in (run, tmp_path / "out" / "runs" / run.name))
        assert all(np.array_equal(here[name], there[name], equal_nan=True) for name in here if name != "seconds")
