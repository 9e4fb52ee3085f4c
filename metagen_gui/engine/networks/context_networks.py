"""The small networks that models are built from: a multilayer perceptron and a convolutional pair, both with a context.

A context is a vector that belongs to the task rather than to the example. Every layer adds a linear map of it, so a few
adapted numbers can steer the whole network while its weights stay shared by all tasks (CAVIA, Zintgraf 2019, section
3.2). Activations are smooth, because second-order meta-gradients differentiate them twice; normalisation is LayerNorm
or GroupNorm, which keep no running statistics that could leak from task to task.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from metagen_gui.engine.data.spec import DataSpec
from metagen_gui.engine.settings.config import Config, setting

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "silu": F.silu,
    "softplus": F.softplus,
    "tanh": torch.tanh,
    "gelu": F.gelu,
}


class NetworkSettings(Config):
    """What every model lets a person choose about its networks."""

    network: Literal["mlp", "conv"] = setting(
        "mlp",
        "Multilayer perceptron, or convolutions (images only; slower on a CPU).",
        titles={"mlp": "MLP", "conv": "convolutions"},
    )
    width: int = setting(128, "Units per hidden layer.", unit="units", low=4, high=4096, log=True)
    depth: int = setting(2, "Hidden layers of either network (MLP).", low=1, high=8, only_if={"network": ["mlp"]})
    channels: int = setting(
        32, "Channels of the first convolution.", low=2, high=512, log=True, only_if={"network": ["conv"]}
    )
    activation: Literal["silu", "softplus", "tanh", "gelu"] = setting(
        "silu",
        "Smooth, because second-order gradients differentiate it twice.",
        expert=True,
        titles={"silu": "SiLU", "gelu": "GELU"},
    )


class Normalisation(nn.Module):
    """LayerNorm or GroupNorm in elementary operations: each of `groups` parts of an example to mean 0 and variance 1.

    torch's fused kernels hand their saved means and deviations to the double backward as constants, so what is
    differentiated further (meta-gradients through weights, gradient penalties) comes out wrong, and silently: a MAML
    step over a GAN disagreed with finite differences by more than half. These operations are exact to every order.
    """

    def __init__(self, features: int, groups: int = 1) -> None:
        super().__init__()
        self.groups = groups
        self.weight = nn.Parameter(torch.ones(features))
        self.bias = nn.Parameter(torch.zeros(features))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise `(examples, features, …)`."""
        parts = x.reshape(x.shape[0], self.groups, -1)
        centred = parts - parts.mean(-1, keepdim=True)
        scaled = centred * torch.rsqrt(centred.square().mean(-1, keepdim=True) + 1e-5)
        shape = (-1, *[1] * (x.ndim - 2))
        return scaled.reshape(x.shape) * self.weight.view(shape) + self.bias.view(shape)


class ContextLinear(nn.Module):
    """A linear layer with normalisation and activation whose bias depends on the context: `act(norm(Wx + Uc + b))`."""

    def __init__(self, inputs: int, outputs: int, context: int, activation: str) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        self.steer = nn.Linear(context, outputs, bias=False) if context else None
        self.norm = Normalisation(outputs)
        self.activation = ACTIVATIONS[activation]

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        """Map `(examples, inputs)` and a context `(context,)` to `(examples, outputs)`."""
        hidden: Tensor = self.linear(x)
        if self.steer is not None:
            hidden = hidden + self.steer(context)
        return self.activation(self.norm(hidden))


class Waves(nn.Module):
    """Sines of learned frequencies beside the inputs themselves: `(examples, inputs)` to `(examples, inputs + count)`.

    Smooth layers alone see the plane, or a space of latents, only coarsely. With waves a gradient step moves neighbours
    independently, so that a few steps can part a cloud of points into modes (Fourier features, Tancik 2020).
    """

    SPREAD = 2.0
    """Standard deviation of the initial frequencies, in radians per unit."""

    def __init__(self, inputs: int, count: int) -> None:
        super().__init__()
        self.frequencies = nn.Linear(inputs, count)

    def forward(self, points: Tensor) -> Tensor:
        """Return the inputs and their waves."""
        return torch.cat([points, torch.sin(self.frequencies(points))], dim=1)


class ContextMLP(nn.Module):
    """Layers of `ContextLinear` and a linear output: `(examples, inputs)` to `(examples, outputs)`.

    With `waves` above 0 the inputs pass through that many `Waves` first.
    """

    def __init__(
        self, inputs: int, width: int, depth: int, outputs: int, context: int, activation: str, waves: int = 0
    ) -> None:
        super().__init__()
        self.waves = Waves(inputs, waves) if waves else None
        sizes = [inputs + waves] + [width] * depth
        self.layers = nn.ModuleList(ContextLinear(a, b, context, activation) for a, b in pairwise(sizes))
        self.out = nn.Linear(sizes[-1], outputs)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        """Map flattened examples and one context to the output."""
        out: Tensor = self.out(self.features(x, context))
        return out

    def features(self, x: Tensor, context: Tensor) -> Tensor:
        """Return what the output is a linear map of, `(examples, width)`."""
        hidden: Tensor = x.flatten(1) if self.waves is None else self.waves(x)
        for layer in self.layers:
            hidden = layer(hidden, context)
        return hidden


