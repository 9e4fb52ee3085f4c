from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from metagen_gui.engine.events import MemoryPlan, ValidationReport
from metagen_gui.gui.run.progress import RunProgress
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.run.status.words import sentence, speed, validation_remark
from tests.gui.stand_ins import progress_at, validation


def test_speeds() -> None:
    assert speed(8.31) == "8.3 steps/s"
    assert speed(0.05) == "20 s per step"
    assert speed(250.4) == "250 steps/s"


def test_preparing_says_what_memory_a_step_needs() -> None:
    progress = progress_at(0)
    assert progress.started is not None
    for free, said in ((8_000_000_000, " 3.1 GB of 8.0 GB free memory…"), (0, " 3.1 GB of memory…")):
        progress.started = replace(progress.started, memory=MemoryPlan(3_100_000_000, free, 16, 16))
        assert sentence(RunState.PREPARING, progress).endswith(said)


def test_the_sentence_of_a_run() -> None:
    progress = progress_at(412)
    said = sentence(RunState.RUNNING, progress, memory=1_200_000_000)
    assert said == "Running: step 412 of 2,000 · 8.3 steps/s · 3 min left · 1.2 GB"
    progress.validation = validation(400)
    assert sentence(RunState.RUNNING, progress).endswith("validation loss 0.52 → 0.31 after 2 adaptation steps")
    assert validation_remark(validation(1)) in sentence(RunState.PAUSED, progress)


def test_one_adaptation_step_is_not_several() -> None:
    losses = {"curve": np.array([2.0, 1.0])}
    said = validation_remark(ValidationReport(1, 0.0, losses, losses, tasks=4))
    assert said == "validation loss 2 → 1 after 1 adaptation step"


@pytest.mark.parametrize(("count", "said"), [(1, "1 task exploded"), (1234, "1,234 tasks exploded")])
def test_tasks_that_exploded_are_told_in_every_state_of_a_run(count: int, said: str) -> None:
    progress = progress_at(412)
    for state in (RunState.RUNNING, RunState.PAUSED, RunState.DONE):
        assert "exploded" not in sentence(state, progress)
    progress.exploded = count
    for state in (RunState.RUNNING, RunState.PAUSED, RunState.DONE):
        assert said in sentence(state, progress)


@pytest.mark.parametrize("state", list(RunState))
def test_every_state_has_a_sentence(state: RunState) -> None:
    for progress in (RunProgress(), progress_at(20)):
        said = sentence(state, progress, wanted=True, stepping=True, discarding=True)
        assert said
        assert said[0].isupper()
        assert "None" not in said
