"""Everything that the next steps of a run depend on, taken from a learner and given to another.

Data and noise are functions of the seed and the step, so no generator has a state to be kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from metagen_gui.engine.adaptation.meta_params import MetaParams, Named, is_own
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import SEPARATOR, Checkpoint
from metagen_gui.engine.store.progress import Progress

Optimizers = Mapping[str, torch.optim.Optimizer]


def state_of(learner: MetaLearner) -> Checkpoint:
    """Return a copy of a learner's state, on the CPU."""
    meta = MetaParams.of(
        {
            player: {name: value.detach().cpu().clone() for name, value in values.items()}
            for player, values in learner.meta.items()
        }
    )
    document = learner.experiment.document(complete=True)
    progress = Progress(experiment=document, chunk=learner.chunk, recompute=learner.recompute)
    return Checkpoint(learner.meta_step, meta, _moments(learner.optimizers, learner.meta), progress)


def restore(learner: MetaLearner, checkpoint: Checkpoint) -> None:
    """Let a fresh learner go on where one of the same experiment stood; raise `BadInput` if it was another."""
    fresh = adopt(learner, checkpoint)
    if fresh:
        raise BadInput(f"checkpoint of step {checkpoint.meta_step:,}", f"lacks {fresh[0]}")
    chunk, recompute = checkpoint.progress.chunk, checkpoint.progress.recompute
    learner.chunk = learner.chunk if chunk is None else chunk
    learner.recompute = learner.recompute if recompute is None else recompute


def adopt(learner: MetaLearner, checkpoint: Checkpoint) -> list[str]:
    """Let a fresh learner take over what another run learned, and its place in the stream of tasks.

    Return the parameters that the other had not, or of which its algorithm had others of its own: they begin afresh.
    Raise `BadInput` where the model's shapes differ, or if there is nothing to take over. The optimizers go on as they
    were if they are of the same kind.
    """
    where = f"checkpoint of step {checkpoint.meta_step:,}"
    fresh = []
    for player, values in learner.meta.items():
        theirs = checkpoint.meta.get(player, {})
        for name, value in values.items():
            fits = name in theirs and theirs[name].shape == value.shape
            if name not in theirs or (is_own(name) and not fits):
                fresh.append(f"{player}/{name}")
            elif not fits:
                sizes = f"{_size(theirs[name])} there, {_size(value)} here"
                raise BadInput(where, f"does not fit this experiment: {player}/{name} is {sizes}")
    if len(fresh) == sum(map(len, learner.meta.values())):
        raise BadInput(where, f"holds nothing that a {learner.experiment.model} could take over")
    with torch.no_grad():
        for player, values in learner.meta.items():
            for name, value in values.items():
                if f"{player}/{name}" not in fresh:
                    value.copy_(checkpoint.meta[player][name])
    if checkpoint.moments is not None and _same_optimizer(learner, checkpoint):
        _give_moments(learner.optimizers, learner.meta, checkpoint.moments, fresh)
    learner.meta_step = checkpoint.meta_step
    return fresh


def _moments(optimizers: Optimizers, meta: MetaParams) -> Named:
    """Return what every player's optimizer remembers, by `parameter/what`; nothing before its first step."""
    return {
        player: {
            f"{name}{SEPARATOR}{what}": value.detach().cpu().clone()
            for name, parameter in meta[player].items()
            for what, value in optimizer.state.get(parameter, {}).items()
            if isinstance(value, Tensor)
        }
        for player, optimizer in optimizers.items()
    }


def _give_moments(optimizers: Optimizers, meta: MetaParams, moments: Named, fresh: Sequence[str]) -> None:
    for player, optimizer in optimizers.items():
        state: dict[int, dict[str, Tensor]] = {}
        places = {name: place for place, name in enumerate(meta[player]) if f"{player}/{name}" not in fresh}
        for path, value in moments.get(player, {}).items():
            name, _, what = path.rpartition(SEPARATOR)
            if name in places and (not value.dim() or value.shape == meta[player][name].shape):
                state.setdefault(places[name], {})[what] = value
        # the optimizer itself knows what has to lie on which device, and in which precision
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _same_optimizer(learner: MetaLearner, checkpoint: Checkpoint) -> bool:
    training = (checkpoint.progress.experiment or {}).get("training", {})
    return bool(training.get("outer_optimizer") == learner.training.outer_optimizer)


def _size(value: Tensor) -> str:
    return " × ".join(map(str, value.shape)) or "one number"
