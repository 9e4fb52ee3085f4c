"""What one outer step finds: query losses, and how they become gradients of each player's own meta-parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from metagen_gui.engine.adaptation.meta_params import MetaParams, Named
from metagen_gui.engine.adaptation.task_noise import of_player
from metagen_gui.engine.models.base import USUAL, Circumstances, GenerativeModel, Noise, PlayerParams


@dataclass(frozen=True)
class MetaGradient:
    """What one outer step found.

    `gradients` has a tensor for each that `MetaParams` holds as a mapping; `query_loss` has, per player, one loss per
    task `(tasks,)`, detached. `replaced` has those of the algorithm's own tensors that take a new value outright
    instead of descending, such as moments carried from task to task.
    """

    gradients: Named
    query_loss: dict[str, Tensor]
    replaced: Named = field(default_factory=dict)


def mean_gradient(losses: Mapping[str, Tensor], meta: MetaParams) -> MetaGradient:
    """Return each player's gradient of the mean of its own losses `(tasks,)`, and the losses, detached."""
    means = {player: loss.mean() for player, loss in losses.items()}
    return MetaGradient(gradients_by_player(means, meta), {player: loss.detach() for player, loss in losses.items()})


def gradients_by_player(losses: Mapping[str, Tensor], meta: MetaParams) -> Named:
    """Return, for each player, the gradient of its own loss with respect to its own meta-parameters.

    Players never see each other's outer gradient; what a loss does not depend on gets zeros.
    """
    found: Named = {}
    last = next(reversed([*meta]))
    for player, values in meta.items():
        # players share the graph; the last one's gradient lets go of it as it is computed
        kept = player != last
        got = torch.autograd.grad(losses[player], list(values.values()), retain_graph=kept, allow_unused=True)
        found[player] = {
            name: torch.zeros_like(value) if gradient is None else gradient
            for (name, value), gradient in zip(values.items(), got, strict=True)
        }
    return found


def facing(
    model: GenerativeModel, circumstances: Circumstances, adapted_to_query: Callable[[], PlayerParams]
) -> Circumstances:
    """Return the circumstances of outer losses: with an opponent adapted to the query, where the model needs one."""
    return replace(circumstances, opponent=adapted_to_query()) if model.needs_opponent else circumstances


def grade(
    model: GenerativeModel, params: PlayerParams, query: Tensor, noise: Noise, circumstances: Circumstances = USUAL
) -> dict[str, Tensor]:
    """Return every player's query loss at `params`; the noise begins with `(players,)`."""
    return {
        player: model.query_loss(player, params, query, of_player(noise, place), circumstances)
        for place, player in enumerate(model.players)
    }
