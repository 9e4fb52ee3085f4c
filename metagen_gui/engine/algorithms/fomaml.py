"""First-order MAML (Finn, Abbeel & Levine 2017, section 5.2): inner gradients are constants.

    φ_0 = θ,   φ_{j+1} = φ_j − α g_j  with  g_j = ∇ℓ_S(φ_j) held fixed,   θ ← θ − β mean_T ∇ℓ_Q(φ_k)

so the Hessians of MAML are left out and the outer gradient is that of the query loss at the adapted parameters. Shared
parameters, which do not adapt, get their exact gradient at φ_k. Learned rates do get a gradient, −g_j ∘ ∇ℓ_Q(φ_k).
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


@algorithms.register("fomaml")
class FirstOrderMaml(RateLearner):
    """MAML without second derivatives."""

    title = "First-order MAML"
    summary = "MAML without second derivatives: cheaper steps, an approximate meta-gradient."
    reference = "Finn, Abbeel & Levine 2017, section 5.2"
    formulas = Formulas(
        gradient="g = mean_T ∇ℓ_Q(φ_k)",
        approximates="MAML's gradient with the Hessians left out: the slope of the query loss where adaptation ends.",
    )

    def phase(self, share: float) -> None:
        """Every outer step of a run is computed alike."""

    def meta_gradient(
        self, meta: MetaParams, support: Tensor, query: Tensor, noise: TaskNoise, moment: Moment
    ) -> MetaGradient:
        """Return the mean gradient of the query loss at the adapted parameters."""
        return mean_gradient(query_losses(self, meta, support, query, noise, moment, first_order=True), meta)
