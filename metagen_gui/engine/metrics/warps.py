"""Images turned, stretched, sheared, moved and bent at random, as crisp as they were.

Interpolation blurs, and to a judge a blurred stroke is another thing than a warped one: so a warped image is given the
values of the image that it came from, the largest where it is brightest. What was black and white stays so.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

BENDS = 4
"""Places per side whose random displacements bend an image, smoothly between them."""

AROUND = 1e-3
"""How much what lies around a pixel counts beside its own value."""


@dataclass(frozen=True)
class Warp:
    """How strongly images are warped: standard deviations, all of them 0 at first; lengths in halves of the image."""

    turn: float = 0.0
    """In radians."""
    stretch: float = 0.0
    """Of the logarithm of either side's factor."""
    shear: float = 0.0
    shift: float = 0.0
    bend: float = 0.0

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Return `images` `(n, channels, height, width)`, each warped in its own way."""
        turn, wide, high, shear, right, down = torch.randn(6, len(images), generator=generator)
        cosine, sine = (turn * self.turn).cos(), (turn * self.turn).sin()
        wide, high = (wide * self.stretch).exp(), (high * self.stretch).exp()
        first = torch.stack([wide * cosine, self.shear * shear - high * sine, self.shift * right], dim=1)
        second = torch.stack([wide * sine, high * cosine, self.shift * down], dim=1)
        places = F.affine_grid(torch.stack([first, second], dim=1), list(images.shape), align_corners=False)
        if self.bend:
            bends = torch.randn(len(images), 2, BENDS, BENDS, generator=generator) * self.bend
            between = F.interpolate(bends, size=images.shape[-2:], mode="bicubic", align_corners=False)
            places = places + between.permute(0, 2, 3, 1)
        return with_values_of(images, F.grid_sample(images, places, padding_mode="border", align_corners=False))


def with_values_of(images: Tensor, warped: Tensor) -> Tensor:
    """Return `warped` with the values of `images` in every channel, by rank, and among equals by what lies around.

    Both are `(n, channels, height, width)`.
    """
    around = F.avg_pool2d(warped, 5, stride=1, padding=2, count_include_pad=False)
    order = (warped + AROUND * around).flatten(2).argsort(dim=2)
    return torch.empty_like(images).flatten(2).scatter(2, order, images.flatten(2).sort(dim=2).values).view_as(images)
