"""Runs that take a moment, what they have learned as exports, and pictures to learn from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.trained.export import export_initialization

TINY: dict[str, Any] = {
    "model.width": 8,
    "algorithm.adaptation_steps": 2,
    "training.meta_steps": 2,
    "training.meta_batch_size": 2,
    "training.validation_tasks": 2,
    "training.preview_tasks": 1,
    "training.device": "cpu",
}


def tiny(**changed: Any) -> Experiment:
    """Return an experiment that takes a moment; a setting's dot is written `__`."""
    named = {name.replace("__", "."): value for name, value in changed.items()}
    experiment = Experiment()
    for path, value in {"tasks.name": "densities", **TINY, **named}.items():
        experiment = experiment.with_value(path, value)
    return experiment


def run(experiment: Experiment, folder: Path) -> Path:
    list(meta_train(experiment, out=folder, previews=False))
    return folder


@pytest.fixture(scope="package")
def points_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tiny(), tmp_path_factory.mktemp("runs") / "points")


@pytest.fixture(scope="package")
def exported(points_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export to be looked at only; tests that spoil one copy it."""
    return export_initialization(points_run, tmp_path_factory.mktemp("exports") / "points").folder


@pytest.fixture
def own_copy(exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported, tmp_path / "copy"))


@pytest.fixture(scope="package")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three classes with 16 images each, every class a bar at a place of its own."""
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(0)
    for name, row in (("high", 2), ("middle", 7), ("low", 12)):
        (folder / name).mkdir()
        for number in range(16):
            pixels = random.integers(0, 40, (16, 16), dtype=np.uint8)
            pixels[row : row + 3] = 230
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


def edit(folder: Path, **changed: Any) -> None:
    """Change what an export says of itself."""
    about = json.loads((folder / "export.json").read_text())
    (folder / "export.json").write_text(json.dumps({**about, **changed}))
