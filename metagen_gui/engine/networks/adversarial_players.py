"""The networks of adversarial training, each with a context of its own that tells tasks apart."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from metagen_gui.engine.data.spec import DataSpec
from metagen_gui.engine.networks.context_networks import NetworkSettings, build_decoder, build_encoder


class Generator(nn.Module):
    """G: latents to examples; `prior` holds mean and log standard deviation of the latents' law."""

    def __init__(self, settings: NetworkSettings, spec: DataSpec, context: int, latent: int) -> None:
        super().__init__()
        self.shape, self.bounded = spec.shape, spec.bounds is not None
        self.body = build_decoder(settings, spec, latent, context, waves=0 if self.bounded else settings.width)
        self.prior = nn.Parameter(torch.zeros(2, latent))
        self.context = nn.Parameter(torch.zeros(context))

    def forward(self, latents: Tensor) -> Tensor:
        """Map standard normal latents `(n, latent)` to examples `(n, *shape)`."""
        out = self.body(self.prior[0] + self.prior[1].exp() * latents, self.context).view(-1, *self.shape)
        return torch.sigmoid(out) if self.bounded else out


class Discriminator(nn.Module):
    """D: examples to one number each, large for real ones."""

    def __init__(self, settings: NetworkSettings, spec: DataSpec, context: int) -> None:
        super().__init__()
        self.body = build_encoder(settings, spec, 1, context)
        self.context = nn.Parameter(torch.zeros(context))

    def forward(self, examples: Tensor) -> Tensor:
        """Map examples `(n, *shape)` to `(n,)`."""
        out: Tensor = self.body(examples, self.context)
        return out.squeeze(1)
