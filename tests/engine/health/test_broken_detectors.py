"""Detectors of other packages may break; the run they watch goes on without them, and says so once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metagen_gui.engine.events import Alarm, Event, Notice, RunFinished, StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.health import Health
from metagen_gui.engine.health.base import Detector, Finding, detectors
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from tests.engine.health.reports import SETTINGS, step


class Theirs(Detector):
    """Is ill at every step, and does at step 2 what a test wants."""

    name, title, summary = "theirs", "Theirs", "A detector of another package."
    recovery = 1
    at_two: Callable[[], Finding | None] = staticmethod(lambda: None)

    def look(self, event: Event, settings: Mapping[str, Any]) -> Finding | None:
        if not isinstance(event, StepReport):
            return None
        return self.at_two() if event.meta_step == 2 else Finding("ill", f"ill at {event.meta_step}")


def broken() -> Finding | None:
    raise ZeroDivisionError("division\nby zero")


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> type[Theirs]:
    detectors.load()
    monkeypatch.setitem(detectors._plugins, "theirs", Theirs)
    return Theirs


@pytest.fixture
def experiment() -> Experiment:
    small = {"training.meta_batch_size": 2, "training.validation_tasks": 2, "training.meta_steps": 4}
    small |= {"model.width": 6, "algorithm.adaptation_steps": 1, "training.replay": False, "training.device": "cpu"}
    made = Experiment("densities", "vae", "maml")
    for path, value in small.items():
        made = made.with_value(path, value)
    return made


def news(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Notice) and "left out" in event.text]


def test_a_run_goes_on_without_one_that_raises(
    theirs: type[Theirs], experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(theirs, "at_two", staticmethod(broken))
    run = meta_train(experiment, out=tmp_path / "run", previews=False)
    events: list[Event] = []
    for event in run:
        events.append(event)
        if isinstance(event, StepReport) and event.meta_step == 3:
            run.close()
            break
    assert len(news(events)) == 1
    assert news(events)[0].startswith(
        "The health check 'theirs' broke and is left out of this run: ZeroDivisionError: "
    )
    alarms = [(event.text, event.over) for event in events if isinstance(event, Alarm)]
    assert alarms == [("ill at 1", False), ("ill at 1", True)], "what it had raised does not stand for ever"
    again = list(resume_run(tmp_path / "run", previews=False))
    assert isinstance(again[-1], RunFinished) and again[-1].meta_step == 4


WRONG: dict[str, Callable[[], Any]] = {
    "no finding": lambda: "ill",
    "a text that is none": lambda: Finding("ill", np.float32(2)),  # type: ignore[arg-type]
    "too little memory": lambda: (_ for _ in ()).throw(MemoryError()),
}


@pytest.mark.parametrize("what", WRONG)
def test_others_go_on_watching(theirs: type[Theirs], what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theirs, "at_two", staticmethod(WRONG[what]))
    health = Health(SETTINGS)
    count = len(health.detectors)
    found = [alarm for number in (2, 3) for alarm in health.watch(step(number, 500.0))]
    assert found == [] and len(health.news) == 1 and len(health.detectors) == count - 1


def test_one_that_cannot_be_made_kept_or_restored_is_left_out(
    theirs: type[Theirs], monkeypatch: pytest.MonkeyPatch
) -> None:
    for method in ("__init__", "state", "restore"):
        with monkeypatch.context() as patch:
            patch.setattr(theirs, method, lambda *_: broken())
            health = Health(SETTINGS)
            json.dumps(health.state())
            health.restore({"theirs": {}})
        assert "theirs" not in health.detectors and len(health.news) == 1
    with monkeypatch.context() as patch:
        patch.setattr(theirs, "state", lambda self: {"seen": np.zeros(2)})
        health = Health(SETTINGS)
        assert "theirs" not in health.state() and "divergence" in health.state() and len(health.news) == 1
