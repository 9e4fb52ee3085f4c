"""Experiments of a few milliseconds a step, and whether two runs came to the same."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from metagen_gui.engine.experiment import SECTIONS, Experiment
from metagen_gui.engine.store.checkpoint import files_of, manifests
from metagen_gui.engine.store.record import read_record

SMALL: dict[str, Any] = {
    "size": 12,
    "width": 6,
    "depth": 1,
    "latent_size": 2,
    "context_size": 3,
    "channels": 4,
    "adaptation_steps": 1,
    "fine_tuning_steps": 1,
    "code_size": 3,
    "code_hidden": 4,
    "meta_steps": 12,
    "meta_batch_size": 2,
    "shots": 2,
    "query_size": 2,
    "validate_every": 4,
    "validation_tasks": 2,
    "preview_tasks": 1,
    "preview_samples": 1,
    "checkpoint_steps": 1,
    "device": "cpu",
}


def small(model: str = "vae", algorithm: str = "maml", **training: Any) -> Experiment:
    """Return a small experiment on 2-D densities, with some settings of `training` changed."""
    experiment = Experiment("densities", model, algorithm)
    for section in SECTIONS:
        for name in experiment.config_type(section).model_fields:
            if name in SMALL:
                experiment = experiment.with_value(f"{section}.{name}", SMALL[name])
    for name, value in training.items():
        experiment = experiment.with_value(f"training.{name}", value)
    return experiment


def metrics(folder: Path) -> list[list[str]]:
    """Return the rows of a run's metrics without the one column that may differ from run to run."""
    with (folder / "metrics.csv").open(newline="", encoding="utf-8") as file:
        return [row[:1] + row[2:] for row in csv.reader(file)]


def outcome(folder: Path) -> Mapping[str, Any]:
    """Return all that must be the same, bit for bit, however often a run was interrupted."""
    record, newest = read_record(folder), manifests(folder / "checkpoints")[-1]
    return {
        "newest checkpoint": newest.name,
        "weights": files_of(newest)[2].read_bytes(),
        "optimizer": files_of(newest)[1].read_bytes(),
        "metrics": metrics(folder),
        "best": record and (record.best, record.best_step),
        "state": record and (record.state, record.meta_step),
        "best checkpoint": record and (folder / "checkpoints" / f"step-{record.best_step:08d}.json").exists(),
    }


def difference(folder: Path, reference: Mapping[str, Any]) -> str | None:
    """Return in what a run differs from the uninterrupted one, or None."""
    try:
        found = outcome(folder)
    except (OSError, IndexError) as error:
        return f"cannot be read: {error}"
    wrong = [name for name, value in found.items() if value != reference[name]]
    return f"differs from the uninterrupted run in {', '.join(wrong)}" if wrong else None
