"""ANIL: almost no inner loop (Raghu, Raghu, Bengio & Vinyals 2020, section 4.1).

    φ = (θ_body, θ_head − α Σ_j ∇_head ℓ_S),   θ ← θ − β ∇_θ mean_T ℓ_Q(φ)

MAML in which only a named part adapts, by default the head: the last layer of whatever makes the samples (and, in a
GAN, of the discriminator). The body is shared by all tasks and learns from the query loss at the adapted head, through
the steps that the head took. `algorithm.adapts` names another part; the list of parts comes from the model.
"""

from __future__ import annotations

from typing import ClassVar

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


class AnilSettings(LearnedRateSettings):
    """Settings of ANIL."""

    enters = {
        "adapts": {
            "symbol": "head",
            "formula": "φ_{j+1} = (θ_{body}, φ_{j, head} − α r ∘ ∇_{head} ℓ_S(φ_j))",
            "paper": "Raghu, Raghu, Bengio & Vinyals 2020, section 4.1",
        }
    }


@algorithms.register("anil")
class Anil(RateLearner):
    """MAML with a head that adapts and a body that does not."""

    title = "ANIL"
    summary = "MAML in which only the last layer, or another named part, adapts; everything else is shared."
    reference = "Raghu, Raghu, Bengio & Vinyals 2020"
    Settings: ClassVar[type[AlgorithmSettings]] = AnilSettings
    formulas = Formulas(inner="φ_{j+1} = (θ_{body}, φ_{j, head} − α ∘ ∇_{head}ℓ_S(φ_j))")
    suggests = {"algorithm.adapts": "head"}

    def phase(self, share: float) -> None:
        """Every outer step of a run is computed alike."""

    def meta_gradient(
        self, meta: MetaParams, support: Tensor, query: Tensor, noise: TaskNoise, moment: Moment
    ) -> MetaGradient:
        """Return ∇_θ of the mean query loss after the part has adapted."""
        return mean_gradient(query_losses(self, meta, support, query, noise, moment), meta)
