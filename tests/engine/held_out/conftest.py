"""Runs that can be scored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.trained.trained_run import TrainedRun, open_run

Tiny = Callable[..., Experiment]


@pytest.fixture
def trained(tiny: Tiny, tmp_path: Path) -> Callable[..., TrainedRun]:
    """Train a small experiment for a step and open its run: `trained("densities", "gan", "maml", {…}, name="a")`."""

    def make(*plugins: str, values: dict[str, Any] | None = None, name: str = "run") -> TrainedRun:
        experiment = tiny(*plugins, values={"training.meta_steps": 1, **(values or {})})
        list(meta_train(experiment, out=tmp_path / name, previews=False))
        return open_run(tmp_path / name)

    return make


Trained = Callable[..., TrainedRun]
