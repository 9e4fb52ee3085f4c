"""MAML++ (Antoniou, Edwards & Storkey 2019, "How to train your MAML"): MAML, made steady.

    θ ← θ − β ∇_θ Σ_j w_j mean_T ℓ_Q(φ_j),   j = 1 … k

Multi-step loss (section 4, MSL): the query loss counts after every adaptation step. At first all weights are 1/k; over
the first `multi_step_share` of the run those of the earlier steps fall linearly to 0.03/k and the last one's rises to
take up the rest; after that only the last step counts. As in the reference implementation the weights change a hundred
times in a run, at what it calls epochs.

Learned rates per layer and step (LSLR): `learned_rates = per_layer`. Derivative-order annealing (DA): the first
`first_order_share` of the run goes without second derivatives. The outer rate falls along a cosine (CA). The paper's
per-step batch normalisation has nothing to act on: no model here keeps running statistics.
"""

from __future__ import annotations

from collections.abc import Hashable
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
    facing,
    grade,
    mean_gradient,
)
from metagen_gui.engine.models.base import Noise, Params, PlayerParams
from metagen_gui.engine.settings.config import setting

EPOCHS = 100
LEAST = 0.03
"""What an earlier step's weight falls to, in units of 1/k."""
SECTION = "Antoniou, Edwards & Storkey 2019, section 4"


class MamlPlusPlusSettings(LearnedRateSettings):
    """Settings of MAML++."""

    multi_step_share: float = setting(
        0.15,
        "Share of the run, at its beginning, in which the query losses after all adaptation steps count.",
        label="Multi-step share",
        low=0,
        high=1,
        formula="θ ← θ − β ∇_θ Σ_j w_j mean_T ℓ_Q(φ_j),   until then with w_j > 0 for every step j",
        paper=SECTION,
    )
    first_order_share: float = setting(
        0.3,
        "Share of the run, at its beginning, that goes without second derivatives.",
        label="First-order share",
        low=0,
        high=1,
        formula="φ_{j+1} = φ_j − α r ∘ g_j,   until then with g_j = ∇ℓ_S(φ_j) held fixed",
        paper=SECTION,
    )


@algorithms.register("maml_pp")
class MamlPlusPlus(RateLearner):
    """MAML with a multi-step query loss, learned rates per layer and step, and annealed derivative order."""

    title = "MAML++"
    summary = "MAML made steadier: every step's loss counts at first, rates per layer and step, first order first."
    reference = "Antoniou, Edwards & Storkey 2019"
    formulas = Formulas(
        inner="φ_{j+1} = φ_j − α_j ∘ ∇ℓ_S(φ_j)",
        gradient="g = ∇_θ Σ_j w_j mean_T ℓ_Q(φ_j),   w_k → 1",
    )
    Settings: ClassVar[type[AlgorithmSettings]] = MamlPlusPlusSettings
    suggests = {"algorithm.learned_rates": "per_layer", "training.lr_schedule": "cosine"}

    def phase(self, share: float) -> Hashable:
        """Return the weights and the order of derivatives."""
        weights = step_weights(self.steps, share, self.settings.multi_step_share)
        return tuple(weights), share < self.settings.first_order_share

    def meta_gradient(
        self, meta: MetaParams, support: Tensor, query: Tensor, noise: TaskNoise, moment: Moment
    ) -> MetaGradient:
        """Return ∇_θ of the weighted query losses along the path; what is reported is the loss at its end."""
        weights = step_weights(self.steps, moment.share, self.settings.multi_step_share)
        first_order = moment.share < self.settings.first_order_share

        def one_task(support: Tensor, query: Tensor, *noise: Noise) -> tuple[Params, Params]:
            adapting, opposing, grading = noise

            def adapt(batch: Tensor, noise: Noise) -> list[PlayerParams]:
                return self.trajectory(meta, batch, noise, self.steps, moment, first_order=first_order)

            path, outer = adapt(support, adapting), facing(self.model, moment, lambda: adapt(query, opposing)[-1])
            total: Params = {}
            for weight, params in zip(weights, path[1:], strict=True):
                if weight:
                    losses = grade(self.model, params, query, grading, outer)
                    total = {player: total.get(player, 0.0) + weight * loss for player, loss in losses.items()}
            return total, losses

        total, losses = torch.func.vmap(one_task)(support, query, noise.support, noise.opponent, noise.query)
        found = mean_gradient(total, meta)
        return MetaGradient(found.gradients, {player: loss.detach() for player, loss in losses.items()})


def step_weights(steps: int, share: float, until: float) -> list[float]:
    """Return the weights of the query losses after 1, 2, … `steps` steps, when `share` of the run is over.

    They are annealed until the share `until`, in whole epochs; they always add up to 1.
    """
    if share >= until:
        return [0.0] * (steps - 1) + [1.0]
    over = int(share * EPOCHS + 1e-9) / (until * EPOCHS)
    early = max((1 - over) / steps, LEAST / steps)
    return [early] * (steps - 1) + [1 - (steps - 1) * early]
