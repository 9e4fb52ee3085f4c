"""A generator of images from a bank of codes: a sample is a blend of a few of them, bent by a smooth field.

    w = softmax(mixing · n),   c, m = Σ_k w_k (c_k, m_k),   x = σ(T((m + F(c, m)) ∘ (id + Σ_j z_j B_j))),   n, z normal

A code is some numbers c and a sketch m, folded into maps a quarter as high and wide as the image. F, convolutions with
FiLM (Perez et al. 2018), corrects the logits that the sketch holds; the fields B are learned, and bend the drawing as
hands differ (spatial transformers: Jaderberg et al. 2015), and T, two small convolutions, touches up the strokes that
bending has torn. The codes belong to the task, so adaptation finds one for every example of the support; what lies
between and around them is what the network has learned of all tasks.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FOLD = 4
"""By how much coarser the maps of a sketch are than the image."""
GRID = 4
"""Places along a side at which a field of displacements is given; between them it is interpolated."""


class FilmConv(nn.Module):
    """A 3×3 convolution that a code scales and shifts by channel: silu((1 + γ) ∘ (W * x) + δ), (γ, δ) = U c."""

    def __init__(self, inputs: int, outputs: int, code: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.steer = nn.Linear(code, 2 * outputs)

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        """Map `(n, inputs, height, width)` with codes `(n, code)` to `(n, outputs, height, width)`."""
        scale, shift = self.steer(code)[:, :, None, None].chunk(2, dim=1)
        return F.silu(self.conv(x) * (1 + scale) + shift)


class BlendingGenerator(nn.Module):
    """G, with its bank of `codes` `(bank, code)` and `sketches` `(bank, 16 channels, height / 4, width / 4)`."""

    def __init__(self, shape: tuple[int, ...], bank: int, code: int, channels: int, latent: int, mixing: float) -> None:
        super().__init__()
        self.mixing, self.latent, maps = mixing, latent, shape[0] * FOLD**2
        self.coarse = (channels, shape[1] // FOLD, shape[2] // FOLD)
        half, quarter = max(1, channels // 2), max(1, channels // 4)
        self.codes = nn.Parameter(torch.zeros(bank, code))
        self.sketches = nn.Parameter(torch.zeros(bank, maps, *self.coarse[1:]))
        self.fields = nn.Parameter(torch.zeros(latent, 2, GRID, GRID))
        self.enter = nn.Linear(code, channels * self.coarse[1] * self.coarse[2])
        self.layout = nn.Conv2d(maps, channels, 3, padding=1)
        sizes = ((channels, channels), (channels, half), (half, quarter))
        self.stages = nn.ModuleList(FilmConv(inputs, outputs, code) for inputs, outputs in sizes)
        self.out = nn.Conv2d(quarter, shape[0], 3, padding=1)
        self.ink = nn.Conv2d(shape[0], quarter, 3, padding=1)
        self.touch = nn.Conv2d(quarter, shape[0], 3, padding=1)

    def forward(self, latents: Tensor | None = None) -> Tensor:
        """Return logits, of a sample per row of `latents` `(n, latent + bank)`; without them, of every code."""
        if latents is None:
            return self.touched_up(self.drawing(self.codes, self.sketches))
        z, shares = latents[:, : self.latent], torch.softmax(self.mixing * latents[:, self.latent :], dim=1)
        drawn = self.drawing(shares @ self.codes, torch.tensordot(shares, self.sketches, 1))
        return self.touched_up(bent(drawn, torch.tensordot(z, self.fields, 1)))

    def drawing(self, codes: Tensor, sketches: Tensor) -> Tensor:
        """Return logits `(n, *shape)` of what codes `(n, code)` and sketches stand for."""
        hidden = F.silu(self.enter(codes).view(-1, *self.coarse) + self.layout(sketches))
        for place, stage in enumerate(self.stages):
            hidden = stage(F.interpolate(hidden, scale_factor=2.0) if place else hidden, codes)
        out: Tensor = F.pixel_shuffle(sketches, FOLD) + self.out(hidden)
        return out

    def touched_up(self, logits: Tensor) -> Tensor:
        """Return logits `(n, *shape)` corrected by what lies around each pixel."""
        touch: Tensor = self.touch(F.silu(self.ink(logits)))
        return logits + touch


def bent(images: Tensor, fields: Tensor) -> Tensor:
    """Return `images` `(n, channels, height, width)`, each read where a field moves its places to, bilinearly.

    `fields` `(n, 2, grid, grid)` move down and right, in shares of half a side, and are interpolated between their
    places; what lies beyond the edge is like the edge. (`grid_sample` has no second derivatives.)
    """
    height, width = images.shape[2:]
    down = _between(fields.shape[2], height, images)
    across = _between(fields.shape[3], width, images)
    # in two products: torch.export takes one of three for one of this many images only
    moved = torch.einsum("nkyb,xb->nkyx", torch.einsum("nkab,ya->nkyb", fields, down), across)
    y = torch.arange(height, device=images.device, dtype=images.dtype)[:, None] + moved[:, 0] * height / 2
    x = torch.arange(width, device=images.device, dtype=images.dtype) + moved[:, 1] * width / 2
    (top, below, part_y), (left, right, part_x) = _neighbours(y, height), _neighbours(x, width)
    flat = images.flatten(2)

    def read(row: Tensor, column: Tensor) -> Tensor:
        places = (row * width + column).flatten(1)[:, None].expand_as(flat)
        return flat.gather(2, places).view_as(images)

    part_y, part_x = part_y[:, None], part_x[:, None]
    upper = (1 - part_x) * read(top, left) + part_x * read(top, right)
    lower = (1 - part_x) * read(below, left) + part_x * read(below, right)
    return (1 - part_y) * upper + part_y * lower


def affine_fields(count: int, generator: torch.Generator) -> Tensor:
    """Return fields `(count, 2, GRID, GRID)` to begin with: stretched, turned, slanted, moved; then random ones."""
    side = torch.linspace(-1, 1, GRID)
    y, x = torch.meshgrid(side, side, indexing="ij")
    one, none = torch.ones_like(x), torch.zeros_like(x)
    known = torch.stack(
        [torch.stack(pair) for pair in ((y, none), (none, x), (-x, y), (x, y), (0.6 * one, none), (none, 0.6 * one))]
    )
    small = torch.randn(max(0, count - len(known)), 2, GRID, GRID, generator=generator) * 0.15
    return torch.cat([known, small])[:count] * 0.1


def _between(places: int, size: int, like: Tensor) -> Tensor:
    """Return the shares `(size, places)` by which values at evenly spread places make those of `size` pixels."""
    at = torch.linspace(0, places - 1, size, device=like.device, dtype=like.dtype)
    return F.relu(1 - (at[:, None] - torch.arange(places, device=like.device, dtype=like.dtype)).abs())


def _neighbours(at: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return the pixels before and behind places `at`, inside the image, and how far along the places are."""
    before = at.detach().floor()
    first, second = before.clamp(0, size - 1).long(), (before + 1).clamp(0, size - 1).long()
    return first, second, at - before
