"""Amortised adaptation: a network reads the support and says in one pass what adapts (Edwards & Storkey 2017).

    φ_0 = θ + D(mean_n E(x_n)),   φ_{j+1} = φ_j − α ∇ℓ_S(φ_j),   (θ, D, E, α) ← … − β ∇ mean_T ℓ_Q(φ_k)

With no gradient step this is what a conditional neural process (Garnelo et al. 2018) and, but for its law of the code,
a neural statistician do; with some, the network says where gradient steps begin, and learns through them. It is the
baseline that adaptation by gradient has to beat, since it costs one pass. What is said is the value of the parameters
that adapt: contexts and priors, of players who have such (VERSA, Gordon et al. 2019, says the last layer; `adapts`
may). Every player has a network of its own, with one that reads its own support.
"""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Tensor

from metagen_gui.engine.adaptation.code_space import modulation
from metagen_gui.engine.adaptation.set_encoder import changes_for, fresh_set_encoder
from metagen_gui.engine.algorithms.base import (
    AlgorithmSettings,
    Formulas,
    LearnedRateSettings,
    MetaGradient,
    MetaParams,
    Moment,
    RateLearner,
    TaskNoise,
    algorithms,
    mean_gradient,
    query_losses,
)
from metagen_gui.engine.models.base import PlayerParams
from metagen_gui.engine.settings.config import setting

READ = "φ_0 = θ + D(mean_n E(x_n))"
"""What the networks that read the support make of it."""


class AmortisedSettings(LearnedRateSettings):
    """Settings of amortised adaptation."""

    adaptation_steps: int = setting(
        0,
        "Gradient steps after the support was read; 0 leaves it at what was read.",
        unit="steps",
        low=0,
        high=100,
        symbol="k",
        formula=f"{READ}\nφ_{{j+1}} = φ_j − α r ∘ ∇ℓ_S(φ_j),   j = 0 … k − 1",
    )
    reader_width: int = setting(
        128,
        "Units per hidden layer of the network that reads the support.",
        unit="units",
        low=1,
        high=4096,
        log=True,
        symbol="E, D",
        formula=READ,
        paper="Edwards & Storkey 2017; Garnelo et al. 2018",
    )


@algorithms.register("amortised")
class Amortised(RateLearner):
    """Reads the support in one pass, then, if asked to, adapts by gradient steps from there."""

    title = "Amortised"
    summary = "A network reads the support and says in one pass what adapts; gradient steps may follow."
    reference = "Edwards & Storkey 2017; Garnelo et al. 2018"
    formulas = Formulas(start="φ_0 = θ + D(mean_n E(x_n))", gradient="g = ∇_{(θ, D, E, α)} L")
    Settings: ClassVar[type[AlgorithmSettings]] = AmortisedSettings

    def adapted(self, params: PlayerParams) -> dict[str, tuple[str, ...]]:
        """Return the parameters that are said: by default contexts and priors, of players who have such."""
        return modulation(self.model, params, super().adapted(params), self.settings.adapts)

    def initialize(self, generator: torch.Generator) -> MetaParams:
        """Return θ, learned rates and the networks of every player who adapts."""
        meta, inputs = super().initialize(generator), math.prod(self.model.spec.shape)
        for player, names in self.adapted(meta.model).items():
            if moving := {name: meta.model[player][name] for name in names}:
                meta.own[player] |= fresh_set_encoder(generator, inputs, self.settings.reader_width, moving)
        return meta

    def start(self, meta: MetaParams, batch: Tensor) -> PlayerParams:
        """Return what the networks make of the initialization, having read `batch`."""
        params = super().start(meta, batch)
        for player, names in self.adapted(self.initialization(meta)).items():
            if moving := {name: params[player][name] for name in names}:
                changes = changes_for(meta.own[player], batch, moving)
                params[player] = {**params[player], **{name: moving[name] + changes[name] for name in names}}
        return params

    def phase(self, share: float) -> None:
        """Every outer step of a run is computed alike."""

    def meta_gradient(
        self, meta: MetaParams, support: Tensor, query: Tensor, noise: TaskNoise, moment: Moment
    ) -> MetaGradient:
        """Return the gradient of the mean query loss, by the initialization, the networks and the rates."""
        return mean_gradient(query_losses(self, meta, support, query, noise, moment), meta)
