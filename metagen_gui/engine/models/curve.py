"""A curve y = f(x), learned by a small network: p(y | x) as a Gaussian around it, so the loss is a squared error.

    ℓ(θ) = mean (y − f_θ(x))²

The network, its activation and its initial weights are those of the sinusoid experiment of MAML (Finn, Abbeel & Levine
2017, section 5.1, and its code): 1-40-40-1, ReLU, truncated normal weights of deviation 0.01, biases 0. An example is a
point (x, y). A context, if there is one, adds a linear map of itself to every hidden layer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from metagen_gui.engine.data.spec import DataSpec
from metagen_gui.engine.health.remedies import lower
from metagen_gui.engine.models.base import USUAL, Circumstances, GenerativeModel, LossKind, Noise, PlayerParams, models
from metagen_gui.engine.settings.config import Config, setting

REACH = 5.0
"""Samples have x in [-REACH, REACH]."""
SMALL = 0.01
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": F.relu, "tanh": torch.tanh, "silu": F.silu}


NETWORK = {"formula": "y = f_θ(x)", "paper": "Finn, Abbeel & Levine 2017, section 5.1"}


class CurveSettings(Config):
    """Settings of the curve."""

    enters = dict.fromkeys(("width", "depth", "activation", "initial_weights"), NETWORK)
    width: int = setting(40, "Units per hidden layer.", unit="units", low=1, high=4096, log=True)
    depth: int = setting(2, "Hidden layers.", unit="layers", low=1, high=8)
    activation: Literal["relu", "tanh", "silu"] = setting("relu", "What follows every hidden layer.")
    initial_weights: Literal["small", "by_inputs"] = setting(
        "small", "Initial weights: truncated normal of deviation 0.01, or uniform within 1/√inputs."
    )
    context_size: int = setting(0, "Numbers that tell tasks apart (the context); 0 leaves it out.", low=0, high=1024)


class _Network(nn.Module):
    def __init__(self, settings: CurveSettings) -> None:
        super().__init__()
        c = settings.context_size
        sizes = [1] + [settings.width] * settings.depth
        self.body = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.steer = nn.ModuleList(nn.Linear(c, b, bias=False) for b in sizes[1:]) if c else None
        self.head = nn.Linear(sizes[-1], 1)
        self.context = nn.Parameter(torch.zeros(c)) if c else None
        self.activation = ACTIVATIONS[settings.activation]

    def forward(self, x: Tensor) -> Tensor:
        """Map `(n, 1)` to `(n, 1)`."""
        for place, layer in enumerate(self.body):
            x = layer(x)
            if self.steer is not None:
                x = x + self.steer[place](self.context)
            x = self.activation(x)
        out: Tensor = self.head(x)
        return out


@models.register("curve")
class Curve(GenerativeModel):
    """A curve through points of the plane: y as a function of x."""

    title = "Curve"
    summary = "A small network that draws y over x through the support points; for sinusoids."
    reference = "Finn, Abbeel & Levine 2017, section 5.1"
    Settings = CurveSettings
    remedies = {"overfitting": partial(lower, path="model.width", label="Halve the width", factor=2)}
    players = ("curve",)
    groups = ("context", "head", "body")
    group_rates = {"context": 1.0, "head": 1.0, "body": 1.0}
    loss_settings = ()
    loss_is = LossKind("Squared error", about="The mean squared error of y on the query.")
    adapts = {"everything": ("context", "head", "body"), "context": ("context",), "head": ("head",)}

    def __init__(self, settings: CurveSettings, spec: DataSpec) -> None:
        super().__init__(settings, spec)
        self.network = _Network(settings)

    @classmethod
    def objection_to(cls, spec: DataSpec) -> str:
        """Return why there is nothing to draw, unless examples are points."""
        return "" if spec.shape == (2,) else f"curve draws y over x, so its tasks hold points; these hold {spec.kind}"

    def initialize(self, generator: torch.Generator) -> PlayerParams:
        """Return fresh parameters; the context begins at 0, and so do biases with small weights."""
        values = {}
        for name, parameter in self.network.named_parameters():
            shape, inputs = parameter.shape, self.network.get_parameter(name.replace("bias", "weight")).shape[-1]
            if name == "context" or (self.settings.initial_weights == "small" and name.endswith("bias")):
                values[name] = torch.zeros(shape)
            elif self.settings.initial_weights == "small" and not name.startswith("steer"):
                drawn = torch.empty(shape)
                values[name] = nn.init.trunc_normal_(drawn, std=SMALL, a=-2 * SMALL, b=2 * SMALL, generator=generator)
            else:
                values[name] = (2 * torch.rand(shape, generator=generator) - 1) / math.sqrt(inputs)
        return {"curve": values}

    def group_of(self, player: str, name: str) -> str:
        """Return `context`, `head` (the last layer) or `body`."""
        first = name.split(".")[0]
        return "body" if first == "steer" else first

    def noise(self, generator: torch.Generator, lead: tuple[int, ...], examples: int) -> Noise:
        """Return nothing: the loss is not random."""
        return {}

    def loss(
        self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, circumstances: Circumstances = USUAL
    ) -> Tensor:
        """Return the mean squared error of y."""
        return (self._at(params, batch[:, :1]) - batch[:, 1:]).square().mean()

    def latents(self, generator: torch.Generator, count: int) -> Tensor:
        """Return places along the x axis, uniform in [-1, 1]: `(count, 1)`."""
        return 2 * torch.rand(count, 1, generator=generator, device=generator.device) - 1

    def generate(self, params: PlayerParams, latents: Tensor) -> Tensor:
        """Return points on the curve `(count, 2)`."""
        x = REACH * latents
        return torch.cat([x, self._at(params, x)], dim=1)

    def curve(self, params: PlayerParams, x: Tensor) -> Tensor:
        """Return y at `x` `(n,)` as `(n,)`."""
        return self._at(params, x[:, None])[:, 0]

    def _at(self, params: PlayerParams, x: Tensor) -> Tensor:
        out: Tensor = functional_call(self.network, params["curve"], (x,))
        return out
