"""MAML: model-agnostic meta-learning (Finn, Abbeel & Levine 2017, algorithm 1).

    φ_0 = θ,   φ_{j+1} = φ_j − α ∇ℓ_S(φ_j),   θ ← θ − β ∇_θ mean_T ℓ_Q(φ_k)

The outer gradient is taken through the whole path of adaptation, ∇_θ = Π_j (I − α∇²ℓ_S(φ_j)) ∇ℓ_Q(φ_k), Hessians
included. With several players each has its own losses: it descends ℓ_S of its own inside and ℓ_Q of its own outside,
and its outer gradient passes through every step that any player took. Learned rates (`learned_rates`) are
differentiated in the same way (Meta-SGD, Li 2017; per step: MAML++, Antoniou 2019).
"""

from __future__ import annotations

from torch import Tensor

from metagen_gui.engine.algorithms.base import (
    Formulas,
    MetaGradient,
    MetaParams,
    Moment,
    RateLearner,
    TaskNoise,
    algorithms,
    mean_gradient,
    query_losses,
)


@algorithms.register("maml")
class Maml(RateLearner):
    """Learns an initialization from which a few gradient steps adapt well."""

    title = "MAML"
    summary = "Differentiates through adaptation: the initialization from which a few gradient steps go furthest."
    reference = "Finn, Abbeel & Levine 2017"
    formulas = Formulas(gradient="g = mean_T Π_{j<k} (I − α∇²ℓ_S(φ_j)) ∇ℓ_Q(φ_k)")

    def phase(self, share: float) -> None:
        """Every outer step of a run is computed alike."""

    def meta_gradient(
        self, meta: MetaParams, support: Tensor, query: Tensor, noise: TaskNoise, moment: Moment
    ) -> MetaGradient:
        """Return ∇_θ of the mean query loss after adaptation."""
        return mean_gradient(query_losses(self, meta, support, query, noise, moment), meta)