class ContextConv(nn.Module):
    """A 3×3 convolution with normalisation and activation; the context adds one number per channel."""

    def __init__(self, inputs: int, outputs: int, context: int, activation: str, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1)
        self.steer = nn.Linear(context, outputs, bias=False) if context else None
        self.norm = Normalisation(outputs, groups=math.gcd(8, outputs))
        self.activation = ACTIVATIONS[activation]

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        """Map `(examples, inputs, height, width)` and a context to `(examples, outputs, height, width)`."""
        hidden: Tensor = self.conv(x)
        if self.steer is not None:
            hidden = hidden + self.steer(context)[:, None, None]
        return self.activation(self.norm(hidden))


class ConvEncoder(nn.Module):
    """Two strided convolutions and dense layers: images `(examples, channels, size, size)` to `(examples, outputs)`."""

    def __init__(
        self, shape: tuple[int, ...], channels: int, width: int, outputs: int, context: int, activation: str
    ) -> None:
        super().__init__()
        self.first = ContextConv(shape[0], channels, context, activation, stride=2)
        self.second = ContextConv(channels, 2 * channels, context, activation, stride=2)
        self.head = ContextMLP(2 * channels * (shape[1] // 4) * (shape[2] // 4), width, 1, outputs, context, activation)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        """Map images and one context to the output."""
        out: Tensor = self.head(self.second(self.first(x, context), context), context)
        return out


class ConvDecoder(nn.Module):
    """A dense layer and two upsampling convolutions: `(examples, inputs)` to `(examples, channels, size, size)`."""

    def __init__(
        self, shape: tuple[int, ...], channels: int, width: int, inputs: int, context: int, activation: str
    ) -> None:
        super().__init__()
        self.start = (2 * channels, shape[1] // 4, shape[2] // 4)
        self.dense = ContextMLP(inputs, width, 1, math.prod(self.start), context, activation)
        self.first = ContextConv(2 * channels, channels, context, activation)
        self.second = ContextConv(channels, channels, context, activation)
        self.out = nn.Conv2d(channels, shape[0], 3, padding=1)

    def forward(self, z: Tensor, context: Tensor) -> Tensor:
        """Map latents and one context to images before their squashing."""
        out: Tensor = self.out(self.features(z, context))
        return out

    def features(self, z: Tensor, context: Tensor) -> Tensor:
        """Return what the output is a convolution of, `(examples, channels, size, size)`."""
        hidden = self.dense(z, context).unflatten(1, self.start)
        hidden = self.first(F.interpolate(hidden, scale_factor=2.0), context)
        maps: Tensor = self.second(F.interpolate(hidden, scale_factor=2.0), context)
        return maps


def build_encoder(s: NetworkSettings, spec: DataSpec, outputs: int, context: int) -> nn.Module:
    """Return the chosen network from examples `(n, *shape)` and a context to `(n, outputs)`."""
    if s.network == "conv" and spec.has_pixels:
        return ConvEncoder(spec.shape, s.channels, s.width, outputs, context, s.activation)
    return ContextMLP(math.prod(spec.shape), s.width, s.depth, outputs, context, s.activation)


def build_decoder(
    s: NetworkSettings, spec: DataSpec, inputs: int, context: int, waves: int = 0
) -> ContextMLP | ConvDecoder:
    """Return the chosen network from latents `(n, inputs)` and a context to examples, flat `(n, numbers)` if mlp."""
    if s.network == "conv" and spec.has_pixels:
        return ConvDecoder(spec.shape, s.channels, s.width, inputs, context, s.activation)
    return ContextMLP(inputs, s.width, s.depth, math.prod(spec.shape), context, s.activation, waves)


def initial_values(network: nn.Module, generator: torch.Generator) -> dict[str, Tensor]:
    """Return fresh values of every parameter by name from `generator`.

    Weights and biases of linear and convolutional layers are normal with variance 1 over the number of inputs.
    (With biases of 0, normalisation would make the first layer blind to how far a point lies from the origin.)
    """
    values: dict[str, Tensor] = {}
    for name, parameter in network.named_parameters():
        module, _, kind = name.rpartition(".")
        layer = network.get_submodule(module)
        shape = parameter.shape
        if isinstance(layer, Normalisation):
            values[name] = torch.ones(shape) if kind == "weight" else torch.zeros(shape)
        elif "waves.frequencies" in name:
            spread = Waves.SPREAD if kind == "weight" else math.pi
            values[name] = torch.randn(shape, generator=generator) * spread
        elif isinstance(layer, nn.Linear | nn.Conv2d):
            values[name] = torch.randn(shape, generator=generator) / math.sqrt(layer.weight[0].numel())
        else:
            values[name] = torch.zeros(shape)
    return values
