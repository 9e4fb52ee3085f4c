"""The generative adversarial network with a context on both sides (Goodfellow 2014; context: CAVIA, Zintgraf 2019).

Two players, each with its own loss; an adaptation step is a round of `discriminator_turns` steps of D and then
`generator_turns` of G, alternating, because simultaneous steps spiral outwards even on V = xy (Mescheder 2018). The
meta-gradient differentiates through the rounds.

The generator's loss contains no data, so held-out data must reach it through a judge: as in DAWSON (Liang 2020) D
adapts to the support, giving d_S, and to the query, giving d_Q; G adapts against d_S and is graded by d_Q. A kernel
distance between samples and query (MMD²) can be added to that grade. Two more remedies against mode collapse are
settings: G may look ahead at where D would go (Unrolled GAN, Metz 2017), and be paid for samples that lie apart where
their latents do (mode seeking, Mao 2019).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor
from torch.func import functional_call

from metagen_gui.engine.data.spec import DataSpec
from metagen_gui.engine.events import Remedy
from metagen_gui.engine.health.remedies import lower
from metagen_gui.engine.health.signs import ContestSigns
from metagen_gui.engine.models.base import USUAL, Circumstances, GenerativeModel, Noise, Params, PlayerParams, models
from metagen_gui.engine.networks.adversarial_losses import (
    LOSSES,
    PENALTIES,
    WON,
    discriminator_loss,
    generator_loss,
    gradient_penalty,
    mode_seeking,
    r1_penalty,
    squared_mmd,
)
from metagen_gui.engine.networks.adversarial_players import Discriminator, Generator
from metagen_gui.engine.networks.context_networks import NetworkSettings, initial_values
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import setting

WEIGHT: dict[str, Any] = {"low": 0, "log": True, "live": True}


class GanSettings(NetworkSettings):
    """Settings of the generative adversarial network."""

    enters = {
        "loss": LOSSES,
        "penalty": PENALTIES,
        "judge": {"formula": "G is graded by D_Q(G(z)), or by D_S(G(z))", "paper": "Liang et al. 2020"},
        "mmd_weight": {"symbol": "w", "formula": "w · MMD²(G(z), Q)", "paper": "MMD²: Gretton et al. 2012, eq. 3"},
        "mode_seeking": {"symbol": "w", "formula": "w / mean (|G(z) − G(z′)| / |z − z′|)", "paper": "Mao et al. 2019"},
        "unrolled_steps": {"paper": "Metz et al. 2017"},
        "unrolled_lr": {"paper": "Metz et al. 2017"},
        "context_size": {"symbol": "c", "formula": "G(z, c_G),   D(x, c_D)", "paper": "Zintgraf et al. 2019"},
    }
    latent_size: int = setting(16, "Numbers a sample is made from (z).", low=1, high=512, log=True)
    context_size: int = setting(
        64, "Numbers that tell tasks apart, for each player (the context); 0 leaves it out.", low=0, high=1024
    )
    loss: Literal["non_saturating", "hinge", "wgan_gp"] = setting(
        "non_saturating",
        "What the players minimise: non-saturating with R1, hinge, or Wasserstein with gradient penalty.",
    )
    penalty: float = setting(
        0.1,
        "Weight of the gradient penalty: R1 for non-saturating and hinge, (‖∇D‖ − 1)² for Wasserstein.",
        label="Gradient penalty",
        high=1000,
        **WEIGHT,
    )
    discriminator_turns: int = setting(1, "Steps of D per round.", unit="steps", low=1, high=20)
    generator_turns: int = setting(1, "Steps of G per round.", unit="steps", low=1, high=20)
    judge: Literal["query", "support"] = setting(
        "query",
        "Which discriminator grades G in the outer loss: one adapted to the query, or to the support.",
        expert=True,
    )
    mmd_weight: float = setting(
        10.0,
        "Weight of MMD² between samples and data in the loss of G; 0 leaves it out.",
        label="MMD² weight",
        high=10_000,
        **WEIGHT,
    )
    mmd_where: Literal["outer", "both"] = setting(
        "outer",
        "Where MMD² counts: in the outer loss only, against the query, or inside adaptation too, against the support.",
        label="MMD² counts",
    )
    mode_seeking: float = setting(
        0.0,
        "Weight of a term that drives samples apart whose latents lie apart; 0 leaves it out.",
        label="Mode seeking",
        high=1000,
        expert=True,
        **WEIGHT,
    )
    unrolled_steps: int = setting(
        0,
        "Steps of D that G looks ahead, and differentiates through, when it adapts; 0 looks at D as it is.",
        label="Unrolled steps",
        unit="steps",
        low=0,
        high=20,
        expert=True,
    )
    unrolled_lr: float = setting(
        0.03,
        "Step size of D when G looks ahead.",
        label="Unrolled rate",
        low=0,
        high=10,
        log=True,
        expert=True,
        only_if={"unrolled_steps": range(1, 21)},
    )


def part_samples(settings: Mapping[str, Any]) -> tuple[Remedy, ...]:
    """Offer the terms of the loss that make samples differ, as far as they do not count yet."""
    offers = (Remedy("Drive samples apart", "model.mode_seeking", 1.0), Remedy("Count MMD²", "model.mmd_weight", 10.0))
    return tuple(offer for offer in offers if settings.get(offer.path) == 0)


def help_generator(settings: Mapping[str, Any]) -> tuple[Remedy, ...]:
    """Offer what holds D back, and what G can learn from besides."""
    penalty, turns = settings.get("model.penalty"), settings.get("model.generator_turns")
    found: tuple[Remedy, ...] = ()
    if penalty is not None:
        found += (Remedy("Raise the gradient penalty", "model.penalty", min(1000.0, max(1.0, 10 * penalty))),)
    if settings.get("model.mmd_weight") == 0:
        found += (Remedy("Count MMD²", "model.mmd_weight", 10.0),)
    if settings.get("model.discriminator_turns", 1) > 1:
        return found + lower(settings, "model.discriminator_turns", "Fewer steps of D per round", 2)
    return found + ((Remedy("More steps of G per round", "model.generator_turns", turns + 1),) if turns else ())


@models.register("gan")
class Gan(GenerativeModel):
    """Generative adversarial network: a discriminator and a generator that adapt in turns."""

    title = "GAN"
    summary = "A generator and a discriminator that adapt in turns; quick on 2-D densities, slow on images."
    reference = "Goodfellow et al. 2014; judged on the query: Liang et al. 2020"
    Settings = GanSettings
    players = ("discriminator", "generator")
    groups = ("context", "prior", "head", "generator", "discriminator_context", "discriminator_head", "discriminator")
    group_rates = {
        "context": 1.0,
        "prior": 0.1,
        "head": 0.1,
        "generator": 0.1,
        "discriminator_context": 1.0,
        "discriminator_head": 0.1,
        "discriminator": 0.1,
    }
    detail_names = ("mmd2", "margin")
    score_name = "mmd2"
    signs = {"discriminator_wins": ContestSigns("generator", "discriminator", "margin", "model.loss", WON)}
    remedies = {"discriminator_wins": help_generator, "mode_collapse": part_samples}
    adapts = {
        "both sides": groups,
        "both contexts": ("context", "prior", "discriminator_context"),
        "context": ("context", "discriminator_context"),
        "head": ("head", "discriminator_head"),
        "generator": ("context", "prior", "head", "generator"),
        "discriminator": ("discriminator_context", "discriminator_head", "discriminator"),
        "everything": groups,
    }

    def __init__(self, settings: GanSettings, spec: DataSpec) -> None:
        super().__init__(settings, spec)
        self.normal_latents = settings.latent_size
        self.generator = Generator(settings, spec, settings.context_size, settings.latent_size)
        self.discriminator = Discriminator(settings, spec, settings.context_size)

    def check(self, shots: int, query_size: int) -> None:
        """Raise `BadInput` for single examples: the unbiased MMD² compares pairs."""
        if query_size < 2:
            why = f"{query_size} is too few for a GAN, which is graded on pairs; at least 2 are needed"
            raise BadInput("training.query_size", why)
        s = self.settings
        if shots < 2 and (s.mode_seeking or (s.mmd_weight and s.mmd_where == "both")):
            what = "mode seeking" if s.mode_seeking else "MMD²"
            raise BadInput("training.shots", f"{shots} is too few for {what} inside adaptation; at least 2 are needed")

    def initialize(self, generator: torch.Generator) -> PlayerParams:
        """Return fresh parameters of both players; contexts and prior begin at 0."""
        drawn = {
            "discriminator": initial_values(self.discriminator, generator),
            "generator": initial_values(self.generator, generator),
        }
        drawn["generator"]["prior"] = torch.zeros_like(drawn["generator"]["prior"])
        return drawn

    def group_of(self, player: str, name: str) -> str:
        """Return `context`, `prior` or `head` (the last layer) of the generator, those of D, or the player's name."""
        if player == "generator":
            return "head" if name.startswith("body.out.") else name if name in ("context", "prior") else "generator"
        if name == "context":
            return "discriminator_context"
        return "discriminator_head" if name.endswith((".out.weight", ".out.bias")) else "discriminator"

    def turns(self) -> tuple[str, ...]:
        """Return one round: D's turns, then G's."""
        s = self.settings
        rounds: tuple[str, ...] = ("discriminator",) * s.discriminator_turns + ("generator",) * s.generator_turns
        return rounds

    def noise(self, generator: torch.Generator, lead: tuple[int, ...], examples: int) -> Noise:
        """Draw latents `z` `(*lead, examples, latent)` and, for WGAN-GP, shares `(*lead, examples)`."""
        where = generator.device
        drawn = {"z": torch.randn(*lead, examples, self.settings.latent_size, generator=generator, device=where)}
        if self.settings.loss == "wgan_gp":
            drawn["share"] = torch.rand(*lead, examples, generator=generator, device=where)
        return drawn

    def loss(
        self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, circumstances: Circumstances = USUAL
    ) -> Tensor:
        """Return the player's own loss; D's includes the gradient penalty, at the *adapted* parameters."""
        fake = self.generate(params, noise["z"])
        if player == "generator":
            verdict = generator_loss(self.settings.loss, self._judge(self._looking_ahead(params, batch, noise), fake))
            verdict = self._with_seeking(verdict, noise["z"], fake)
            return self._with_mmd(verdict, fake, batch) if self.settings.mmd_where == "both" else verdict
        kind, weight = self.settings.loss, self.settings.penalty
        loss = discriminator_loss(kind, self._judge(params, batch), self._judge(params, fake))
        if weight and kind == "wgan_gp":
            loss = loss + weight * gradient_penalty(partial(self._judge, params), batch, fake, noise["share"])
        elif weight:
            loss = loss + weight * r1_penalty(partial(self._judge, params), batch)
        return loss

    @property
    def needs_opponent(self) -> bool:
        """Whether G is graded by a discriminator that has adapted to the query."""
        return bool(self.settings.judge == "query")

    def query_loss(
        self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, circumstances: Circumstances = USUAL
    ) -> Tensor:
        """Return D's own loss on the query; for G the opponent's verdict on its samples, and MMD² to the query."""
        if player == "discriminator":
            return self.loss(player, params, batch, noise, circumstances)
        fake = self.generate(params, noise["z"])
        verdict = generator_loss(self.settings.loss, self._judge(circumstances.opponent or params, fake))
        return self._with_mmd(self._with_seeking(verdict, noise["z"], fake), fake, batch)

    def _looking_ahead(self, params: PlayerParams, batch: Tensor, noise: Noise) -> PlayerParams:
        """Return `params` with D where `unrolled_steps` steps would take it, as a function of G (Metz 2017, eq. 6)."""

        def loss(discriminator: Params) -> Tensor:
            return self.loss("discriminator", {**params, "discriminator": discriminator}, batch, noise)

        ahead = params["discriminator"]
        for _ in range(self.settings.unrolled_steps):
            slopes = torch.func.grad(loss)(ahead)
            ahead = {name: value - self.settings.unrolled_lr * slopes[name] for name, value in ahead.items()}
        return {**params, "discriminator": ahead}

    def _with_seeking(self, verdict: Tensor, z: Tensor, fake: Tensor) -> Tensor:
        weight = self.settings.mode_seeking
        return verdict + weight * mode_seeking(z, fake) if weight else verdict

    def _with_mmd(self, verdict: Tensor, fake: Tensor, data: Tensor) -> Tensor:
        weight = self.settings.mmd_weight
        return verdict + weight * squared_mmd(fake, data) if weight else verdict

    def latents(self, generator: torch.Generator, count: int) -> Tensor:
        """Return standard normal latents `(count, latent)`."""
        return torch.randn(count, self.settings.latent_size, generator=generator, device=generator.device)

    def generate(self, params: PlayerParams, latents: Tensor) -> Tensor:
        """Return one example per latent."""
        out: Tensor = functional_call(self.generator, params["generator"], (latents,))
        return out

    def details(self, params: PlayerParams, batch: Tensor, noise: Noise) -> dict[str, Tensor]:
        """Return MMD² between samples and `batch`, and D's mean margin between real and generated."""
        fake = self.generate(params, noise["z"])
        margin = self._judge(params, batch).mean() - self._judge(params, fake).mean()
        return {"mmd2": squared_mmd(fake, batch), "margin": margin}

    def field(self, params: PlayerParams, points: Tensor) -> Tensor | None:
        """Return the discriminator's output at `points`."""
        return self._judge(params, points)

    def _judge(self, params: PlayerParams, examples: Tensor) -> Tensor:
        out: Tensor = functional_call(self.discriminator, params["discriminator"], (examples,))
        return out
