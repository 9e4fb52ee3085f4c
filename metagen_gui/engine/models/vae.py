"""The variational autoencoder with a context (CAVIA, Zintgraf 2019) and an adapted prior (Kingma & Welling 2014).

    −ELBO(x) = E_q(z|x,c) [ −log p(x | z, c) ] + β · KL( q(z | x, c) ‖ p(z | c) )

summed over pixels and latents, averaged over examples, with one reparametrized sample. The likelihood is Bernoulli for
images and Gaussian with a learned spread for points. A plain VAE adapts without visible effect, because an encoder that
sees its query hardly needs to adapt; here the identity of the task lives in a context vector c, which steers encoder,
decoder and prior p(z | c) = N(Vc + m, s²), and in (m, s) themselves.

Pixels may be local, that is autoregressive beside what latents and context say (`networks/autoencoder.py`); the outer
loss then has both likelihoods, and the bound that is told is by the local one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor
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
from metagen_gui.engine.networks.autoencoder import Autoencoder
from metagen_gui.engine.networks.context_networks import NetworkSettings, initial_values
from metagen_gui.engine.networks.importance_weights import importance_weighted
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import setting

DRAWS = 64  # of the importance-weighted bound: its K
LOCAL = {"likelihood": ["local"]}  # where settings of the local likelihood have an effect
OF_SAMPLES: dict[str, Any] = {"low": 0, "live": True, "expert": True}
ELBO = "E_q[−log p(x | z, c)] + β · KL(q(z | x, c) ‖ p(z | c))"


class VaeSettings(NetworkSettings):
    """Settings of the variational autoencoder."""

    enters = {
        "beta": {"symbol": "β", "formula": ELBO, "paper": "Kingma & Welling 2014, where β = 1"},
        "latent_size": {"symbol": "z", "formula": ELBO, "paper": "Kingma & Welling 2014"},
        "context_size": {"symbol": "c", "formula": ELBO, "paper": "Zintgraf et al. 2019"},
        "guidance": {"symbol": "g", "formula": "c ← c_0 + g (c − c_0)"},
        "latent_spread": {"symbol": "τ", "formula": "z = Vc + m + τ s ε,   ε ~ N(0, I)"},
    }
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
    likelihood: Literal["independent", "local"] = setting(
        "independent",
        "Whether pixels are independent given the latents, which blurs, or each follows from those just before it as "
        "well: sharp strokes, drawn and not shown as means (images only).",
        label="Likelihood of pixels",
        titles={"independent": "independent pixels", "local": "local autoregressive"},
    )
    adapts_by: Literal["independent", "local", "both"] = setting(
        "independent",
        "Which likelihood adaptation descends; the outer loss has both. By independent pixels it is quickest, and "
        "latents and context stay in use; Reptile, which has no outer loss, learns only what adaptation descends.",
        titles={"independent": "independent pixels", "local": "local autoregressive"},
        only_if=LOCAL,
        expert=True,
    )
    local_width: int = setting(24, "Channels of the local likelihood.", low=2, high=256, only_if=LOCAL, expert=True)
    local_examples: int = setting(
        1,
        "Examples of a task's query that the local likelihood learns from in an outer step, which it takes most of the "
        "time of; 0 takes all.",
        unit="examples",
        low=0,
        high=10_000,
        only_if=LOCAL,
        expert=True,
    )
    guidance: float = setting(
        1.0,
        "How far samples go from the unadapted context towards the adapted one and beyond; with any other than 1 they "
        "follow another law than the one that was learned, whose likelihood is told.",
        high=5,
        **OF_SAMPLES,
    )
    latent_spread: float = setting(
        1.0,
        "Spread of the latents of samples, as a multiple of the prior's; any other than 1 changes their law, too.",
        high=2,
        **OF_SAMPLES,
    )


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
    loss_settings = ("beta", "likelihood")
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
    detail_names: tuple[str, ...] = ("kl", "active_units")
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
        self.local = settings.likelihood == "local"
        if self.local:
            if not spec.has_pixels:
                raise BadInput("model.likelihood", f"a local likelihood is of pixels, and {spec.kind} have none")
            self.detail_names = (*self.detail_names, "negative_elbo", "independent_misfit")
            self.score_name = "negative_elbo"
        self.normal_latents, local = settings.latent_size, settings.local_width if self.local else 0
        self.networks = Autoencoder(settings, spec, settings.latent_size, settings.context_size, local)

    def initialize(self, generator: torch.Generator) -> PlayerParams:
        """Return fresh parameters; context and prior begin at 0 (a standard normal prior)."""
        values = initial_values(self.networks, generator)
        return {"vae": {**values, "prior": torch.zeros_like(values["prior"])}}

    def group_of(self, player: str, name: str) -> str:
        """Return the first word of the name, or `head` for the decoder's last layer, `decoder.out`."""
        return "head" if name.startswith("decoder.out.") else name.split(".")[0].split("_")[0]

    def noise(self, generator: torch.Generator, lead: tuple[int, ...], examples: int) -> Noise:
        """Draw the reparametrization noise, `z` `(*lead, examples, latent)`."""
        shape = (*lead, examples, self.settings.latent_size)
        return {"z": torch.randn(shape, generator=generator, device=generator.device)}

    def loss(
        self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, circumstances: Circumstances = USUAL
    ) -> Tensor:
        """Return −ELBO in nats per example, but for the weight of the KL: β, and while it is warmed up a part of it.

        It is by the likelihoods that adaptation descends.
        """
        by = self.settings.adapts_by if self.local else "independent"
        misfit, kl = self._call(params, "terms", batch, noise["z"], by != "local", by != "independent")
        loss: Tensor = misfit.mean() + circumstances.ramp * self.settings.beta * kl.sum(1).mean()
        return loss

    def query_loss(
        self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, circumstances: Circumstances = USUAL
    ) -> Tensor:
        """Return the loss; where pixels are local, by both likelihoods, whatever adaptation descends.

        In training that by the local one is the mean over the first `local_examples` of the examples.
        """
        misfit, kl = self._call(params, "terms", batch, noise["z"])
        loss: Tensor = misfit.mean() + circumstances.ramp * self.settings.beta * kl.sum(1).mean()
        if self.local:
            few = (circumstances.training and self.settings.local_examples) or len(batch)
            misfit, _ = self._call(params, "terms", batch[:few], noise["z"][:few], False, True)
            loss = loss + misfit.mean()
        return loss

    def latents(self, generator: torch.Generator, count: int) -> Tensor:
        """Return standard normal latents `(count, latent)`, and noise of points or a uniform number per local pixel."""
        extra, device = math.prod(self.spec.shape), generator.device
        normal = self.settings.latent_size + (extra if self.spec.bounds is None else 0)
        uniform = extra if self.local else 0
        found = torch.randn(count, normal, generator=generator, device=device)
        return torch.cat([found, torch.rand(count, uniform, generator=generator, device=device)], 1)

    def for_sampling(self, adapted: PlayerParams, start: PlayerParams) -> PlayerParams:
        """Return `adapted` with a context c₀ + g (c − c₀) for a guidance g; c₀ is that of `start`."""
        guidance, own, before = self.settings.guidance, adapted["vae"], start["vae"].get("context")
        if guidance == 1 or before is None or "context" not in own:
            return adapted
        return {"vae": {**own, "context": before + guidance * (own["context"] - before)}}

    def generate(self, params: PlayerParams, latents: Tensor) -> Tensor:
        """Return means of independent pixels, drawings by local ones, or points with their noise."""
        return self._call(params, "generate", latents, self.settings.latent_spread)  # type: ignore[no-any-return]

    def encode(self, params: PlayerParams, examples: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log standard deviation of the latents of `examples`."""
        return self._call(params, "encode", examples)  # type: ignore[no-any-return]

    def details(self, params: PlayerParams, batch: Tensor, noise: Noise) -> dict[str, Tensor]:
        """Return the KL in nats and the number of active units (latents whose mean KL exceeds 0.01 nats).

        Where the loss has two likelihoods, also −ELBO, which is by the local one, and −log p(x | z, c) by the other.
        """
        misfit, kl = self._call(params, "terms", batch, noise["z"])
        found = {"kl": kl.sum(1).mean(), "active_units": (kl.mean(0) > 0.01).float().sum()}
        if self.local:
            local, _ = self._call(params, "terms", batch, noise["z"], False, True)
            found |= {"negative_elbo": local.mean() + found["kl"], "independent_misfit": misfit.mean()}
        return found

    def comparable_loss(self, loss: Any, details: Mapping[str, Any]) -> Any:
        """Return −ELBO: of two likelihoods by the local one, and the KL counts once."""
        if self.local:
            return details["negative_elbo"]
        return loss if self.settings.beta == 1 else loss + (1 - self.settings.beta) * details["kl"]

    @property
    def reweighted(self) -> tuple[str, str] | None:
        """Say where the loss is another than −ELBO: by the weight of the KL, or because it has two likelihoods."""
        if self.local:
            why = (
                "The loss adds up two likelihoods, by independent and by local pixels; −ELBO is by the local one alone."
            )
            return "both likelihoods", why
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
        told = (
            f"{self.loss_is.title} of grey pixels is a cross-entropy, not a likelihood: on these images no model comes "
            f"below {floor:.0f} nats. Differences compare; the figure does not compare with likelihoods."
        )
        return told if floor >= 1 else ""

    def log_likelihood(self, params: PlayerParams, batch: Tensor, noise: Noise) -> Tensor:
        """Return the importance-weighted bound; of grey images it is one as −ELBO is: the two compare."""
        return importance_weighted(lambda part: self._call(params, "log_weights", batch, part["z"], self.local), noise)

    def _call(self, params: PlayerParams, what: str, *given: Any) -> Any:
        return functional_call(self.networks, params["vae"], (what, *given))
