"""The energy distance between samples and data (Székely & Rizzo 2013), of images in several views of them.

    2 E‖g − x‖ − 2 r E‖g − g'‖,   r = ½ for the distance itself, but for what only the data decides

Unlike a discriminator's verdict it is least where the laws agree, and tells of a law that is too narrow. With r below ½
samples are held together: a generator that is not perfect yet earns repulsion by its very faults.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

PATCH, STRIDE = 8, 4


def energy_distance(samples: Tensor, data: Tensor, repulsion: float = 0.5) -> Tensor:
    """Return the energy distance, but for the part of the data alone, of `(places, n, numbers)` and `(places, m, …)`.

    A mean over places, such as patches. Distances are relative to the root of the number of dimensions. Needs two
    samples.
    """
    return 2 * _apart(samples, data).mean() - 2 * repulsion * within(samples)


def within(values: Tensor) -> Tensor:
    """Return how far two different of `(places, n, numbers)` lie apart on average; n is 2 or more."""
    places, n = values.shape[:2]
    return (_apart(values, values) * (1 - torch.eye(n, dtype=values.dtype, device=values.device))).sum() / (
        places * n * (n - 1)
    )


def views(images: Tensor) -> Sequence[Tensor]:
    """Return images `(n, *shape)` as they are, coarse, and in overlapping patches, each `(places, n, numbers)`."""
    coarse = F.avg_pool2d(images, 4).flatten(1) * 2
    return images.flatten(1)[None], coarse[None], _patches(images)


def _patches(images: Tensor) -> Tensor:
    rows = torch.stack([images[:, :, at : at + PATCH] for at in range(0, images.shape[2] - PATCH + 1, STRIDE)])
    both = torch.stack([rows[..., at : at + PATCH] for at in range(0, images.shape[3] - PATCH + 1, STRIDE)])
    return both.flatten(0, 1).flatten(2)


def _apart(a: Tensor, b: Tensor) -> Tensor:
    # ‖x − y‖² by its three products; the tiny term keeps the root differentiable where two are the same
    squares = a.square().sum(2)[:, :, None] + b.square().sum(2)[:, None] - 2 * a @ b.transpose(1, 2)
    return torch.sqrt(squares.clamp(min=0) / a.shape[2] + 1e-6)
