"""A test of claims that costs nothing: a stand-in for `examine_alone` that reports what a test wants."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from metagen_gui.engine.claims.examination.events import (
    ClaimsAdvanced,
    ClaimsEvent,
    ClaimsFinished,
    ClaimsNotice,
    ClaimsStarted,
)
from metagen_gui.engine.claims.folder import ClaimFolder
from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.experiment import Experiment
from metagen_gui.gui.run.controller import RunController
from tests.gui.stand_ins import FakeTraining, engine

TINY: dict[str, Any] = {
    "tasks": {"name": "densities"},
    "model": {"name": "vae", "settings": {"width": 6, "depth": 1, "latent_size": 2, "context_size": 4}},
    "algorithm": {"name": "fomaml", "settings": {"adaptation_steps": 1}},
    "training": {"meta_batch_size": 2, "shots": 3, "query_size": 6, "device": "cpu"},
}
SMALL: dict[str, Any] = {
    "steps": 2,
    "seeds": (0,),
    "tasks": 4,
    "validation_tasks": 2,
    "candidates": 1,
    "adaptation_steps": (1, 4),
    "outer_rates": (1.0,),
}


def tiny() -> Experiment:
    return Experiment.from_document(TINY)


def small_plan(**values: Any) -> ClaimPlan:
    return ClaimPlan.of(tiny(), {**SMALL, **values})


class FakeExamine:
    """Reports `steps` times, then ends with `result`, or raises `problem`; counts what happened to it."""

    def __init__(self, steps: int = 1_000_000) -> None:
        self.steps, self.closed = steps, 0
        self.result: ClaimsFinished | None = None
        self.problem: BaseException | None = None
        self.asked: list[tuple[ClaimPlan, Path]] = []
        self.threads: set[int] = set()

    def __call__(self, plan: ClaimPlan, folder: Path) -> Generator[ClaimsEvent, None, None]:
        self.asked.append((plan, folder))
        self.threads.add(threading.get_ident())
        try:
            if self.problem is not None:
                raise self.problem
            ClaimFolder(folder, plan)
            yield ClaimsStarted(folder, 4, 7, 300.0)
            yield ClaimsNotice("Half of the images were skipped.")
            for number in range(self.steps):
                time.sleep(0.001)
                share = number / self.steps
                yield ClaimsAdvanced(f"MAML, seed 0: outer step {number:,} of {self.steps:,}", share, 100 * (1 - share))
            if self.result is not None:
                yield self.result
        finally:
            self.closed += 1


def run_controller(folder: Path) -> RunController:
    """A window's run, with an engine around a stand-in, whose runs and tests lie in `folder`."""
    made = RunController()
    made.set_engine(engine(FakeTraining(folder / "runs"), folder / "runs"))
    return made
