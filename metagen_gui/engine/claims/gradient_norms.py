"""How much the outer gradient differs from batch to batch at the end of a run: a noisy one makes training unsteady."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from metagen_gui.engine.adaptation.meta_params import Named
from metagen_gui.engine.algorithms.base import Moment, gradients_by_player
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.learner_state import adopt
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.statistics import Values
from metagen_gui.engine.store.checkpoint import load_checkpoint
from metagen_gui.engine.store.names import CHECKPOINTS

BATCHES = 8


def gradient_norms(experiment: Experiment, folder: Path, *, joint: bool) -> Values:
    """Return the length of the outer gradient, over all players, on batches of validation tasks, `(batches,)`.

    The weights are those that the run in `folder` ended with; with `joint` the gradient is that of joint training.
    """
    learner = MetaLearner(experiment)
    adopt(learner, load_checkpoint(folder / CHECKPOINTS))
    t, norms = learner.training, []
    for number in range(BATCHES):
        first = number * t.meta_batch_size
        batch = learner.family.batch("validation", first, t.meta_batch_size, t.shots, t.query_size)
        support, query = learner.tensors(batch)
        generator = generator_for(t.seed, "evaluation", number, learner.device)
        if joint:
            gradients = _joint(learner, torch.cat([support, query], dim=1).flatten(0, 1), generator)
        else:
            noise = learner.algorithm.draw_noise(generator, len(support), t.shots, t.query_size)
            moment = Moment(share=1 - 1 / t.meta_steps)
            gradients = learner.algorithm.meta_gradient(learner.meta, support, query, noise, moment).gradients
        parts = [part.detach() for values in gradients.values() for part in values.values() if part.numel()]
        norms.append(float(torch.nn.utils.get_total_norm(parts)))
    return np.array(norms)


def _joint(learner: MetaLearner, examples: torch.Tensor, generator: torch.Generator) -> Named:
    model, params = learner.model, learner.algorithm.initialization(learner.meta)
    losses = {
        player: model.loss(player, params, examples, model.noise(generator, (), len(examples)))
        for player in model.players
    }
    return gradients_by_player(losses, learner.meta)
