"""A network that reads a set of examples in one pass and says how parameters should change (Edwards & Storkey 2017).

    e_n = E(x_n),   w = D(mean_n e_n)

E and D have one hidden layer each. The mean knows no order and no number: the same examples twice say the same as once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from metagen_gui.engine.models.base import Params

READS = "reads."
"""What the names of the network's tensors begin with."""
LAYERS = 4
QUIET = 0.1
"""How much smaller than usual the last layer's weights begin: at first the initialization is hardly changed."""


def fresh_set_encoder(generator: torch.Generator, inputs: int, width: int, moving: Params) -> Params:
    """Return the network from examples of `inputs` numbers to a change of the parameters `moving`."""
    numbers = sum(value.numel() for value in moving.values())
    fresh = {}
    for layer, (a, b) in enumerate([(inputs, width), (width, width), (width, width), (width, numbers)]):
        scale = (QUIET if layer == LAYERS - 1 else 1) / math.sqrt(a)
        fresh[f"{READS}{layer}.weight"] = scale * torch.randn(a, b, generator=generator)
        fresh[f"{READS}{layer}.bias"] = torch.zeros(b)
    return fresh


def changes_for(networks: Mapping[str, Tensor], examples: Tensor, like: Params) -> Params:
    """Return what `examples` `(n, *shape)`, in whatever order, change each parameter of `like` by."""

    def layer(number: int, values: Tensor) -> Tensor:
        return values @ networks[f"{READS}{number}.weight"] + networks[f"{READS}{number}.bias"]

    read = layer(1, F.silu(layer(0, examples.flatten(1)))).mean(0)
    parts = torch.split(layer(3, F.silu(layer(2, read))), [value.numel() for value in like.values()])
    return {name: part.view(value.shape) for (name, value), part in zip(like.items(), parts, strict=True)}
