"""Gated convolutions that see only what was drawn before (van den Oord et al. 2016, "Conditional image generation").

An image is drawn block by block, rows from the top, each from the left, and within a block pixel by pixel. Blocks of
2×2 pixels make the network four times as cheap as one that goes pixel by pixel, and the law it tells is as exact: the
last layer predicts each pixel of a block from the features of the blocks before and from the block's earlier pixels.

    p(x) = Π_blocks Π_k p(x_k | x_<k of the block, blocks before)

A layer is h ← h + W (tanh a ∘ σ(b)) with (a, b) = (V ∗ h) ∘ (1 + γ) + β + U m: V a convolution over the block itself,
its left neighbour and three above, (γ, β) and a coarse map m from the context of the task (FiLM: Perez et al. 2018).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from metagen_gui.engine.beneath_autograd.turns import in_turn
from metagen_gui.engine.networks.support_attention import Attention, SupportAttention, grid

FIRST_ROWS, FIRST_COLUMNS = 3, 5
"""What the first layer sees: blocks of two rows above and beside, without the one that is predicted."""
MAP_CHANNELS, MAP_CELL = 8, 2
"""Channels of a context's map, and the blocks on a side that share one cell of it."""

Window = Callable[[int, Tensor], Tensor]
"""Convolves: a layer's number and its input `(examples, channels, height, width)` to its output."""


