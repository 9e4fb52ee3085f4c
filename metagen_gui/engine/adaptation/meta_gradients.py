"""What one outer step finds, and how query losses become gradients of each player's own meta-parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from metagen_gui.engine.models.base import Params

MetaParams = dict[str, Params]
"""What is meta-learned, by player: the initialization under the model's own names, and the algorithm's own tensors
under names that begin with `@` (learned rates: `@rate.context`)."""


@dataclass(frozen=True)
class MetaGradient:
    """What one outer step found.

    `gradients` has the structure of the meta-parameters; `query_loss` holds, per player, one loss per task `(tasks,)`,
    detached. `replaced` holds those of the algorithm's own tensors that take a new value outright instead of
    descending, such as moments carried from task to task.
    """

    gradients: MetaParams
    query_loss: dict[str, Tensor]
    replaced: MetaParams = field(default_factory=dict)


def mean_gradient(losses: Mapping[str, Tensor], meta: MetaParams) -> MetaGradient:
    """Return each player's gradient of the mean of its own losses `(tasks,)`, and the losses, detached."""
    means = {player: loss.mean() for player, loss in losses.items()}
    return MetaGradient(gradients_by_player(means, meta), {player: loss.detach() for player, loss in losses.items()})


def gradients_by_player(losses: Mapping[str, Tensor], meta: MetaParams) -> MetaParams:
    """Return, for each player, the gradient of its own loss with respect to its own meta-parameters.

    Players never see each other's outer gradient; what a loss does not depend on gets zeros.
    """
    found: MetaParams = {}
    last = next(reversed(meta))
    for player, values in meta.items():
        # players share the graph; the last one's gradient lets go of it as it is computed
        kept = player != last
        got = torch.autograd.grad(losses[player], list(values.values()), retain_graph=kept, allow_unused=True)
        found[player] = {
            name: torch.zeros_like(value) if gradient is None else gradient
            for (name, value), gradient in zip(values.items(), got, strict=True)
        }
    return found
