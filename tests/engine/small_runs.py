"""Runs of seconds in processes of their own, what they have reported, and waiting for them."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from metagen_gui.engine.experiment import Experiment

TINY = {
    "model.width": 6,
    "algorithm.adaptation_steps": 1,
    "training.meta_batch_size": 2,
    "training.validation_tasks": 2,
    "training.preview_tasks": 1,
    "training.device": "cpu",
}


def small_run(meta_steps: int, checkpoint_steps: int) -> Experiment:
    """Return an experiment whose steps take milliseconds."""
    experiment = Experiment("densities")
    steps = {"training.meta_steps": meta_steps, "training.checkpoint_steps": checkpoint_steps}
    for path, value in {**TINY, **steps}.items():
        experiment = experiment.with_value(path, value)
    return experiment


def rows(folder: Path) -> list[list[str]]:
    """Return what a run has reported, as text, without the seconds."""
    with (folder / "metrics.csv").open(newline="", encoding="utf-8") as file:
        return [row[:1] + row[2:] for row in csv.reader(file)]


def wait_until(holds: Callable[[], Any], within: float) -> None:
    """Wait for something that comes, `within` seconds."""
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)
