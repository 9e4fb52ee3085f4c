"""A network of examples and a time whose layers a context scales and shifts: FiLM (Perez et al. 2018, eq. 2).

    h ← act( (W h + b) ∘ (1 + share · γ) + share · δ ),   (γ, δ) = U c

The context c belongs to the task, the time to the example. `share` says how much of the context counts: 1 for all of
it, 0 for none, as for guidance, which compares both.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from metagen_gui.engine.networks.context_networks import ACTIVATIONS, Waves

BEATS = 16
"""Waves of the time."""
TEMPO = 4.0
"""By what the time is multiplied first, so that its waves go through a few periods from 0 to 1."""


class FilmLinear(nn.Module):
    """A linear layer with scale, shift and activation; it adds to its input where sizes agree."""

    def __init__(self, inputs: int, outputs: int, context: int, activation: str) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        self.steer = nn.Linear(context, 2 * outputs, bias=False) if context else None
        self.activation = ACTIVATIONS[activation]

    def forward(self, x: Tensor, context: Tensor, share: Tensor | None) -> Tensor:
        """Map `(examples, inputs)` to `(examples, outputs)`; `share` is `(examples, 1)`."""
        hidden: Tensor = self.linear(x)
        if self.steer is not None:
            scale, shift = self.steer(context).chunk(2)
            if share is not None:
                scale, shift = share * scale, share * shift
            hidden = hidden * (1 + scale) + shift
        hidden = self.activation(hidden)
        return x + hidden if x.shape[1] == hidden.shape[1] else hidden


class FilmMLP(nn.Module):
    """Layers of `FilmLinear` and a linear output.

    `waves` above 0 are that many waves of the inputs beside the inputs themselves.
    """

    def __init__(
        self, inputs: int, width: int, depth: int, outputs: int, context: int, activation: str, waves: int = 0
    ) -> None:
        super().__init__()
        self.time_waves = Waves(1, BEATS)
        self.waves = Waves(inputs, waves) if waves else None
        sizes = [inputs + waves + 1 + BEATS] + [width] * depth
        self.layers = nn.ModuleList(FilmLinear(a, b, context, activation) for a, b in pairwise(sizes))
        self.out = nn.Linear(width, outputs)

    def forward(self, x: Tensor, time: Tensor, context: Tensor, share: Tensor | None = None) -> Tensor:
        """Map `(examples, inputs)` at `time` `(examples,)` to `(examples, outputs)`; `share` is `(examples,)`."""
        seen = x if self.waves is None else self.waves(x)
        hidden = torch.cat([seen, self.time_waves(TEMPO * time[:, None])], dim=1)
        for layer in self.layers:
            hidden = layer(hidden, context, None if share is None else share[:, None])
        out: Tensor = self.out(hidden)
        return out
