"""What samples of images are held against: generators that have learned nothing, and real examples.

Whoever copies the support is always recognised, and whoever draws noise is as original as can be; so recognizability
and diversity are told together, as places in one plane, and these are its landmarks (Boutin et al. 2022, Diversity vs.
Recognizability; Boutin et al. 2023, Diffusion Models as Artists). The support under random affine warps is the baseline
that a few-shot generator has to beat: it needs five examples and no learning. What real examples score is each
metric's to tell (`Metric.of_real`).

**Bias**: a judge that was trained on warped images forgives warps, so the affine baseline is judged kindly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from metagen_gui.engine.data.spec import Array
from metagen_gui.engine.metrics.warps import Warp

AFFINE = Warp(turn=0.15, stretch=0.12, shear=0.12, shift=0.08)
"""The warps of the affine baseline, the same for all data: about 9°, 12 %, and one pixel of 28 in either direction."""
BLUR = (0.25, 0.5, 0.25)
"""Of a row and of a column."""


@dataclass(frozen=True)
class Landmark:
    """A generator without learning: from support `(shots, *shape)` as many images as are asked for."""

    title: str
    about: str
    draw: Callable[[Tensor, int, torch.Generator], Tensor]

    def __call__(self, support: Array, count: int, generator: torch.Generator) -> Array:
        """Return `(count, *shape)`."""
        drawn: Array = self.draw(torch.from_numpy(support), count, generator).numpy()
        return drawn


def _copies(support: Tensor, count: int, generator: torch.Generator) -> Tensor:
    return support[torch.arange(count) % len(support)]


def _warped(support: Tensor, count: int, generator: torch.Generator) -> Tensor:
    return AFFINE(_copies(support, count, generator), generator)


def _blurred_means(support: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Blur means of random halves of the support, of two examples at least where there are two."""
    half = min(len(support), max(2, len(support) // 2))
    chosen = torch.rand(count, len(support), generator=generator).argsort(dim=1)[:, :half]
    means = support[chosen].mean(dim=1)
    row = torch.tensor(BLUR)
    kernel = (row[:, None] * row).expand(support.shape[1], 1, 3, 3)
    return F.conv2d(F.pad(means, (1, 1, 1, 1), mode="replicate"), kernel, groups=support.shape[1])


def _noise(support: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Put the pixels of copies in random places."""
    pixels = _copies(support, count, generator).flatten(2)
    places = torch.rand(count, pixels.shape[2], generator=generator).argsort(dim=1)
    return pixels.gather(2, places[:, None].expand_as(pixels)).reshape(count, *support.shape[1:])


LANDMARKS: Mapping[str, Landmark] = {
    "copies": Landmark("Copies of the support", "The support itself, each example as often as the others.", _copies),
    "affine": Landmark(
        "Support, affine warps",
        "The support under random affine warps of fixed strengths: turned by 9°, stretched by 12 %, sheared by 12 %, "
        "moved by 4 % of the side (standard deviations). A few-shot generator that does not beat it has shown little.",
        _warped,
    ),
    "means": Landmark("Blurred means", "Means of random halves of the support, blurred.", _blurred_means),
    "noise": Landmark("Noise", "The pixels of the support in random places.", _noise),
}
"""By the name under which figures of them are told."""
ABOUT = (
    "Recognizability: would a judge that was trained on other classes put the sample into its own. Diversity: how far "
    "samples lie apart, originality: how far from the nearest example of the support, both next to real examples, "
    "which lie at 1. They are read together: copies are always recognised, and noise is always varied. Landmarks have "
    "learned nothing and are measured on the same tasks; a few-shot generator that does not beat the support under "
    "random affine warps has shown little."
)
"""The plane, to whoever reads it (Boutin et al. 2022, 2023)."""
REAL = "real"
"""The name of real examples among them."""
REAL_TITLE = "Real examples"


def landmark_title(name: str) -> str:
    """Return what a landmark is called."""
    return REAL_TITLE if name == REAL else LANDMARKS[name].title
