"""The variational autoencoder with a context (CAVIA, Zintgraf 2019) and an adapted prior (Kingma & Welling 2014).

    −ELBO(x) = E_q(z|x,c) [ −log p(x | z, c) ] + β · KL( q(z | x, c) ‖ p(z | c) )

summed over pixels and latents, averaged over examples, with one reparametrized sample. The likelihood is Bernoulli for
images and Gaussian with a learned spread for points. A plain VAE adapts without visible effect, because an encoder that
sees its query hardly needs to adapt; here the identity of the task lives in a context vector c, which steers encoder,
decoder and prior p(z | c) = N(Vc + m, s²), and in (m, s) themselves.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from metagen_gui.engine.data.spec import DataSpec
from metagen_gui.engine.events import Remedy
from metagen_gui.engine.health.remedies import lower, put
from metagen_gui.engine.health.signs import PosteriorSigns
from metagen_gui.engine.models.base import (
    USUAL,
    Circumstances,
    GenerativeModel,
    Likelihood,
    LossKind,
    Noise,
    PlayerParams,
    models,
)
from metagen_gui.engine.networks.context_networks import NetworkSettings, build_decoder, build_encoder, initial_values
from metagen_gui.engine.networks.importance_weights import importance_weighted
from metagen_gui.engine.settings.config import setting

LOG_2PI = math.log(2 * math.pi)
DRAWS = 64
"""Of the importance-weighted bound: its K."""


class VaeSettings(NetworkSettings):
    """Settings of the variational autoencoder."""

    width: int = setting(256, "Units per hidden layer.", unit="units", low=4, high=4096, log=True)
    latent_size: int = setting(8, "Numbers that tell examples of one task apart (z).", low=1, high=512, log=True)
    context_size: int = setting(
        64, "Numbers that tell tasks apart (the context); 0 makes a plain VAE.", low=0, high=1024
    )
    beta: float = setting(
        1.0,
        "Weight of the KL term (β) in the loss; with any other than 1 the loss is not −ELBO.",
        label="KL weight β",
        low=0,
        high=100,
        log=True,
        live=True,
    )


class _Networks(nn.Module):
    """All parameters of the VAE in one module, so that their names begin with the name of their group."""

    def __init__(self, settings: VaeSettings, spec: DataSpec) -> None:
        super().__init__()
        s, c = settings, settings.context_size
        self.shape = spec.shape
        self.encoder = build_encoder(s, spec, 2 * s.latent_size, c)
        self.decoder = build_decoder(s, spec, s.latent_size, c)
        self.decoder_prior = nn.Linear(c, 2 * s.latent_size, bias=False) if c else None
        self.prior = nn.Parameter(torch.zeros(2, s.latent_size))
        self.context = nn.Parameter(torch.zeros(c)) if c else None
        self.decoder_log_std = nn.Parameter(torch.zeros(spec.shape)) if spec.bounds is None else None

    def code_of_task(self) -> Tensor:
        return self.prior.new_zeros(0) if self.context is None else self.context

    def prior_law(self) -> tuple[Tensor, Tensor]:
        """Return mean and log standard deviation of p(z | c), each `(latent,)`."""
        law = self.prior if self.decoder_prior is None else self.prior + self.decoder_prior(self.context).view(2, -1)
        return law[0], law[1]

    def forward(self, what: str, *given: Tensor) -> Any:
        """One entry for `functional_call`: the method to call."""
        return getattr(self, what)(*given)

    def decode(self, z: Tensor) -> Tensor:
        """Return logits (images) or means (points), `(examples, *shape)`."""
        out: Tensor = self.decoder(z, self.code_of_task())
        return out.view(-1, *self.shape)

    def terms(self, x: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Return −log p(x | z, c) `(examples,)` and the KL of every latent `(examples, latent)`."""
        mean, log_std = self.encoder(x, self.code_of_task()).chunk(2, dim=1)
        out = self.decode(mean + log_std.exp() * noise)
        if self.decoder_log_std is None:
            # cross-entropy, in a form whose derivatives are two quick operations; beyond 40, log(1 + eˣ) is x
            misfit = F.softplus(out, threshold=40) - x * out
        else:
            scaled = (x - out) * torch.exp(-self.decoder_log_std)
            misfit = 0.5 * (scaled**2 + LOG_2PI) + self.decoder_log_std
        m, s = self.prior_law()
        kl = s - log_std + 0.5 * (torch.exp(2 * (log_std - s)) + ((mean - m) * torch.exp(-s)) ** 2 - 1)
        return misfit.flatten(1).sum(1), kl

    def log_weights(self, x: Tensor, noise: Tensor) -> Tensor:
        """Return log p(x | z, c) + log p(z | c) − log q(z | x, c) `(draws, examples)`; `noise` makes z from q."""
        draws, examples = noise.shape[:2]
        misfit, _ = self.terms(torch.cat([x] * draws), noise.flatten(0, 1))
        mean, log_std = self.encoder(x, self.code_of_task()).chunk(2, dim=1)
        m, s = self.prior_law()
        of_prior = _log_normal((mean + log_std.exp() * noise - m) * torch.exp(-s), s)
        return of_prior - _log_normal(noise, log_std) - misfit.view(draws, examples)

    def generate(self, latents: Tensor) -> Tensor:
        """Return examples for standard latents; for points the last entries are the observation noise."""
        m, s = self.prior_law()
        size = m.shape[0]
        out = self.decode(m + s.exp() * latents[:, :size])
        if self.decoder_log_std is None:
            return torch.sigmoid(out)
        return out + self.decoder_log_std.exp() * latents[:, size:]


