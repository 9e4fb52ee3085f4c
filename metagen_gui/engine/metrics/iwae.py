"""The importance-weighted bound of a VAE: nearer to the likelihood than −ELBO, the more so the more samples it takes.

    −log p(x) ≤ −E log 1/K Σ_k p(x | z_k, c) p(z_k | c) / q(z_k | x, c),   z_k ~ q(z | x, c)

Burda, Grosse & Salakhutdinov 2016, Importance Weighted Autoencoders, eq. 8. **Bias: upwards** for −log p(x), falling
with K (theorem 1); K = 1 is −ELBO by one sample, with β = 1. Unlike −ELBO it does not depend on how good the encoder is
once K is large, so it compares models whose encoders adapt differently.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.func import functional_call

from metagen_gui.engine.models.base import PlayerParams
from metagen_gui.engine.models.vae import LOG_2PI, Vae

SAMPLES = 64
"""K, by default."""
AT_ONCE = 8
"""Of the K samples, as many as are held in memory at the same time when no gradient is asked for."""


def iwae_noise(model: Vae, generator: torch.Generator, examples: int, samples: int = SAMPLES) -> Tensor:
    """Draw the noise of one evaluation, `(samples, examples, latent)`; `samples` is K."""
    return model.noise(generator, (samples,), examples)["z"]


def negative_iwae(model: Vae, params: PlayerParams, batch: Tensor, noise: Tensor) -> Tensor:
    """Return the bound on −log p(x) in nats `(examples,)` for `batch` `(examples, *shape)`; works under `vmap`.

    For images p is a Bernoulli law of pixels that are grey, as in −ELBO: the two compare with each other only.
    """
    weights = {f"networks.{name}": value for name, value in params["vae"].items()}
    log_weights = [functional_call(_LogWeights(model), weights, (batch, part)) for part in torch.split(noise, AT_ONCE)]
    return math.log(len(noise)) - torch.logsumexp(torch.cat(log_weights), dim=0)


class _LogWeights(nn.Module):
    """log p(x | z, c) + log p(z | c) − log q(z | x, c) of K latents per example."""

    def __init__(self, model: Vae) -> None:
        super().__init__()
        self.networks = model.networks

    def forward(self, x: Tensor, noise: Tensor) -> Tensor:
        """Return the log weights `(K, examples)`; `noise` `(K, examples, latent)` makes z from q."""
        samples, examples = noise.shape[:2]
        misfit, _ = self.networks.terms(torch.cat([x] * samples), noise.flatten(0, 1))
        mean, log_std = self.networks.encoder(x, self.networks.code_of_task()).chunk(2, dim=1)
        prior_mean, prior_log_std = self.networks.prior_law()
        of_prior = _log_normal((mean + log_std.exp() * noise - prior_mean) * torch.exp(-prior_log_std), prior_log_std)
        out: Tensor = of_prior - _log_normal(noise, log_std) - misfit.view(samples, examples)
        return out


def _log_normal(standardised: Tensor, log_std: Tensor) -> Tensor:
    """Return the log density of normal numbers, summed over latents, from what is left after mean and spread."""
    return -(0.5 * (standardised**2 + LOG_2PI) + log_std).sum(-1)
