"""Every preset opens, says what it is good for, and trains."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metagen_gui.engine.events import RunFinished
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.models.base import models
from metagen_gui.engine.run.outer_loop import meta_train

PRESETS = sorted((Path(__file__).parents[1] / "resources" / "presets").glob("*.json"))


def test_there_are_presets() -> None:
    names = {preset.stem for preset in PRESETS}
    assert {"strokes-vae", "densities-gan", "sinusoids-maml", "sinusoids-meta-sgd"} <= names


def test_every_model_has_one_of_its_own() -> None:
    assert {Experiment.load(preset).model for preset in PRESETS} == set(models.names())


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.stem)
def test_a_preset_trains(preset: Path, tmp_path: Path) -> None:
    about = json.loads(preset.read_text("utf-8"))["about"]
    assert about["title"] and about["text"].endswith(".")
    experiment = Experiment.load(preset)
    few = dict.fromkeys(("meta_steps", "meta_batch_size", "validation_tasks", "preview_tasks", "preview_samples"), 1)
    for name, value in {**few, "query_size": 4, "warmup_steps": 0}.items():
        experiment = experiment.with_value(f"training.{name}", value)
    assert isinstance(list(meta_train(experiment, out=tmp_path / "run"))[-1], RunFinished)
