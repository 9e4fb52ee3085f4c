"""How the runs of a test went, by what each wrote down."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from metagen_gui.engine.claims.gradient_norms import gradient_norms
from metagen_gui.engine.claims.training import Training
from metagen_gui.engine.statistics import Values
from metagen_gui.engine.store.checkpoint import manifests
from metagen_gui.engine.store.metrics_file import read_curves
from metagen_gui.engine.store.names import CHECKPOINTS
from metagen_gui.engine.store.record import read_record


@dataclass(frozen=True)
class Outcome:
    """How a run went.

    `diverged` is the share of training tasks whose loss was not finite, `setback` the largest rise of the validation
    score above the best so far, as a share of all it fell, `gradient` the mean length of the outer gradient in the end,
    and `gradient_spread` how much it differs from batch to batch, as a share of that.
    """

    run: str
    seed: int
    steps: int
    state: str
    problem: str
    seconds: float
    diverged: float
    setback: float
    gradient: float = math.nan
    gradient_spread: float = math.nan


def look_back(training: Training, folder: Path) -> Outcome:
    """Return how a run went, by what it wrote down."""
    record, curves = read_record(folder), read_curves(folder)
    experiment = training.experiment()
    diverged = curves.columns["train/diverged"] / experiment.config("training").meta_batch_size
    model = experiment.plugin("model")
    # after adaptation, but for joint training, which is not made to adapt
    name = f"validation/{model.score_name or f'query_loss/{model.players[0]}'}/"
    taken = [int(column.removeprefix(name)) for column in curves.columns if column.startswith(name)]
    scores = curves.columns[f"{name}{min(taken) if training.arm.run == 'joint' else max(taken)}"]
    norms = np.zeros(0)
    if any(manifests(folder / CHECKPOINTS)):
        norms = gradient_norms(experiment, folder, joint=training.arm.run == "joint")
    mean = float(norms.mean()) if len(norms) else math.nan
    return Outcome(
        run=training.arm.run,
        seed=training.seed,
        steps=training.steps,
        state=record.state if record else "failed",
        problem=record.problem if record else "",
        seconds=record.seconds if record else math.nan,
        diverged=float(np.nanmean(diverged)) if np.isfinite(diverged).any() else math.nan,
        setback=setback(scores[np.isfinite(scores)]),
        gradient=mean,
        gradient_spread=float(norms.std(ddof=1)) / mean if mean > 0 else math.nan,
    )


def setback(scores: Values) -> float:
    """Return the largest rise of `scores` `(n,)` above their lowest so far, as a share of all they fell in the end."""
    if len(scores) < 2:
        return math.nan
    fall = float(scores[0] - scores.min())
    rise = float((scores - np.minimum.accumulate(scores)).max())
    return rise / fall if fall > 0 else math.inf if rise else 0.0
