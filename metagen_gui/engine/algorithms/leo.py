"""LEO: meta-learning with latent embedding optimization (Rusu et al. 2019, algorithm 1).

    z_0 ~ q(z | S),   z ← z − η ∘ ∇_z ℓ_S(θ + w),  w ~ N(ν(z), σ(z)),   then   φ = θ + w,   φ ← φ − η_f ∘ ∇_φ ℓ_S(φ)

    outer loss = ℓ_Q(φ) + β KL(q ‖ N(0, I)) + γ ‖stopgrad(z_k) − z_0‖² + λ₁ L2 + λ₂ mean((C − I)²)

An encoder and a relation network over every pair of support examples give the law q of one code per task; a linear
decoder W makes of the code the change w of the parameters that adapt (`latent_embedding.py`, `code_space.py`). All of
it is learned, η from 1 and η_f from 0.001 as well. Codes and changes are sampled in training, and are means otherwise.
KL and ‖·‖² are means over entries; C holds the cosines between the rows of W. Weights, starts and outer clipping are
those of the reference implementation (deepmind/leo), without dropout. Inner gradients are limited: summed over pixels,
losses are far steeper than a classifier's, and a code that leaps is sampled with a deviation that grows exponentially.

The paper decodes a classifier's last layer. A generative model has no such part; here w is a *modulation*: contexts
reach every layer, so some hundred decoded numbers steer a network whose weights are shared. A decoder of all weights,
2 · `code_size` times as large as the model, is made where there is no context, as in the curve, or `adapts` asks for
it. Every player has networks and a code of its own. η and η_f count in `inner_lr`, η_f also in its group's rate.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor

from metagen_gui.engine.adaptation.code_space import CodeSpace, modulation, sampling_noise
from metagen_gui.engine.adaptation.latent_embedding import (
    CODE,
    divergence,
    embedding_rates,
    fresh_embedding,
    weight_penalty,
)
from metagen_gui.engine.adaptation.meta_params import is_own
from metagen_gui.engine.algorithms import base
from metagen_gui.engine.algorithms.base import MetaGradient, MetaParams, Moment, TaskNoise
from metagen_gui.engine.models.base import USUAL, Circumstances, Noise, Params, PlayerParams
from metagen_gui.engine.settings.config import setting

PAPER = "Rusu et al. 2019, algorithm 1"
OUTER_LOSS = "ℓ_Q(φ) + β KL(q ‖ N(0, I)) + γ ‖stopgrad(z_k) − z_0‖² + λ_1 L2 + λ_2 mean((C − I)²)"
OF_CODE, OF_PARAMETERS = "z ← z − α η ∘ ∇_z ℓ_S(θ + w(z))", "φ ← φ − α r η_f ∘ ∇_φ ℓ_S(φ)"
PENALTY: dict[str, Any] = {"low": 0, "high": 100, "log": True, "live": True, "expert": True, "formula": OUTER_LOSS}
PENALTY |= {"paper": PAPER}


class LeoSettings(base.AlgorithmSettings):
    """Settings of LEO."""

    enters = {
        "inner_lr": {"formula": f"{OF_CODE}\n{OF_PARAMETERS}", "paper": PAPER},
        "group_rates": {"formula": OF_PARAMETERS},
    }
    adaptation_steps: int = setting(
        5, "Steps of the code.", unit="steps", low=1, high=100, formula=OF_CODE, paper=PAPER
    )
    fine_tuning_steps: int = setting(
        5,
        "Steps of the parameters, after the code.",
        unit="steps",
        low=0,
        high=100,
        formula=OF_PARAMETERS,
        paper=PAPER,
    )
    code_size: int = setting(
        16,
        "Numbers of a task's code (z).",
        low=1,
        high=1024,
        log=True,
        symbol="z",
        formula="z_0 ~ q(z | S),   w ~ N(ν(z), σ(z))",
        paper=PAPER,
    )
    code_hidden: int = setting(64, "Hidden units of the encoder.", unit="units", low=1, high=4096, log=True)
    kl_weight: float = setting(
        1e-3, "Weight of the KL of the code's law (β).", label="KL weight", symbol="β", **PENALTY
    )
    encoder_weight: float = setting(
        1e-9, "Weight of how far the code moves from where it begins (γ).", symbol="γ", **PENALTY
    )
    l2_weight: float = setting(
        1e-8, "Weight of LEO's own squared weights (λ₁).", label="L2 weight", symbol="λ_1", **PENALTY
    )
    orthogonality_weight: float = setting(
        1e-3, "Weight of the cosines between the decoder's rows (λ₂).", symbol="λ_2", **PENALTY
    )


@base.algorithms.register("leo")
class Leo(base.Algorithm):
    """Adapts a code of the task from which a modulation of the model is decoded, then the modulation itself."""

    title = "LEO"
    summary = "Adapts a short code of the task, from which a change of the model is decoded."
    reference = "Rusu et al. 2019"
    formulas = base.Formulas(
        start="z_0 ~ q(z | S),   φ_0 = θ + w(z_0)",
        gradient="g = ∇ (L + β KL(q ‖ N(0, I)) + γ ‖z_k − z_0‖^2 + λ_1 L2 + λ_2 mean((C − I)^2))",
    )
    Settings: ClassVar[type[base.AlgorithmSettings]] = LeoSettings
    suggests = {
        "algorithm.inner_lr": 1.0,
        "algorithm.adaptation_steps": 5,
        "algorithm.inner_clip": 0.3,
        "training.outer_value_clip": 0.1,
        "training.outer_clip": 0.1,
    }

    @property
    def steps(self) -> int:
        """How many adaptation steps a task gets: those of the code and those of fine-tuning."""
        return int(self.settings.adaptation_steps + self.settings.fine_tuning_steps)

    def adapted(self, params: PlayerParams) -> dict[str, tuple[str, ...]]:
        """Return the parameters that are decoded: by default contexts and priors, of players who have such."""
        return modulation(self.model, params, super().adapted(params), self.settings.adapts)

    def initialize(self, generator: torch.Generator) -> MetaParams:
        """Return θ and, as its own, the networks and learned rates of every player who adapts."""
        params, s, inputs = self.model.initialize(generator), self.settings, math.prod(self.model.spec.shape)
        own = {}
        for player, names in self.adapted(params).items():
            if moving := {name: params[player][name] for name in names}:
                own[player] = fresh_embedding(generator, inputs, s.code_hidden, s.code_size, moving)
        return MetaParams(params, own)

    def rates(self, meta: MetaParams) -> dict[str, Params]:
        """Return η, as the rate of the task's code, and η_f by parameter; the first axis, the step, has length 1."""
        fixed, plain = super().rates(meta), self.settings.inner_lr
        learned = {player: embedding_rates(meta.own[player]) for player in self._numbers}
        return {p: {name: rate * fixed[p].get(name, plain) for name, rate in own.items()} for p, own in learned.items()}

    learned_rates = rates  # every one is learned

    def adaptation_noise(self, generator: torch.Generator, tasks: int, steps: int, examples: int) -> Noise:
        """Draw the model's noise and, under names with `@` and without the axis `steps`, what samples in training."""
        own = super().adaptation_noise(generator, tasks, steps, examples)
        lead = (tasks, self.settings.adaptation_steps + 1, len(self.model.turns()))
        return own | sampling_noise(generator, lead, self.settings.code_size, self._numbers)

    def trajectory(
        self,
        meta: MetaParams,
        batch: Tensor,
        noise: Noise,
        steps: int,
        circumstances: Circumstances = USUAL,
        *,
        first_order: bool = False,
    ) -> list[PlayerParams]:
        """Return one task's parameters after 0, 1, … `steps` steps, those of the code first; nothing is sampled."""
        own = {name: value for name, value in noise.items() if not is_own(name)}
        return self._space(meta, circumstances, first_order).walk(batch, own, steps).params

    def training_path(self, meta: MetaParams, batch: Tensor, noise: Noise, moment: Circumstances) -> list[PlayerParams]:
        """Return the parameters after every step, codes and changes sampled as `noise` says."""
        return self._space(meta, moment, False).walk(batch, noise, self.steps).params

    def inner_formula(self, step: int) -> str:
        """Return a step of the code, or of the parameters after it."""
        if step < self.settings.adaptation_steps:
            return "z_{j+1} = z_j − η ∘ ∇_zℓ_S(θ + w(z_j)),   φ_{j+1} = θ + w(z_{j+1})"
        return "φ_{j+1} = φ_j − η_f ∘ ∇ℓ_S(φ_j)"

    def phase(self, share: float) -> None:
        """Every outer step of a run is computed alike."""

    def meta_gradient(
        self, meta: MetaParams, support: Tensor, query: Tensor, noise: TaskNoise, moment: Moment
    ) -> MetaGradient:
        """Return each player's gradient of its query loss and penalties; the query loss alone is reported."""
        losses, penalties = self.outer_losses(meta, support, query, noise, moment)
        found = base.mean_gradient({p: loss + penalties.get(p, 0.0) for p, loss in losses.items()}, meta)
        return replace(found, query_loss={player: loss.detach() for player, loss in losses.items()})

    def outer_losses(
        self, meta: MetaParams, support: Tensor, query: Tensor, noise: TaskNoise, moment: Circumstances = USUAL
    ) -> tuple[Params, Params]:
        """Return query losses by player and, of those who adapt, the sums of penalties, each `(tasks,)`."""
        s, model, space = self.settings, self.model, self._space(meta, moment, False)

        def one_task(support: Tensor, query: Tensor, *noise: Noise) -> tuple[Params, Params]:
            laws, codes, path = space.walk(support, noise[0], self.steps)
            outer = base.facing(model, moment, lambda: space.walk(query, noise[1], self.steps).params[-1])
            far = {player: codes[-1][player][CODE].detach() - codes[0][player][CODE] for player in laws}
            terms = {p: s.kl_weight * divergence(laws[p]) + s.encoder_weight * far[p].square().mean() for p in laws}
            return base.grade(model, path[-1], query, noise[2], outer), terms

        losses, terms = torch.func.vmap(one_task)(support, query, noise.support, noise.opponent, noise.query)
        for player, own in space.networks.items():
            terms[player] = terms[player] + weight_penalty(own, s.l2_weight, s.orthogonality_weight)
        return losses, terms

    def _space(self, meta: MetaParams, circumstances: Circumstances, first_order: bool) -> CodeSpace:
        theta, networks = self.initialization(meta), {player: meta.own[player] for player in self._numbers}
        loop = self.inner_loop(theta, circumstances, first_order=first_order)
        return CodeSpace(loop, theta, networks, self.rates(meta), self.settings.adaptation_steps, self.model.condition)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """How many numbers are decoded, for every player who adapts."""
        fresh = self.model.initialize(torch.Generator())
        counts = {p: sum(fresh[p][name].numel() for name in names) for p, names in self.adapted(fresh).items()}
        return {player: count for player, count in counts.items() if count}
