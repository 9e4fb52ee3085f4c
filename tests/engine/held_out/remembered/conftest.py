"""Pictures, a run that was trained on them, and one of before streams were remembered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.store.names import CHECKPOINTS, DATA


def picture(path: Path, *seed: int) -> None:
    """A picture of its own for every seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(seed).integers(0, 255, (12, 12))
    Image.fromarray(values.astype(np.uint8)).save(path)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Twelve classes of eight pictures."""
    for label in range(12):
        for number in range(8):
            picture(tmp_path / "data" / f"class {label:02}" / f"{number}.png", label, number)
    return tmp_path / "data"


@pytest.fixture
def experiment(tiny: Callable[..., Experiment], data: Path) -> Experiment:
    few = {"training.meta_steps": 2, "algorithm.adaptation_steps": 1}
    return tiny("images", "vae", values={"tasks.path": str(data), **few})


@pytest.fixture
def trained(experiment: Experiment, tmp_path: Path) -> Path:
    for _ in meta_train(experiment, out=tmp_path / "run", previews=False):
        pass
    return tmp_path / "run"


@pytest.fixture
def as_before(trained: Path, experiment: Experiment, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The run as one from before runs kept their streams has left it: trained by the earlier rule, with no record."""
    for path in (trained / DATA, trained / CHECKPOINTS / DATA):
        path.unlink()
    for manifest in (trained / CHECKPOINTS).glob("step-*.json"):
        told = json.loads(manifest.read_text())
        del told["progress"]["data"], told["digest"]
        manifest.write_text(json.dumps(told))
    return trained