def into_blocks(images: Tensor, side: int, beyond: float = 0.0) -> Tensor:
    """Return `(n, channels, height, width)` as blocks `(n, channels · side², rows, columns)`; `beyond` fills up."""
    height, width = images.shape[-2:]
    images = F.pad(images, (0, -width % side, 0, -height % side), value=beyond)
    n, channels, height, width = images.shape
    parts = images.reshape(n, channels, height // side, side, width // side, side)
    return parts.permute(0, 1, 3, 5, 2, 4).reshape(n, channels * side**2, height // side, width // side)


def from_blocks(blocks: Tensor, shape: tuple[int, ...], side: int) -> Tensor:
    """Return the images `(n, *shape)` that `into_blocks` took apart."""
    n, _, rows, columns = blocks.shape
    parts = blocks.view(n, shape[0], side, side, rows, columns).permute(0, 1, 4, 2, 5, 3)
    return parts.reshape(n, shape[0], rows * side, columns * side)[:, :, : shape[1], : shape[2]]


class Steering(NamedTuple):
    """What a context makes of the layers: `scales` and `shifts` `(layers, 1, 2 · channels, 1, 1)`, and a map."""

    scales: Tensor
    shifts: Tensor
    map: Tensor
    """`(1, MAP_CHANNELS, rows, columns)`."""

    def at(self, row: int, column: int) -> Steering:
        """Return it for one place."""
        return self._replace(map=self.map[..., row : row + 1, column : column + 1])


class MaskedNetwork(nn.Module):
    """Logits of every pixel given those before it, over blocks `(examples, block, rows, columns)`.

    `block` numbers are predicted at each place, by features of `channels` numbers and `units` units for each of them.
    """

    def __init__(
        self,
        block: int,
        size: tuple[int, int],
        channels: int,
        layers: int,
        units: int,
        context: int,
        attention: Attention | None,
    ) -> None:
        super().__init__()
        self.block, self.size, self.channels, self.units = block, size, channels, units
        self.first = nn.Conv2d(block, channels, (FIRST_ROWS, FIRST_COLUMNS))
        self.rows = nn.Parameter(torch.zeros(channels, size[0], 1))
        self.columns = nn.Parameter(torch.zeros(channels, 1, size[1]))
        self.windows = nn.ModuleList(nn.Conv2d(channels, 2 * channels, (2, 3)) for _ in range(layers))
        self.mixes = nn.ModuleList(nn.Conv2d(channels, channels, 1) for _ in range(layers))
        self.looks = nn.ModuleDict()
        if attention:
            for n in range(attention.layers):
                before = str((n + 1) * layers // (attention.layers + 1))
                self.looks[before] = SupportAttention(channels, attention.heads, attention.size, size)
        self.coarse = (MAP_CHANNELS, *(-(-side // MAP_CELL) for side in size))
        if context:
            self.film = nn.Linear(context, layers * 4 * channels, bias=False)
            self.map = nn.Linear(context, math.prod(self.coarse), bias=False)
            self.maps = nn.ModuleList(nn.Conv2d(MAP_CHANNELS, 2 * channels, 1, bias=False) for _ in range(layers))
        self.hidden = nn.Conv2d(channels, block * units, 1)
        self.inside = nn.Linear(block, block * units, bias=False)
        self.out = nn.Linear(units, block)

    def steering(self, context: Tensor) -> Steering:
        """Return what a `context` `(numbers,)` makes of every layer."""
        scales, shifts = self.film(context).view(2, len(self.mixes), 1, 2 * self.channels, 1, 1)
        coarse = self.map(context).view(1, *self.coarse)
        fine = coarse.repeat_interleave(MAP_CELL, 2).repeat_interleave(MAP_CELL, 3)
        return Steering(scales, shifts, fine[..., : self.size[0], : self.size[1]])

    def forward(
        self, blocks: Tensor, steering: Steering | None, features: Tensor | None, visible: Tensor | None
    ) -> Tensor:
        """Return logits like `blocks`; `features` of a support set are those that attention looks up, one per look."""

        def window(layer: int, hidden: Tensor) -> Tensor:
            return self._convolved(layer, F.pad(hidden, (1, 1, 1, 0)))

        aside, above = FIRST_COLUMNS // 2, FIRST_ROWS - 1
        start = self._started(F.pad(blocks, (aside, aside, above, 0))) + self.rows + self.columns
        places = grid(self.size, blocks)
        return self._predicted(self.hidden(self._features(start, window, steering, places, features, visible)), blocks)

    def draw(self, uniforms: Tensor, steering: Steering | None, features: Tensor | None) -> Tensor:
        """Return blocks drawn by `uniforms` of their shape, from the first block to the last.

        Each layer is computed at one place at a time; what the places before have come to is kept.
        """
        rows, columns = self.size
        # 0, for layers where there is no place; made of weights, so that under vmap each task has its own of it as well
        blank = torch.zeros_like((self.rows[:, :1] + self.columns[:, :, :1]).expand(uniforms.shape[0], -1, 1, 1))
        empty = blank[:, :1].expand(-1, self.block, 1, 1)
        places, drawn = grid(self.size, uniforms), dict[tuple[int, int], Tensor]()
        kept: dict[tuple[int, int, int], Tensor] = {}
        aside, above = FIRST_COLUMNS // 2, FIRST_ROWS - 1
        for row, column in in_turn(product(range(rows), range(columns))):

            def window(layer: int, hidden: Tensor, row: int = row, column: int = column) -> Tensor:
                kept[layer, row, column] = hidden
                near = [(row - 1, column + step) for step in (-1, 0, 1)] + [(row, column - 1), (row, column)]
                parts = [kept.get((layer, *place), blank) for place in near]
                return self._convolved(layer, torch.cat([*parts, blank], 3).view(*blank.shape[:2], 2, 3))

            near = [(r, c) for r in range(row - above, row + 1) for c in range(column - aside, column + aside + 1)]
            seen = torch.cat([drawn.get(place, empty) for place in near], 3)
            start = self._started(seen.view(*seen.shape[:2], FIRST_ROWS, FIRST_COLUMNS))
            start = start + self.rows[:, row : row + 1] + self.columns[:, :, column : column + 1]
            here = steering.at(row, column) if steering else None
            place = places[row * columns + column][None]
            hidden = self._features(start, window, here, place, features, None)
            drawn[row, column] = self._drawn(hidden, uniforms[:, :, row : row + 1, column : column + 1])
        return torch.stack([*drawn.values()], 4).view(uniforms.shape)

    def _drawn(self, hidden: Tensor, uniforms: Tensor) -> Tensor:
        """Return the block that `uniforms` draw, pixel by pixel."""
        before, block = self.hidden(hidden), torch.zeros_like(uniforms)
        for pixel in range(self.block):
            likely = torch.sigmoid(self._predicted(before, block)[:, pixel : pixel + 1])
            new = (uniforms[:, pixel : pixel + 1] < likely).to(uniforms)
            block = torch.cat([block[:, :pixel], new, block[:, pixel + 1 :]], 1)
        return block

    def _features(
        self,
        hidden: Tensor,
        window: Window,
        steering: Steering | None,
        places: Tensor,
        features: Tensor | None,
        visible: Tensor | None,
    ) -> Tensor:
        looked = 0
        for layer, mix in enumerate(self.mixes):
            if str(layer) in self.looks:
                hidden = self.looks[str(layer)](hidden, places, None if features is None else features[looked], visible)
                looked += 1
            both = window(layer, hidden)
            if steering is not None:
                both = both * (1 + steering.scales[layer]) + steering.shifts[layer] + self.maps[layer](steering.map)
            content, gate = both.chunk(2, 1)
            hidden = hidden + mix(torch.tanh(content) * torch.sigmoid(gate))
        return hidden

    def _started(self, blocks: Tensor) -> Tensor:
        """Return the first layer's sums; of the last row only what is left of the middle counts."""
        return F.conv2d(blocks, _masked(self.first.weight, FIRST_COLUMNS // 2), self.first.bias)

    def _convolved(self, layer: int, hidden: Tensor) -> Tensor:
        own = self.windows[layer]
        assert isinstance(own, nn.Conv2d)
        return F.conv2d(hidden, _masked(own.weight, 2), own.bias)

    def _predicted(self, before: Tensor, blocks: Tensor) -> Tensor:
        """Return the logits of blocks, each pixel's by what came `before` its block and the pixels in it before it."""
        # (units, predicted, given): what is given comes before what is predicted
        given = self.inside.weight.view(self.block, self.units, self.block).transpose(0, 1).tril(-1).transpose(0, 1)
        units = F.silu(before + F.conv2d(blocks, given.reshape(-1, self.block, 1, 1)))
        parts = units.view(units.shape[0], self.block, self.units, *units.shape[2:]) * self.out.weight[:, :, None, None]
        logits: Tensor = parts.sum(2) + self.out.bias[:, None, None]
        return logits


def _masked(kernel: Tensor, columns: int) -> Tensor:
    """Return a kernel `(out, in, rows, columns)` whose last row is 0 but for its first `columns`."""
    rest = F.pad(kernel[:, :, -1:, :columns], (0, kernel.shape[3] - columns))
    return torch.cat([kernel[:, :, :-1], rest], 2)
