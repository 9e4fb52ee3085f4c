"""Losses and penalties of adversarial training, and the kernel distance that grades a generator against held-out data.

All take discriminator outputs `(examples,)` and return scalars, averages over examples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

Critic = Callable[[Tensor], Tensor]
"""A discriminator as a function from examples `(n, *shape)` to one number each `(n,)`."""

BANDWIDTHS = (0.1, 0.25, 0.6, 1.5)

WON: Mapping[str, tuple[float, float]] = {"non_saturating": (6.0, 4.0), "hinge": (1.9, 1.5)}
"""Per form of the loss, margins D(x) − D(G(z)) at which D has won, and under which it has not any more.

For `non_saturating` D's outputs are log-odds: at a margin of 6, split evenly, it is twenty to one sure on either side
and its loss is 0.1, where 1.39 would be a draw. The hinge gives nothing beyond 2, where its loss is 0. A Wasserstein
critic is meant to be far ahead of G, and its slope is held to 1, so it is never said to win. Healthy runs had margins
below 0.1, sick ones 7 to 22.
"""

LOSSES = {
    "formula": "non-saturating, D: −log σ(D(x)) − log(1 − σ(D(G(z))));   G: −log σ(D(G(z)))\n"
    "hinge, D: max(0, 1 − D(x)) + max(0, 1 + D(G(z)));   G: −D(G(z))\n"
    "Wasserstein, D: D(G(z)) − D(x);   G: −D(G(z))",
    "paper": "Goodfellow et al. 2014; hinge: Lim & Ye 2017; Wasserstein: Arjovsky et al. 2017",
}
PENALTIES = {
    "symbol": "w",
    "formula": "w · ½ mean ‖∇_x D(x)‖²\nWasserstein: w · mean (‖∇D(x̂)‖ − 1)²",
    "paper": "Mescheder et al. 2018, eq. 9; Wasserstein: Gulrajani et al. 2017, eq. 3",
}
"""What a choice of losses and the weight of a penalty enter, for whoever declares such settings."""


def discriminator_loss(kind: str, real: Tensor, fake: Tensor) -> Tensor:
    """Return what the discriminator minimises, without penalties.

    `non_saturating`: −log σ(D(x)) − log(1 − σ(D(G(z)))) (Goodfellow 2014); `hinge`: Lim & Ye 2017;
    `wgan_gp`: D(G(z)) − D(x) (Arjovsky 2017).
    """
    if kind == "hinge":
        return F.relu(1 - real).mean() + F.relu(1 + fake).mean()
    if kind == "wgan_gp":
        return fake.mean() - real.mean()
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def generator_loss(kind: str, fake: Tensor) -> Tensor:
    """Return what the generator minimises: −log σ(D(G(z))) for `non_saturating`, else −D(G(z))."""
    return F.softplus(-fake).mean() if kind == "non_saturating" else -fake.mean()


def r1_penalty(critic: Critic, real: Tensor) -> Tensor:
    """Return ½ mean ‖∇_x D(x)‖² over real examples, the norm over all of an example's axes (Mescheder 2018, eq. 9)."""
    return 0.5 * _slopes(critic, real).square().sum(1).mean()


def gradient_penalty(critic: Critic, real: Tensor, fake: Tensor, share: Tensor) -> Tensor:
    """Return mean (‖∇D(x̂)‖ − 1)² at x̂ = share·x + (1 − share)·G(z), per example (Gulrajani 2017, eq. 3).

    `share` `(examples,)` is uniform in [0, 1].
    """
    share = share.view(-1, *[1] * (real.ndim - 1))
    slopes = _slopes(critic, share * real + (1 - share) * fake)
    # the tiny term keeps the root differentiable where the slope vanishes
    return (torch.sqrt(slopes.square().sum(1) + 1e-12) - 1).square().mean()


def _slopes(critic: Critic, examples: Tensor) -> Tensor:
    """Return ∇_x D(x) per example, flattened: `(n, numbers)`. No layer mixes examples, so one sum serves all."""
    slopes: Tensor = torch.func.grad(lambda x: critic(x).sum())(examples)
    return slopes.flatten(1)


def mode_seeking(latents: Tensor, samples: Tensor) -> Tensor:
    """Return 1 / mean of |G(z) − G(z')| / |z − z'| over neighbours in the batch (Mao 2019, eq. 4).

    The reciprocal, to be minimised, is that of its code, which takes the mean of either distance before the ratio.
    Distances are means of absolute differences; `latents` `(n, size)`, `samples` `(n, *shape)` with n of 2 or more.
    """
    apart = (samples - samples.roll(1, 0)).flatten(1).abs().mean(1)
    return 1 / ((apart / (latents - latents.roll(1, 0)).abs().mean(1)).mean() + 1e-5)


def squared_mmd(a: Tensor, b: Tensor) -> Tensor:
    """Return the unbiased estimate of MMD²(a, b) for `(n, *shape)` and `(m, *shape)` (Gretton 2012, eq. 3).

    The kernel is a mean of Gaussians of several widths, relative to the root of the number of dimensions. Being
    unbiased, the estimate may be slightly negative. Needs two examples on each side.
    """
    a, b = a.flatten(1), b.flatten(1)
    n, m = a.shape[0], b.shape[0]
    within_a = (_kernel(a, a).sum() - n) / (n * (n - 1))
    within_b = (_kernel(b, b).sum() - m) / (m * (m - 1))
    return within_a + within_b - 2 * _kernel(a, b).mean()


def _kernel(a: Tensor, b: Tensor) -> Tensor:
    # ‖x − y‖² by its three products: the differences themselves would take n · m · numbers of memory
    squares = (a.square().sum(1)[:, None] + b.square().sum(1)[None] - 2 * a @ b.T) / a.shape[1]
    return torch.stack([torch.exp(-squares / (2 * width**2)) for width in BANDWIDTHS]).mean(0)
