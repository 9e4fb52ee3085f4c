"""What tests of claims train, they train in the process of the test, and they measure few samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metagen_gui.engine.claims.arms import Arm
from metagen_gui.engine.claims.examination import runner
from metagen_gui.engine.claims.examination.events import ClaimsFinished
from metagen_gui.engine.claims.examination.runner import examine
from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.data.spec import PointSpec
from metagen_gui.engine.experiment import Experiment
from tests.engine.queue.here import Here, train_here


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[Here]:
    """Return what has been started."""
    monkeypatch.setattr(PointSpec, "free_samples", 24)
    return train_here(monkeypatch)


Tiny = Callable[..., Experiment]


SMALL = {
    "steps": 3,
    "seeds": (0, 1),
    "tasks": 6,
    "validation_tasks": 3,
    "samples": 6,
    "candidates": 2,
    "adaptation_steps": (1, 2),
    "query_size": 8,
    "outer_rates": (1.0,),
}


ONE = {"algorithm.adaptation_steps": 1}


@pytest.fixture
def known_speeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time nothing: joint training is twice as fast as the others."""

    def known(arm: Arm, seed: int) -> tuple[float, float]:
        return (0.5, 0.5) if arm.run == "joint" else (0.0, 1.0)

    monkeypatch.setattr(runner, "seconds_per_step", known)


def plan(tiny: Tiny, model: str = "vae", **values: Any) -> ClaimPlan:
    return ClaimPlan.of(tiny("densities", model, "maml", ONE), {**SMALL, **values})


def finished(made: ClaimPlan, out: Path) -> ClaimsFinished:
    *_, last = examine(made, out)
    assert isinstance(last, ClaimsFinished)
    return last


@pytest.fixture(scope="package")
def kept() -> list[ClaimsFinished]:
    """A test that was gone through in one go; empty before the first asks for it."""
    return []


@pytest.fixture
def once(tiny: Tiny) -> ClaimPlan:
    made = plan(tiny, seeds=(0,))
    return replace(made, experiment=made.experiment.with_value("algorithm.inner_lr", 0.123456))


@pytest.fixture
def whole(once: ClaimPlan, kept: list[ClaimsFinished], tmp_path_factory: pytest.TempPathFactory) -> ClaimsFinished:
    """A test in one go, which is for looking at alone."""
    if not kept:
        kept.append(finished(once, tmp_path_factory.mktemp("whole")))
    return kept[0]
