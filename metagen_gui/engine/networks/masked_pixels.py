"""A masked path: what every pixel of an image is likely to be, from the pixels before it and from maps of the whole.

Pixels come row by row. A causal convolution sees the rows above a pixel and, of its own row, what lies to the left; a
stack of them makes an exact autoregressive likelihood, computed for all pixels at once (van den Oord, Kalchbrenner &
Kavukcuoglu 2016, Pixel Recurrent Neural Networks, section 3; gates and conditions: van den Oord et al. 2016,
Conditional Image Generation with PixelCNN Decoders, eq. 2 and 4). Drawing goes pixel by pixel, and evaluates each layer
at that one position, from what it has found at those before. Everything is functional, so it runs under `vmap`.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from metagen_gui.engine.beneath_autograd.turns import in_turn

Place = tuple[int, int]


class CausalConv(nn.Module):
    """A convolution of `side` × `side` that sees no pixel after the present one, and that one only with `own`.

    Its weight is that of one linear layer over what is seen, place by place in the order of drawing.
    """

    def __init__(self, inputs: int, outputs: int, side: int, *, own: bool = True) -> None:
        super().__init__()
        self.reach = side // 2
        around = range(-self.reach, self.reach + 1)
        before = [place for place in product(around, around) if place < (0, 0)]
        self.places: list[Place] = [*before, (0, 0)] if own else before
        self.linear = nn.Linear(len(self.places) * inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map `(examples, inputs, height, width)` to `(examples, outputs, height, width)`."""
        if not self.reach:
            # one place is a product; as a convolution of one example with weights of each task its own, under vmap,
            # torch 2.13 gives it wrong second derivatives
            values = (self.linear.weight @ x.flatten(2)).view(x.shape[0], -1, *x.shape[2:])
            return values + self.linear.bias[:, None, None]
        rows, side, outputs = self.reach + 1, 2 * self.reach + 1, len(self.linear.weight)
        seen = self.linear.weight.view(outputs, len(self.places), -1).transpose(1, 2)
        kernel = F.pad(seen, (0, rows * side - len(self.places))).reshape(outputs, -1, rows, side)
        around = F.pad(x, (self.reach, self.reach, self.reach, 0)) if self.reach else x
        return F.conv2d(around, kernel, self.linear.bias)

    def at(self, place: Place, known: Mapping[Place, Tensor], outside: Tensor) -> Tensor:
        """Return the outcome `(examples, outputs)` at one place from the inputs `known` there and before it."""
        row, column = place
        seen = [known.get((row + down, column + right), outside) for down, right in self.places]
        out: Tensor = self.linear(torch.cat(seen, dim=1))
        return out


class GatedLayer(nn.Module):
    """tanh(a) · σ(b), mixed by a 1×1 convolution, where a and b are seen causally and told from the whole image.

    With `residual` what comes in is added to what goes out.
    """

    def __init__(self, inputs: int, width: int, side: int, *, residual: bool) -> None:
        super().__init__()
        self.look = CausalConv(inputs, 2 * width, side, own=residual)
        self.mix = CausalConv(width, width, 1)
        self.residual = residual

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        """Map `(examples, inputs, height, width)` and maps `(examples, 2 · width, height, width)`."""
        mixed: Tensor = self.mix(_gated(self.look(x) + told))
        return x + mixed if self.residual else mixed

    def at(self, place: Place, known: Mapping[Place, Tensor], told: Tensor, outside: Tensor) -> Tensor:
        """Return the outcome `(examples, width)` at one place."""
        mixed: Tensor = self.mix.linear(_gated(self.look.at(place, known, outside) + told))
        return known[place] + mixed if self.residual else mixed


def _gated(both: Tensor) -> Tensor:
    signal, gate = both.chunk(2, dim=1)
    return torch.tanh(signal) * torch.sigmoid(gate)


class MaskedPixels(nn.Module):
    """Logits of ink per pixel and channel, from the pixels before it and from `given` maps of the whole image.

    A layer of `side` × `side` that does not see the pixel itself, then `depth` of 3 × 3: each pixel sees
    `side // 2 + depth` rows up and columns sideways. Channels of one pixel do not see each other.
    """

    def __init__(self, channels: int, given: int, *, width: int, depth: int, side: int = 7) -> None:
        super().__init__()
        first = GatedLayer(channels, width, side, residual=False)
        self.layers = nn.ModuleList([first, *(GatedLayer(width, width, 3, residual=True) for _ in range(depth))])
        self.told = nn.ModuleList(CausalConv(given, 2 * width, 1) for _ in self.layers)
        self.out = CausalConv(width, channels, 1)

    def forward(self, x: Tensor, given: Tensor, prior: Tensor) -> Tensor:
        """Return logits of every pixel of `x` `(examples, channels, height, width)`: what is seen adds to `prior` ones.

        `given` is `(examples, given, height, width)`.
        """
        hidden = x
        for layer, told in zip(self.layers, self.told, strict=True):
            hidden = layer(hidden, told(given))
        seen: Tensor = self.out(hidden)
        return prior + seen

    def draw(self, uniform: Tensor, given: Tensor, prior: Tensor) -> Tensor:
        """Return images of 0 and 1, of the shape of the `uniform` numbers that decide them."""
        layers, (height, width) = [cast(GatedLayer, layer) for layer in self.layers], uniform.shape[2:]
        told = [one(given).flatten(2) for one in self.told]
        chances, before = uniform.flatten(2), prior.flatten(2)
        # what is known of the image and of every layer but the last, by place; 0 outside
        known: list[dict[Place, Tensor]] = [{} for _ in self.layers]
        outside = [torch.zeros_like(before[..., 0]), *(torch.zeros_like(one[:, ::2, 0]) for one in told[1:])]
        drawn = []
        for number, place in enumerate(in_turn(product(range(height), range(width)))):
            for depth, layer in enumerate(layers):
                hidden = layer.at(place, known[depth], told[depth][..., number], outside[depth])
                if depth + 1 < len(self.layers):
                    known[depth + 1][place] = hidden
            logits = before[..., number] + self.out.linear(hidden)
            ink = (chances[..., number] < torch.sigmoid(logits)).to(uniform.dtype)
            known[0][place] = ink
            drawn.append(ink)
        return torch.stack(drawn, dim=2).view(uniform.shape)
