"""What stands beside a session: the same steps and latents from weights that were not meta-learned.

From scratch: a fresh initialization. Jointly trained: a run that took nothing but joint steps on the same data, such as
the arm `joint` of a test of claims. Both take plain steps (`fine_tuning.py`), tuned on held-out tasks if there are any.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch

from metagen_gui.engine.algorithms.base import MetaParams
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.evaluation import score
from metagen_gui.engine.play.session import Session
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.names import EXPERIMENT
from metagen_gui.engine.tasks.base import TaskBatch
from metagen_gui.engine.trained.fine_tuning import BY_HAND, able_to_fine_tune, by_hand, in_way, plain
from metagen_gui.engine.trained.loaded_model import LoadedModel, assemble
from metagen_gui.engine.trained.trained_run import open_run

UNTUNED = BY_HAND[2]
"""The way that is taken where there is nothing to tune it by."""
TUNED_ON = 2
MOST_RUNS = 500
"""Folders that are looked at for a jointly trained run, the newest."""


def from_scratch(session: Session) -> Iterator[Session | None]:
    """Yield None while it is tuned, and at last a session that begins with fresh weights."""
    experiment = session.model.experiment
    seed = int(experiment.config("training").seed)
    fresh = session.model.algorithm.model.initialize(generator_for(seed, "initialization"))
    yield from _rival(session, experiment, MetaParams(fresh))


def jointly_trained(session: Session, folder: Path) -> Iterator[Session | None]:
    """Yield None while it is tuned, and at last a session that begins with what the run in `folder` has learned."""
    run = open_run(folder)
    yield from _rival(session, run.experiment, MetaParams(run.model.weights.model))


def joint_run(session: Session, roots: Sequence[Path]) -> Path | None:
    """Return the newest run below `roots` that trained the same model jointly on such data, None where there is none.

    Runs lie in a root or, as those of a test of claims, in a folder `runs` of a folder in it.
    """
    found = [path for root in roots for path in (*root.glob(f"*/{EXPERIMENT}"), *root.glob(f"*/runs/*/{EXPERIMENT}"))]
    dated = list[tuple[float, Path]]()
    for path in found:
        with suppress(OSError):
            dated.append((path.stat().st_mtime, path.parent))
    mine = session.model.experiment
    for _, folder in sorted(dated, reverse=True)[:MOST_RUNS]:
        with suppress(BadInput):
            theirs = Experiment.load(folder)
            training = theirs.config("training")
            alike = (theirs.tasks, theirs.model, theirs.config("model")) == (
                mine.tasks,
                mine.model,
                mine.config("model"),
            )
            if alike and training.warmup_steps >= training.meta_steps and open_run(folder).meta_step:
                return folder
    return None


def _rival(session: Session, experiment: Experiment, weights: MetaParams) -> Iterator[Session | None]:
    """Yield None after every way that was tried, and the session of the best one."""
    tuning = plain(able_to_fine_tune(experiment))
    batch = _to_tune_on(session)
    losses = dict[int, float]()
    ways = [in_way(tuning, by_hand(tuning, *way)) for way in BY_HAND]
    if batch is not None:
        for place, way in enumerate(ways):
            losses[place] = _loss(session, _model(session, way, weights), batch)
            yield None
    best = min(losses, key=losses.__getitem__) if losses else BY_HAND.index(UNTUNED)
    model = _model(session, ways[best], weights)
    rival = Session(model, session.family, steps=session.steps, count=len(session.latents), seed=session.seed)
    rival.sight = session.sight
    yield rival


def _model(session: Session, experiment: Experiment, weights: MetaParams) -> LoadedModel:
    return assemble(experiment, session.model.spec, "initialization", weights, "model")


def _to_tune_on(session: Session) -> TaskBatch | None:
    model, training = session.model.algorithm.model, session.model.experiment.config("training")
    if not model.loss_compares():
        return None
    try:
        return session.family.batch("validation", 0, TUNED_ON, training.shots, training.query_size)
    except BadInput:  # its data are gone
        return None


def _loss(session: Session, model: LoadedModel, batch: TaskBatch) -> float:
    """Return the query loss after as many steps as the session takes; infinite where they diverge."""
    algorithm, given = model.algorithm, (torch.from_numpy(part) for part in (batch.support, batch.query))
    support, query = given
    draw = generator_for(session.seed, "validation")
    noise: Any = algorithm.draw_noise(draw, len(support), support.shape[1], query.shape[1], session.steps)
    scores = score(algorithm, model.weights, support, query, noise, session.steps)
    loss = float(scores.query_loss[algorithm.model.players[0]][-1].mean())
    return loss if np.isfinite(loss) else float("inf")
