"""What every experiment promises: it trains, goes on bit for bit after a kill, and what it learned is exported."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from metagen_gui.engine.events import RunFinished, RunStarted, StepReport, ValidationReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from metagen_gui.engine.store.checkpoint import files_of, manifests
from metagen_gui.engine.store.names import CHECKPOINTS, METRICS
from metagen_gui.engine.store.record import read_record
from metagen_gui.engine.trained.export import export_initialization, load_export
from metagen_gui.testing.promises import must, must_equal


def check_run(experiment: Experiment, folder: Path, killed_at: int = 3) -> None:
    """Train a small experiment under `folder`, resume what a kill right after a step would leave, export, sample.

    `training.meta_steps` is to be more than `killed_at`. Raise `AssertionError` on a broken promise.
    """
    whole, left = folder / "whole", folder / "left"
    events = []
    for event in meta_train(experiment, out=whole):
        events.append(event)
        if isinstance(event, StepReport) and event.meta_step == killed_at:
            shutil.copytree(whole, left)
    must(isinstance(events[-1], RunFinished), "a run comes to its end")
    must(any(isinstance(event, ValidationReport) for event in events), "a run is validated")
    again = list(resume_run(left))
    started = next(event for event in again if isinstance(event, RunStarted))
    must(started.resumed_from > 0, "a killed run goes on from a checkpoint: set training.checkpoint_steps")
    must(isinstance(again[-1], RunFinished), "a resumed run comes to its end")
    must_equal(outcome(left), outcome(whole), "a resumed run is bit for bit the one that was not interrupted")
    model = load_export(export_initialization(whole, folder / "export").folder)
    samples = model.sample(3, seed=1)
    must_equal(tuple(samples.shape), (3, *model.spec.shape), "an export gives samples of the data's shape")


def outcome(folder: Path) -> tuple[object, ...]:
    """Return what must come out the same: the last weights, the optimizer, the numbers of all rows, the best step."""
    newest, record = manifests(folder / CHECKPOINTS)[-1], read_record(folder)
    with (folder / METRICS).open(newline="") as file:
        rows = [row[:1] + row[2:] for row in csv.reader(file)]
    assert record is not None
    return newest.name, *(path.read_bytes() for path in files_of(newest)[1:]), rows, record.best, record.best_step
