"""Small experiments that run in a tenth of a second, over whatever plugins there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from metagen_gui.engine.experiment import SECTIONS, Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.run import outer_loop
from tests.engine.cells import EVERY

SMALL: dict[str, Any] = {
    # of plugins, where they have such a setting
    "size": 16,
    "width": 6,
    "depth": 1,
    "latent_size": 3,
    "context_size": 4,
    "channels": 4,
    "layers": 2,
    "looks": 1,
    "units": 2,
    "judge_channels": 2,
    "bank": 3,
    "block": 4,
    "conjugate_steps": 2,
    "adaptation_steps": 2,
    "fine_tuning_steps": 1,
    "code_size": 3,
    "code_hidden": 4,
    "reader_width": 4,
    # of training
    "meta_steps": 3,
    "meta_batch_size": 2,
    "shots": 3,
    "query_size": 4,
    "validate_every": 2,
    "validation_tasks": 2,
    "preview_tasks": 2,
    "preview_samples": 2,
    "device": "cpu",
}


@pytest.fixture(autouse=True)
def read_where(reading_here: None) -> None:
    """Read every export back in this process, but in the room of exports."""


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of six classes of eight gray images each."""
    root, random = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for label in range(6):
        folder = root / f"class {label}"
        folder.mkdir()
        for number in range(8):
            values = random.integers(0, 40, (12, 12)) + 30 * label
            Image.fromarray(values.astype(np.uint8)).save(folder / f"{number}.png")
    return root


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of eight tables of thirty points each."""
    root, random = tmp_path_factory.mktemp("tables"), np.random.default_rng(0)
    for label in range(8):
        np.savetxt(root / f"table {label}.csv", label + random.standard_normal((30, 2)), delimiter=",", header="x,y")
    return root


@pytest.fixture
def factored() -> str:
    """Whether small experiments listen beneath autograd: a step takes half as long without, where nothing is learned.

    The rooms that prove steps have them computed as runs do by default.
    """
    return "auto" if EVERY else "never"


@pytest.fixture
def tiny(pictures: Path, tables: Path, factored: str) -> Callable[..., Experiment]:
    """Build a small experiment: `tiny("densities", "vae", "maml", {"training.seed": 1})`.

    Where a test names none, it is of what trains quickest.
    """

    def make(
        tasks: str = "sinusoids", model: str = "", algorithm: str = "maml", values: Mapping[str, Any] | None = None
    ) -> Experiment:
        model = model or ("curve" if tasks == "sinusoids" else "vae")
        experiment = Experiment(tasks, model, algorithm).with_value("training.factored", factored)
        for section in SECTIONS:
            for name in experiment.config_type(section).model_fields:
                if name in SMALL:
                    experiment = experiment.with_value(f"{section}.{name}", SMALL[name])
        if "path" in experiment.config_type("tasks").model_fields:
            experiment = experiment.with_value("tasks.path", str(pictures if tasks == "images" else tables))
        for path, value in (values or {}).items():
            experiment = experiment.with_value(path, value)
        return experiment

    return make


@pytest.fixture
def learners(monkeypatch: pytest.MonkeyPatch) -> list[MetaLearner]:
    """The learners of the runs that are started."""
    made: list[MetaLearner] = []

    class Kept(MetaLearner):
        def __init__(self, experiment: Experiment) -> None:
            super().__init__(experiment)
            made.append(self)

    monkeypatch.setattr(outer_loop, "MetaLearner", Kept)
    return made
