"""CAVIA: fast context adaptation via meta-learning (Zintgraf, Shiarlis, Kurin, Hofmann & Whiteson 2019, algorithm 1).

    c_0 = 0,   c_{j+1} = c_j − α ∇_c ℓ_S(c_j, θ),   θ ← θ − β ∇_θ mean_T ℓ_Q(c_k, θ)

Only a context vector adapts, and it begins at 0 for every task; it is not learned. The weights θ are shared: they
learn, through the steps of the context, to be steered by it. How the context enters a network is the model's business:
here a linear map of it is added in every layer. Every player of a GAN has a context of its own.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

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
from metagen_gui.engine.models.base import PlayerParams, adapted_groups
from metagen_gui.engine.settings.bad_input import BadInput

CONTEXT_STEP = "c_0 = 0,   c_{j+1} = c_j − α r ∘ ∇_c ℓ_S(c_j, θ)"
SOURCE = {"formula": CONTEXT_STEP, "paper": "Zintgraf et al. 2019, algorithm 1"}


class CaviaSettings(LearnedRateSettings):
    """Settings of CAVIA."""

    enters = {
        "inner_lr": SOURCE,
        "adaptation_steps": {**SOURCE, "formula": f"{CONTEXT_STEP},   j = 0 … k − 1"},
        "adapts": {"symbol": "c", **SOURCE},
        "group_rates": {"formula": CONTEXT_STEP},
    }


@algorithms.register("cavia")
class Cavia(RateLearner):
    """Learns weights that a context vector, found anew for every task, can steer."""

    title = "CAVIA"
    summary = "Adapts a context vector that begins at 0 for every task; all weights are shared."
    reference = "Zintgraf et al. 2019"
    Settings: ClassVar[type[AlgorithmSettings]] = CaviaSettings
    formulas = Formulas(
        start="c_0 = 0",
        inner="c_{j+1} = c_j − α ∘ ∇_cℓ_S(c_j, θ)",
        query="L = mean_T ℓ_Q(c_k, θ)",
    )
    suggests = {"algorithm.adapts": "context", "model.context_size": 64}

    def check(self) -> None:
        """Raise `BadInput` if something other than a context is to adapt, or if there is none."""
        groups = adapted_groups(type(self.model), self.settings.adapts)
        if other := [group for group in groups if not group.endswith("context")]:
            raise BadInput("algorithm.adapts", f"CAVIA adapts a context, which begins at 0; {other[0]} is none")
        if not getattr(self.model.settings, "context_size", 1):
            raise BadInput("model.context_size", "0 leaves CAVIA nothing to adapt")

    def initialization(self, meta: MetaParams) -> PlayerParams:
        """Return the model's parameters in `meta` with every context at 0."""
        params = super().initialization(meta)
        for player, names in self.adapted(params).items():
            params[player] |= {name: torch.zeros_like(params[player][name]) for name in names}
        return params

    def phase(self, share: float) -> None:
        """Every outer step of a run is computed alike."""

    def meta_gradient(
        self, meta: MetaParams, support: Tensor, query: Tensor, noise: TaskNoise, moment: Moment
    ) -> MetaGradient:
        """Return ∇_θ of the mean query loss after the context has adapted; a context's own is 0."""
        return mean_gradient(query_losses(self, meta, support, query, noise, moment), meta)
