"""The example in CONTRIBUTING.md is a whole algorithm: dropped in as a file, it is found, has a form and trains."""

from __future__ import annotations

from pathlib import Path

import pytest

from metagen_gui.engine.algorithms.base import algorithms
from metagen_gui.engine.events import StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run.outer_loop import meta_train


@pytest.mark.usefixtures("dropped_in")
@pytest.mark.parametrize("model", ["vae", "gan"])
def test_the_example_is_found_has_settings_and_trains(model: str, tmp_path: Path) -> None:
    experiment = Experiment(tasks="densities", model=model, algorithm="joint")
    for text in ("meta_steps=12", "meta_batch_size=4", "shots=8", "query_size=32", "validation_tasks=2"):
        experiment = experiment.with_text(f"training.{text}")
    assert "weight_decay" in {item.name for item in experiment.settings("algorithm")}
    reports = [event for event in meta_train(experiment, out=tmp_path / "run") if isinstance(event, StepReport)]
    assert len(reports) == 12 and not any(report.diverged for report in reports)
    if model == "vae":
        losses = [report.query_loss["vae"] for report in reports]
        assert sum(losses[-3:]) < sum(losses[:3])


@pytest.mark.usefixtures("dropped_in")
def test_its_own_setting_reaches_the_gradient(tmp_path: Path) -> None:
    def last_loss(decay: float) -> float:
        experiment = Experiment(tasks="densities", model="vae", algorithm="joint")
        for path, value in {
            "algorithm.weight_decay": decay,
            "training.meta_steps": 3,
            "training.meta_batch_size": 2,
            "training.validation_tasks": 2,
        }.items():
            experiment = experiment.with_value(path, value)
        events = list(meta_train(experiment, out=tmp_path / str(decay), previews=False))
        return [event for event in events if isinstance(event, StepReport)][-1].query_loss["vae"]

    assert last_loss(0) != last_loss(1)


def test_the_example_is_gone_again() -> None:
    assert "joint" not in algorithms.names()
