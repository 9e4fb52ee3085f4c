"""Attention to a support set: features of its images at places, looked up by every place of what is being drawn.

    softmax over entries e of ⟨q, k_e⟩ / √d − |p − p_e|² / 2σ²,   the sum of v_e by these weights

The entries are all places p_e of all images of the support (Reed et al. 2018, section 3.2), and one that is learned,
for what finds nothing in them or has no support at all. With the second term, whose σ is learned, a place begins by
looking at the same place of the others: without it attention took most of a short training to find out that it pays.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EVERY = 2
"""Rows and columns for which there is one place of the support's features."""
REACH = 2.0
"""How far, in rows and columns, a place looks about before that is learned (σ)."""
BARRED = -1e4
"""The score of what must not be seen: its share is 0, in float64 as well."""


class Attention(NamedTuple):
    """How often a network looks at the support, with how many heads, of how many numbers each."""

    layers: int
    heads: int
    size: int


def grid(size: tuple[int, int], like: Tensor, every: int = 1) -> Tensor:
    """Return the row and column of every place of an image, or of `every` so many, as `(places, 2)`."""
    rows, columns = (torch.arange(0, side, every, dtype=like.dtype, device=like.device) for side in size)
    return torch.cartesian_prod(rows, columns)


class SupportEncoder(nn.Module):
    """Convolutions over the images of a support set: `(shots, channels, height, width)` to `(shots, places, outputs)`.

    There is a place for every second row and column.
    """

    def __init__(self, channels: int, size: tuple[int, int], width: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, width, 3, padding=1)
        self.rows = nn.Parameter(torch.zeros(width, size[0], 1))
        self.columns = nn.Parameter(torch.zeros(width, 1, size[1]))
        self.second = nn.Conv2d(width, width, 3, stride=EVERY, padding=1)
        self.third = nn.Conv2d(width, width, 3, padding=1)
        self.out = nn.Conv2d(width, outputs, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Return the features of every place."""
        hidden = F.silu(self.first(images) + self.rows + self.columns)
        hidden = F.silu(self.third(F.silu(self.second(hidden))))
        features: Tensor = self.out(hidden).flatten(2).transpose(1, 2)
        return features


class SupportAttention(nn.Module):
    """Adds to `(examples, channels, height, width)` what each place finds in a support set."""

    def __init__(self, channels: int, heads: int, size: int, of_image: tuple[int, int]) -> None:
        super().__init__()
        self.heads, self.size, self.size_of_image = heads, size, of_image
        self.query = nn.Conv2d(channels, heads * size, 1)
        self.reach = nn.Parameter(torch.zeros(heads))
        self.null = nn.Parameter(torch.zeros(1, 2 * heads * size))
        self.out = nn.Conv2d(heads * size, channels, 1)

    def forward(self, hidden: Tensor, places: Tensor, features: Tensor | None, visible: Tensor | None) -> Tensor:
        """Look up `features` `(shots, entries, 2 · heads · size)`: keys, and behind them values; None: no support.

        `places` `(height · width, 2)` says where in the image, in rows and columns, the places of `hidden` are.
        `visible` `(examples, shots)` says which images of the support an example may see; without it, all.
        """
        examples, _, height, width = hidden.shape
        entries = self.null if features is None else torch.cat([self.null, features.flatten(0, 1)])
        keys, values = entries.view(-1, 2, self.heads, self.size).permute(1, 2, 0, 3)
        keys = keys / math.sqrt(self.size)
        asked = self.query(hidden).view(examples, self.heads, self.size, -1).permute(1, 0, 3, 2)
        # what else there is to a score is added by further numbers of queries and keys: no more passes over all scores
        if features is not None:
            near, spots = self._nearness(places, features)
            asked = torch.cat([asked, near[:, None].expand(-1, examples, -1, -1)], 3)
            keys = torch.cat([keys, spots.expand(self.heads, -1, -1)], 2)
        if visible is not None and features is not None:
            barred = torch.where(visible, 0.0, BARRED).to(asked)[None, :, None]
            asked = torch.cat([asked, barred.expand(*asked.shape[:3], -1)], 3)
            image = torch.eye(features.shape[0], dtype=keys.dtype, device=keys.device)
            image = F.pad(image.repeat_interleave(features.shape[1], 0), (0, 0, 1, 0))
            keys = torch.cat([keys, image.expand(self.heads, -1, -1)], 2)
        found = torch.softmax(asked.flatten(1, 2) @ keys.transpose(1, 2), -1) @ values
        found = found.view(self.heads, examples, -1, self.size).permute(1, 0, 3, 2).reshape(examples, -1, height, width)
        added: Tensor = hidden + self.out(found)
        return added

    def _nearness(self, places: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return what queries `(heads, places, 4)` and keys `(1 + entries, 4)` have of −|p − p_e|² / 2σ² as a product.

        It is left out for the first key, which is nowhere.
        """
        precision = torch.exp(-2 * self.reach)[:, None, None] / REACH**2
        spots = grid(self.size_of_image, features, EVERY)
        square = places.square().sum(1, keepdim=True)
        near = precision * torch.cat([places, torch.full_like(square, 0.5), -square / 2], 1)
        there = torch.cat([spots, -spots.square().sum(1, keepdim=True), torch.ones_like(spots[:, :1])], 1)
        return near, F.pad(there.repeat(features.shape[0], 1), (0, 0, 1, 0))
