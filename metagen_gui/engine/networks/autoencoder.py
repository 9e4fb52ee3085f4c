"""Encoder, decoder and prior of a variational autoencoder, steered by a context, and its likelihoods of images.

Every pixel given latents z and context c may be independent of the others, or follow from those before it and close by
(`LocalPixels`): an image then has sharp strokes, while what it is of stays in z and c, because no pixel sees further
(PixelVAE: Gulrajani et al. 2017, section 3; a decoder of small receptive field: Hewitt et al. 2018, section 3.3).
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from metagen_gui.engine.data.spec import DataSpec
from metagen_gui.engine.networks.context_networks import NetworkSettings, build_decoder, build_encoder
from metagen_gui.engine.networks.masked_pixels import MaskedPixels

LOG_2PI = math.log(2 * math.pi)
MAPS = 8
"""Maps that the local likelihood makes of the decoder's features."""
DEPTH = 2
"""Its layers of 3 × 3: with the first one of 7 × 7 a pixel sees five rows up and five columns sideways."""


class LocalPixels(nn.Module):
    """p(x | z, c), pixel by pixel, from the decoder's features and logits and from the pixels just before."""

    def __init__(self, settings: NetworkSettings, spec: DataSpec, width: int) -> None:
        super().__init__()
        channels, height, columns = spec.shape
        self.size, self.coarse = (height, columns), ((height + 1) // 2, (columns + 1) // 2)
        self.maps: nn.Module = (
            nn.Conv2d(settings.channels, MAPS, 1)
            if settings.network == "conv"
            else nn.Linear(settings.width, MAPS * math.prod(self.coarse))
        )
        self.path = MaskedPixels(channels, MAPS + channels, width=width, depth=DEPTH)

    def given(self, features: Tensor, logits: Tensor) -> Tensor:
        """Return what all pixels are told, `(examples, maps, height, width)`."""
        maps: Tensor = F.silu(self.maps(features))
        if maps.ndim == 2:
            maps = F.interpolate(maps.view(-1, MAPS, *self.coarse), scale_factor=2.0)
            maps = maps[:, :, : self.size[0], : self.size[1]]
        return torch.cat([maps, logits], dim=1)

    def forward(self, x: Tensor, features: Tensor, logits: Tensor) -> Tensor:
        """Return the logits of every pixel of `x` given those before it."""
        out: Tensor = self.path(x, self.given(features, logits), logits)
        return out

    def draw(self, uniform: Tensor, features: Tensor, logits: Tensor) -> Tensor:
        """Return images of 0 and 1, drawn by `uniform` numbers of their shape."""
        return self.path.draw(uniform, self.given(features, logits), logits)


class Autoencoder(nn.Module):
    """All parameters of the VAE in one module, so that their names begin with the name of their group.

    `local` is how wide the local likelihood is, 0 if there is none.
    """

    def __init__(
        self,
        settings: NetworkSettings,
        spec: DataSpec,
        latent: int,
        context: int,
        local: int = 0,
    ) -> None:
        super().__init__()
        self.shape = spec.shape
        self.encoder = build_encoder(settings, spec, 2 * latent, context)
        self.decoder = build_decoder(settings, spec, latent, context)
        self.decoder_prior = nn.Linear(context, 2 * latent, bias=False) if context else None
        self.prior = nn.Parameter(torch.zeros(2, latent))
        self.context = nn.Parameter(torch.zeros(context)) if context else None
        self.decoder_log_std = nn.Parameter(torch.zeros(spec.shape)) if spec.bounds is None else None
        self.decoder_local = LocalPixels(settings, spec, local) if local else None

    def code_of_task(self) -> Tensor:
        """Return the context, of length 0 if there is none."""
        return self.prior.new_zeros(0) if self.context is None else self.context

    def prior_law(self) -> tuple[Tensor, Tensor]:
        """Return mean and log standard deviation of p(z | c), each `(latent,)`."""
        law = self.prior if self.decoder_prior is None else self.prior + self.decoder_prior(self.context).view(2, -1)
        return law[0], law[1]

    def forward(self, what: str, *given: Any) -> Any:
        """One entry for `functional_call`: the method to call."""
        return getattr(self, what)(*given)

    def decode(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return the decoder's features, and logits (images) or means (points) `(examples, *shape)`."""
        features = self.decoder.features(z, self.code_of_task())
        return features, self.decoder.out(features).view(-1, *self.shape)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log standard deviation of the latents of `x` `(examples, *shape)`."""
        mean, log_std = self.encoder(x, self.code_of_task()).chunk(2, dim=1)
        return mean, log_std

    def terms(self, x: Tensor, noise: Tensor, plain: bool = True, local: bool = False) -> tuple[Tensor, Tensor]:
        """Return −log p(x | z, c) `(examples,)` and the KL of every latent `(examples, latent)`.

        The former is that of independent pixels if it is `plain`, of `local` ones, or the sum of both.
        """
        mean, log_std = self.encode(x)
        misfit = self.misfit(x, mean + log_std.exp() * noise, plain, local)
        m, s = self.prior_law()
        kl = s - log_std + 0.5 * (torch.exp(2 * (log_std - s)) + ((mean - m) * torch.exp(-s)) ** 2 - 1)
        return misfit, kl

    def misfit(self, x: Tensor, z: Tensor, plain: bool, local: bool) -> Tensor:
        """Return −log p(x | z, c) `(examples,)` by the likelihoods that are asked for, added up."""
        features, out = self.decode(z)
        if self.decoder_log_std is not None:
            scaled = (x - out) * torch.exp(-self.decoder_log_std)
            return (0.5 * (scaled**2 + LOG_2PI) + self.decoder_log_std).flatten(1).sum(1)
        misfit = _cross_entropy(x, out) if plain else x.new_zeros(())
        if local:
            assert self.decoder_local is not None
            misfit = misfit + _cross_entropy(x, self.decoder_local(x, features, out))
        return misfit

    def log_weights(self, x: Tensor, noise: Tensor, local: bool = False) -> Tensor:
        """Return log p(x | z, c) + log p(z | c) − log q(z | x, c) `(draws, examples)`; `noise` makes z from q."""
        if local:  # draw by draw: the maps of all at once would take much memory
            misfit = torch.stack([self.terms(x, each, False, True)[0] for each in noise])
        else:
            misfit = self.terms(torch.cat([x] * len(noise)), noise.flatten(0, 1))[0].view(noise.shape[:2])
        mean, log_std = self.encoder(x, self.code_of_task()).chunk(2, dim=1)
        m, s = self.prior_law()
        of_prior = _log_normal((mean + log_std.exp() * noise - m) * torch.exp(-s), s)
        return of_prior - _log_normal(noise, log_std) - misfit

    def generate(self, latents: Tensor, spread: float = 1.0) -> Tensor:
        """Return examples for standard latents, those of z first.

        For points the others are the observation noise; for local pixels they are uniform and decide between ink and
        paper; otherwise there are none, and the means are returned. The spread of z is `spread` times the prior's.
        """
        m, s = self.prior_law()
        size = m.shape[0]
        features, out = self.decode(m + spread * s.exp() * latents[:, :size])
        if self.decoder_log_std is not None:
            return out + self.decoder_log_std.exp() * latents[:, size:]
        if self.decoder_local is None:
            return torch.sigmoid(out)
        drawn: Tensor = self.decoder_local.draw(latents[:, size:].reshape(-1, *self.shape), features, out)
        return drawn


def _cross_entropy(x: Tensor, logits: Tensor) -> Tensor:
    """Return −log p(x) `(examples,)` of pixels by their logits; grey ones count as shares of ink."""
    # a form whose derivatives are two quick operations; beyond 40, log(1 + eˣ) is x
    return (F.softplus(logits, threshold=40) - x * logits).flatten(1).sum(1)


def _log_normal(standardised: Tensor, log_std: Tensor) -> Tensor:
    """Return the log density of normal numbers, summed over latents, from what is left after mean and spread."""
    return -(0.5 * (standardised**2 + LOG_2PI) + log_std).sum(-1)
