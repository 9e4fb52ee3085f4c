"""A discriminator of images that are said to belong with others: a projection on what these have in common.

    D(x | S) = a·φ(x) + ⟨P φ(x), mean_s R φ(s)⟩ / √e      (projection: Miyato & Koyama 2018, eq. 3)

φ are three strided convolutions without normalisation, so that D may judge every image by itself.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

COMMON = 128
"""Numbers that tell what a set has in common (e)."""


class SetDiscriminator(nn.Module):
    """D: images and the set they are said to belong to, to one number each, large for real ones."""

    def __init__(self, shape: tuple[int, ...], channels: int) -> None:
        super().__init__()
        sizes = (shape[0], channels, 2 * channels, 2 * channels)
        self.layers = nn.ModuleList(
            nn.Conv2d(inputs, outputs, 3, stride=2, padding=1) for inputs, outputs in pairwise(sizes)
        )
        features = sizes[-1] * math.prod(-(-side // 8) for side in shape[1:])
        # without biases, which would make no difference between two verdicts
        self.own = nn.Linear(features, 1, bias=False)
        self.place = nn.Linear(features, COMMON, bias=False)
        self.common = nn.Linear(features, COMMON)

    def forward(self, images: Tensor, among: Tensor) -> tuple[Tensor, Tensor]:
        """Return verdicts `(n,)` on `images` `(n, *shape)` as of the set `among` `(m, *shape)`, and features."""
        together = self.features(torch.cat([among, images]))
        common = self.common(together[: among.shape[0]]).mean(0)
        features = together[among.shape[0] :]
        verdict = self.own(features).squeeze(1) + self.place(features) @ common / math.sqrt(COMMON)
        return verdict, features

    def features(self, images: Tensor) -> Tensor:
        """Return φ of `images` `(n, *shape)`, flat."""
        hidden = 2 * images - 1
        for layer in self.layers:
            hidden = F.silu(layer(hidden))
        return hidden.flatten(1)
