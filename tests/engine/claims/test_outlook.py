"""What is told of a test before it starts, against what it says itself once it has started."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from metagen_gui.engine.claims import outlook as module
from metagen_gui.engine.claims.arms import Arm
from metagen_gui.engine.claims.examination import runner
from metagen_gui.engine.claims.examination.events import ClaimsStarted
from metagen_gui.engine.claims.examination.runner import examine
from metagen_gui.engine.claims.outlook import outlook, shifts, suitors
from metagen_gui.engine.claims.plan import QUICK, ClaimPlan
from metagen_gui.engine.experiment import Experiment

Tiny = Callable[..., Experiment]


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "side_by_side", lambda: 2)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"seeds": (0, 1, 2)},
        {"compare_at": ("equal steps",)},
        {"arms": ("joint", "maml", "reptile", "fomaml", "null")},
        {"arms": ("random", "maml")},
    ],
)
def test_runs_and_scores_are_those_that_the_test_will_have(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any]
) -> None:
    speeds = {"joint": 0.2, "maml": 1.0, "null": 1.1}

    def known(arm: Arm, seed: int) -> tuple[float, float]:
        return 0.0, speeds.get(arm.run, 0.5 if arm.run == "fomaml" else 0.4)

    monkeypatch.setattr(runner, "seconds_per_step", known)
    plan = ClaimPlan.of(tiny("densities", "vae", "maml"), {"seconds": 20.0, "tasks": 4, **changed})
    test = examine(plan, tmp_path / "out")
    started = next(event for event in test if isinstance(event, ClaimsStarted))
    test.close()
    told = outlook(plan)
    assert (told.runs, told.scores) == (started.runs, started.scores)
    assert told.seconds is not None and told.seconds > told.runs * 20 / 2


def test_of_steps_nobody_knows_how_long_they_take() -> None:
    quick = outlook(ClaimPlan.of(Experiment(), QUICK))
    assert quick.seconds is not None and 4 * 45 / 2 < quick.seconds < 600 / 2
    assert outlook(ClaimPlan.of(Experiment(), {**QUICK, "seconds": None, "steps": 5})).seconds is None


def test_algorithms_that_suit_come_with_the_own_one_first() -> None:
    found = suitors(Experiment(model="gan", algorithm="reptile"))
    assert found[0].name == "reptile" and not found[0].objection
    assert {one.name for one in found if one.objection} == {"imaml"}
    own = Experiment().with_value("model.context_size", 0)
    assert "nothing to adapt" in next(one.objection for one in suitors(own) if one.name == "cavia")


def test_images_of_ones_own_are_not_looked_for_to_know_what_suits() -> None:
    images = Experiment(tasks="images").with_value("tasks.path", "/nowhere")
    assert all(not one.objection for one in suitors(images))
    assert [one.name for one in shifts(images)] == ["strokes"]
    assert [(one.name, one.needs_folder) for one in shifts(Experiment())] == [("images", True)]
    assert {"gaussians", "points", "sinusoids"} == {one.name for one in shifts(Experiment(tasks="densities"))}
    rgb = images.with_value("tasks.colour", "rgb")
    assert not [*shifts(rgb)], "strokes have one channel"
