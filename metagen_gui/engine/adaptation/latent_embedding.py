"""The networks of LEO and the penalties on them (Rusu et al. 2019, sections 2.3.1 and 2.3.2), and its learned rates.

    e_n = E(x_n),   (μ, u) = mean over all pairs (n, m) of R([e_n, e_m]),   z ~ N(μ, σ(u)),   (ν, v) = Wᵀz

E has one hidden layer, because it sees raw pixels or points here and not, as in the paper, the features of a trained
network; R has three layers and no biases; the decoder W `(code, 2 · numbers)` is linear without a bias, and each of its
rows belongs to one entry of a code. As in the reference implementation (deepmind/leo) weights begin uniform after
Glorot, and σ(u) = exp(u) − (1 − offset), at least 1e-10, so that u = 0 means a deviation of `offset`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from metagen_gui.engine.models.base import Params

CODE = "task code"
"""The name of a player's code among its parameters and rates; no parameter of a network can be called so."""
ENCODER, RELATION, DECODER = "encoder.", "relation.", "decoder.weight"
CODE_RATE, FINE_RATE = "code_rate", "fine."
CODE_START, FINE_START = 1.0, 0.001
"""Where the rates of the code and of fine-tuning begin."""
LEAST = 1e-10
LAYERS = 3


class Law(NamedTuple):
    """A normal law of independent numbers: means and standard deviations, of one shape."""

    mean: Tensor
    deviation: Tensor

    def at(self, noise: Tensor | None) -> Tensor:
        """Return the sample that standard normal `noise` makes, or the mean without any."""
        return self.mean if noise is None else self.mean + self.deviation * noise


def fresh_embedding(generator: torch.Generator, inputs: int, hidden: int, size: int, moving: Params) -> Params:
    """Return the networks and rates of a player whose parameters `moving` adapt.

    They lead from examples of `inputs` numbers through codes of `size` to as many numbers as `moving` has.
    """
    numbers = sum(value.numel() for value in moving.values())
    shapes = {f"{ENCODER}0.weight": (inputs, hidden), f"{ENCODER}1.weight": (hidden, size)}
    shapes |= {f"{RELATION}{layer}.weight": (2 * size, 2 * size) for layer in range(LAYERS)}
    shapes[DECODER] = (size, 2 * numbers)
    fresh = {name: _uniform(generator, *shape) * math.sqrt(6 / sum(shape)) for name, shape in shapes.items()}
    # not 0: every hidden unit would have its bend at the origin
    fresh[f"{ENCODER}0.bias"] = _uniform(generator, hidden)
    fresh[CODE_RATE] = torch.full((size,), CODE_START)
    return fresh | {FINE_RATE + name: torch.full_like(value, FINE_START) for name, value in moving.items()}


def embedding_rates(values: Mapping[str, Tensor]) -> Params:
    """Return η under the name `CODE` and η_f by parameter `(1, *shape)`: one rate for all steps."""
    fine = {name.removeprefix(FINE_RATE): rate[None] for name, rate in values.items() if name.startswith(FINE_RATE)}
    return {CODE: values[CODE_RATE][None], **fine}


def _uniform(generator: torch.Generator, *shape: int) -> Tensor:
    return 2 * torch.rand(shape, generator=generator) - 1


def law_of_code(networks: Mapping[str, Tensor], examples: Tensor) -> Law:
    """Return the law of a task's code `(code,)`, given its `examples` `(n, *shape)` in whatever order."""
    hidden = F.silu(examples.flatten(1) @ networks[f"{ENCODER}0.weight"] + networks[f"{ENCODER}0.bias"])
    mean, unnormalized = relate(networks, hidden @ networks[f"{ENCODER}1.weight"]).chunk(2)
    return Law(mean, deviation(unnormalized, 0.0))


def relate(networks: Mapping[str, Tensor], codes: Tensor) -> Tensor:
    """Return the relation network's mean output `(2 · code,)` over all n² pairs of `codes` `(n, code)`.

    Its first and last layers are linear: they are taken apart into the halves of a pair, and put behind the mean.
    """
    first, second, third = (networks[f"{RELATION}{layer}.weight"] for layer in range(LAYERS))
    one, other = first.chunk(2)
    pairs = F.relu((codes @ one)[:, None] + (codes @ other)[None])
    return F.relu(pairs @ second).mean((0, 1)) @ third


def law_of_change(decoder: Tensor, code: Tensor) -> Law:
    """Return the law of the numbers `(numbers,)` that are decoded from a `code`.

    The offset is Glorot's deviation for a layer from codes to numbers; the reference takes that of the classifier which
    it decodes, but a modulation is no layer of its own.
    """
    size, twice = decoder.shape
    mean, unnormalized = (code @ decoder).chunk(2)
    return Law(mean, deviation(unnormalized, math.sqrt(2 / (size + twice // 2))))


def deviation(unnormalized: Tensor, offset: float) -> Tensor:
    """Return exp(u) − (1 − offset), at least 1e-10."""
    return (torch.exp(unnormalized) - (1 - offset)).clamp(min=LEAST)


def divergence(law: Law) -> Tensor:
    """Return KL(N(μ, σ) ‖ N(0, 1)) in nats, the mean over entries; the reference estimates it from its one sample."""
    mean, spread = law
    return (0.5 * (mean.square() + spread.square() - 1) - torch.log(spread)).mean()


def orthogonality(weight: Tensor) -> Tensor:
    """Return mean((C − I)²), C being the matrix of cosines between the rows of `weight`."""
    rows: Tensor = weight / (torch.linalg.vector_norm(weight, dim=1, keepdim=True) + 1e-32)
    return (rows @ rows.T - torch.eye(len(rows), dtype=rows.dtype, device=rows.device)).square().mean()


def half_squares(networks: Mapping[str, Tensor]) -> Tensor:
    """Return ½ Σ w² over the weights of encoder, relation network and decoder: the reference's L2."""
    weights = [value for name, value in networks.items() if name.startswith((ENCODER, RELATION, DECODER))]
    return 0.5 * torch.stack([value.square().sum() for value in weights if value.ndim > 1]).sum()


def weight_penalty(networks: Mapping[str, Tensor], squares: float, cosines: float) -> Tensor:
    """Return λ₁ L2 + λ₂ mean((C − I)²), the weights λ being given."""
    return squares * half_squares(networks) + cosines * orthogonality(networks[DECODER])
