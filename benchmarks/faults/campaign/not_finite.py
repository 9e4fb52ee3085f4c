"""NaN and infinity in a loss, a gradient, the data or the weights: the step is not applied, and it can be seen."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import torch

from metagen_gui.engine.events import Notice, StepReport
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from metagen_gui.engine.run.training_run import Diverged
from metagen_gui.engine.store.checkpoint import is_finite, load_checkpoint
from metagen_gui.engine.store.metrics_file import read_curves

from .outcome import Laboratory, Outcome, fault
from .poisons import data, gradients, learners, spoiled
from .small_runs import small

STEPS = 12


@fault("not_finite", tries=10)
def not_finite(laboratory: Laboratory) -> Iterator[Outcome]:
    """Poison one step of a run, by turns with NaN and infinity."""
    for what in ("loss", "gradient", "data"):
        told = Outcome(f"NaN or infinity in the {what} of one step")
        for number in range(laboratory.tries):
            told.count(_one_step(laboratory, what, (math.nan, math.inf)[number % 2]))
        told.details = "not applied and said; the run goes on; " + (
            "the loss is finite and so is its curve" if what == "gradient" else "the curve has a gap"
        )
        yield told
    told = Outcome("NaN or infinity in the weights")
    for number in range(laboratory.tries):
        told.count(_weights(laboratory, (math.nan, math.inf)[number % 2]))
    told.details = "nothing of it is saved; after 50 steps the run stops with its last good checkpoint, and resumes"
    yield told


def _one_step(laboratory: Laboratory, what: str, value: float) -> str | None:
    hit, folder = laboratory.chance.randrange(1, STEPS - 1), laboratory.folder / "run"
    poison: AbstractContextManager[None] = data(lambda step: step == hit)
    if what != "data":
        poison = gradients(lambda step, found: spoiled(found, value, loss=what == "loss") if step == hit else found)
    before: dict[int, torch.Tensor] = {}
    notices: list[int] = []
    experiment = small(meta_steps=STEPS, replay=False, validate_every=100)
    with learners() as made, poison:
        for event in meta_train(experiment, out=folder, previews=False):
            if isinstance(event, Notice) and "not applied" in event.text:
                notices.append(event.meta_step)
            if isinstance(event, StepReport):
                values = [value.detach().flatten() for value in made[0].meta["vae"].values()]
                before[event.meta_step] = torch.cat(values)
    curves = read_curves(folder)
    rows = ~np.isnan(curves.columns["train/diverged"])
    gaps = curves.meta_step[rows & ~np.isfinite(curves.columns["train/query_loss/vae"])].tolist()
    shutil.rmtree(folder)
    if not torch.equal(before[hit], before[hit + 1]) or torch.equal(before[hit + 1], before[hit + 2]):
        return f"step {hit + 1} was applied, or the one after it was not"
    if notices != [hit + 1]:
        return f"said at steps {notices}, not at {hit + 1}"
    expected = [] if what == "gradient" else [hit + 1]
    return None if gaps == expected else f"gaps in the curve at {gaps}, expected {expected}"


def _weights(laboratory: Laboratory, value: float) -> str | None:
    """Put NaN into one weight after a step; the checkpoint of that step is the last good one."""
    hit, folder = laboratory.chance.randrange(1, STEPS), laboratory.folder / "run"
    experiment, good = small(meta_steps=100, replay=False, validate_every=200), None
    with learners() as made:
        try:
            for event in meta_train(experiment, out=folder, previews=False):
                if isinstance(event, StepReport) and event.meta_step == hit:
                    with torch.no_grad():
                        next(iter(made[0].meta["vae"].values())).view(-1)[0] = value
            return "the run went on to its end"
        except Diverged:
            good = load_checkpoint(folder / "checkpoints", whole=True)
    if good.meta_step != hit or not is_finite(good.meta) or len(read_curves(folder).meta_step) < hit + 50:
        return f"the last good step was {hit}, the checkpoint is of {good.meta_step}"
    steps = _resumed(folder)
    shutil.rmtree(folder)
    return None if steps == list(range(hit + 1, 101)) else f"resumed and took the steps {steps[:1]} to {steps[-1:]}"


def _resumed(folder: Path) -> list[int]:
    events = list(resume_run(folder, previews=False))
    return [event.meta_step for event in events if isinstance(event, StepReport)]
