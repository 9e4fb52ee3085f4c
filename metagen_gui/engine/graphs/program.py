"""What a model computes of its own weights, as a module: latents in, samples out. Nothing in it is random."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import ExportedProgram

from metagen_gui.engine.beneath_autograd.turns import hearing
from metagen_gui.engine.graphs.functions import sampled_with
from metagen_gui.engine.models.base import PlayerParams
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import printable, shortened
from metagen_gui.engine.trained.loaded_model import LoadedModel

EXAMPLE = 3
"""How many samples a graph is traced with: a batch of 1, or 0, would be taken for one of that size only."""


class Weighing(nn.Module):
    """A module that holds the parameters of all players, so that they go into a file with it."""

    def __init__(self, params: PlayerParams) -> None:
        super().__init__()
        self.names: dict[str, dict[str, str]] = {}
        for player, values in params.items():
            self.names[player] = {name: f"{player}/{name}".replace(".", "_") for name in values}
            for name, value in values.items():
                self.register_buffer(self.names[player][name], value.detach().clone())

    def params(self) -> PlayerParams:
        """Return the parameters by player and name."""
        held: Mapping[str, Tensor] = dict(self.named_buffers())
        return {player: {name: held[key] for name, key in names.items()} for player, names in self.names.items()}


class Sampler(Weighing):
    """Makes samples `(count, *shape)` from latents `(count, size)`."""

    def __init__(self, model: LoadedModel) -> None:
        super().__init__(sampled_with(model))
        self.model = model.algorithm.model

    def forward(self, latents: Tensor) -> Tensor:
        """Return one sample per latent."""
        return self.model.generate(self.params(), latents)


def turns_of(sampler: Sampler, latents: Tensor) -> int:
    """Return how many turns `sampler` does one after the other, each of which its graph holds; 0 for all at once."""
    turns = list[int | None]()
    with hearing(lambda work, number: turns.append(number)), torch.no_grad():
        sampler(latents)
    return sum(number is not None for number in turns)


def traced(module: nn.Module, example: Mapping[str, Tensor], free: Mapping[str, dict[int, Any]]) -> ExportedProgram:
    """Return the graph of what `module` makes of tensors like `example`, whose axes `free` may have any length.

    Raises `BadInput` for what cannot be traced.
    """
    shapes = {name: free.get(name, {}) for name in example}
    try:
        with torch.no_grad():
            return torch.export.export(module, args=(), kwargs=dict(example), dynamic_shapes=shapes)
    except Exception as error:  # of whatever a plugin does that no graph can hold
        first = str(error).strip().partition("\n")[0]
        raise BadInput(
            "graph", f"this model cannot be written as a graph: {printable(shortened(first, 300))}"
        ) from error