def _log_normal(standardised: Tensor, log_std: Tensor) -> Tensor:
    """Return the log density of normal numbers, summed over latents, from what is left after mean and spread."""
    return -(0.5 * (standardised**2 + LOG_2PI) + log_std).sum(-1)


def lower_kl_weight(settings: Mapping[str, Any]) -> tuple[Remedy, ...]:
    """Offer 1, the weight of the KL in the bound itself, for anything above, and a tenth of what is less."""
    beta = settings.get("model.beta")
    if isinstance(beta, int | float) and beta > 1:
        return (Remedy("Lower the KL weight", "model.beta", 1.0),)
    return lower(settings, "model.beta", "Lower the KL weight", 10)


def fill_latents(settings: Mapping[str, Any]) -> tuple[Remedy, ...]:
    """Offer a lower weight of the KL, and one that grows over a fifth of the run."""
    longer = max(1, int(settings.get("training.meta_steps", 0)) // 5)
    return lower_kl_weight(settings) + put(settings, "training.ramp_steps", "Let the KL weight grow slowly", longer)


@models.register("vae")
class Vae(GenerativeModel):
    """Variational autoencoder: an encoder and a decoder trained on the evidence lower bound."""

    title = "VAE"
    summary = "Variational autoencoder with a context vector and an adapted prior."
    reference = "Kingma & Welling 2014; context: Zintgraf et al. 2019"
    Settings = VaeSettings
    suggests = {"algorithm.inner_optimizer": "sgd"}  # Reptile's: with Adam a VAE of images hardly learns to adapt
    players = ("vae",)
    groups = ("context", "prior", "head", "decoder", "encoder")
    group_rates = {"context": 1.0, "prior": 0.1, "head": 0.01, "decoder": 0.01, "encoder": 0.01}
    loss_settings = ("beta",)
    loss_is = LossKind(
        "−ELBO",
        "nats",
        "The model's own loss on the query: −ELBO, whatever weight of the KL it was trained with, by one "
        "reparametrized draw: an upper bound of −log p.",
        bounds=True,
    )
    likelihood = Likelihood(
        exact=False,
        draws=DRAWS,
        title=f"IWAE bound, {DRAWS} draws",
        about=f"The importance-weighted bound of −log p on the query, by {DRAWS} draws (Burda et al. 2016): nearer to "
        "it than −ELBO, and hardly dependent on how well the encoder has adapted. Shown; −ELBO is what decides.",
    )
    detail_names = ("kl", "active_units")
    signs = {"posterior_collapse": PosteriorSigns("kl", "active_units", "model.latent_size")}
    remedies = {
        "posterior_collapse": fill_latents,
        "mode_collapse": lower_kl_weight,
        "overfitting": partial(lower, path="model.width", label="Halve the width", factor=2),
    }
    adapts = {
        "context and prior": ("context", "prior"),
        "context": ("context",),
        "prior": ("prior",),
        "head": ("head",),
        "prior and decoder": ("prior", "decoder", "head"),
        "decoder": ("decoder", "head"),
        "everything": ("context", "prior", "head", "decoder", "encoder"),
    }

    def __init__(self, settings: VaeSettings, spec: DataSpec) -> None:
        super().__init__(settings, spec)
        self.networks = _Networks(settings, spec)

    def initialize(self, generator: torch.Generator) -> PlayerParams:
        """Return fresh parameters; context and prior begin at 0 (a standard normal prior)."""
        values = initial_values(self.networks, generator)
        values["prior"] = torch.zeros_like(values["prior"])
        return {"vae": values}

    def group_of(self, player: str, name: str) -> str:
        """Return the first word of the name, or `head` for the decoder's last layer, `decoder.out`."""
        if name.startswith("decoder.out."):
            return "head"
        return name.split(".")[0].split("_")[0]

    def noise(self, generator: torch.Generator, lead: tuple[int, ...], examples: int) -> Noise:
        """Draw the reparametrization noise, `z` `(*lead, examples, latent)`."""
        shape = (*lead, examples, self.settings.latent_size)
        return {"z": torch.randn(shape, generator=generator, device=generator.device)}

    def loss(
        self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, circumstances: Circumstances = USUAL
    ) -> Tensor:
        """Return −ELBO in nats per example, but for the weight of the KL: β, and while it is warmed up a part of it."""
        misfit, kl = self._call(params, "terms", batch, noise["z"])
        loss: Tensor = misfit.mean() + circumstances.ramp * self.settings.beta * kl.sum(1).mean()
        return loss

    def latents(self, generator: torch.Generator, count: int) -> Tensor:
        """Return standard normal latents `(count, latent)`; for points two more columns of observation noise."""
        extra = math.prod(self.spec.shape) if self.spec.bounds is None else 0
        return torch.randn(count, self.settings.latent_size + extra, generator=generator, device=generator.device)

    def generate(self, params: PlayerParams, latents: Tensor) -> Tensor:
        """Return means of the Bernoulli pixels, or points with their noise."""
        out: Tensor = self._call(params, "generate", latents)
        return out

    def details(self, params: PlayerParams, batch: Tensor, noise: Noise) -> dict[str, Tensor]:
        """Return the KL in nats and the number of active units (latents whose mean KL exceeds 0.01 nats)."""
        _, kl = self._call(params, "terms", batch, noise["z"])
        return {"kl": kl.sum(1).mean(), "active_units": (kl.mean(0) > 0.01).float().sum()}

    def comparable_loss(self, loss: Any, details: Mapping[str, Any]) -> Any:
        """Return −ELBO: the KL counts once."""
        return loss if self.settings.beta == 1 else loss + (1 - self.settings.beta) * details["kl"]

    @property
    def reweighted(self) -> tuple[str, str] | None:
        """Say where the weight of the KL makes the loss another than −ELBO."""
        if self.settings.beta == 1:
            return None
        label = f"β = {self.settings.beta:g}"
        return label, (
            f"In the loss the KL counts {self.settings.beta:g} times, as it did in training ({label}); in −ELBO it "
            "counts once, and only that is a bound of −log p."
        )

    def caveat(self, examples: Tensor) -> str:
        """Say that of grey pixels cross-entropy is no likelihood, and the least it can be: their entropy."""
        if self.networks.decoder_log_std is not None:
            return ""
        floor = float(torch.special.entr(torch.stack([examples, 1 - examples])).sum() / len(examples))
        return (
            f"{self.loss_is.title} of grey pixels is a cross-entropy, not a likelihood: on these images no model comes "
            f"below {floor:.0f} nats. Differences compare; the figure does not compare with likelihoods."
            if floor >= 1
            else ""
        )

    def log_likelihood(self, params: PlayerParams, batch: Tensor, noise: Noise) -> Tensor:
        """Return the importance-weighted bound; of grey images it is one as −ELBO is: the two compare."""
        return importance_weighted(lambda part: self._call(params, "log_weights", batch, part["z"]), noise)

    def _call(self, params: PlayerParams, what: str, *given: Tensor) -> Any:
        return functional_call(self.networks, params["vae"], (what, *given))
