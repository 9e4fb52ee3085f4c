"""Meta-SGD (Li, Zhou, Chen & Li 2017, algorithm 1): the initialization, and the direction and length of every step.

    φ = θ − α ∘ ∇ℓ_S(θ),   (θ, α) ← (θ, α) − β ∇_(θ,α) mean_T ℓ_Q(φ)

α has the shape of θ and is learned with it, by the same outer optimizer. For one step the outer gradients are
∂θ = (I − ∇²ℓ_S(θ) diag α) ∇ℓ_Q(φ) and ∂α = −∇ℓ_S(θ) ∘ ∇ℓ_Q(φ). Every entry of α begins at one number, drawn from
U[0.005, 0.1] as in the paper. An entry may turn negative: it has then learned to go uphill, and is left to.

The paper takes one step; with more of them, each uses the same α. Where a model's groups of parameters have rates of
their own (a context and the weights of a VAE), α counts in units of `inner_lr` × the group's rate, so that one outer
step changes all of them by the same share; with both at 1, as for `curve`, this is the paper's algorithm to the letter.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from metagen_gui.engine.adaptation.learned_rates import RATE
from metagen_gui.engine.algorithms.base import (
    Algorithm,
    AlgorithmSettings,
    Formulas,
    MetaGradient,
    MetaParams,
    Moment,
    TaskNoise,
    algorithms,
    mean_gradient,
    query_losses,
)
from metagen_gui.engine.models.base import Params
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import setting

PAPER = "Li, Zhou, Chen & Li 2017, algorithm 1"
STEP = "φ_{j+1} = φ_j − u r α ∘ ∇ℓ_S(φ_j),   α learned with θ"
START: dict[str, Any] = {"low": 0, "high": 10, "log": True, "expert": True, "paper": PAPER}
START |= {"formula": "every entry of α begins at one number, drawn from U[a, b]"}


class MetaSgdSettings(AlgorithmSettings):
    """Settings of Meta-SGD."""

    enters = {
        "inner_lr": {"symbol": "u", "formula": STEP, "paper": PAPER},
        "adaptation_steps": {"formula": f"{STEP},   j = 0 … k − 1", "paper": PAPER},
        "group_rates": {"formula": STEP},
    }
    lowest_start: float = setting(
        0.005, "Every learned rate begins at one number; the lowest it may be.", symbol="a", **START
    )
    highest_start: float = setting(
        0.1, "Every learned rate begins at one number; the highest it may be.", symbol="b", **START
    )


@algorithms.register("meta_sgd")
class MetaSgd(Algorithm):
    """Learns an initialization together with a rate, and a sign, for every number that adapts."""

    title = "Meta-SGD"
    summary = "Learns the initialization together with a step size for every single parameter; they may turn negative."
    reference = "Li, Zhou, Chen & Li 2017"
    formulas = Formulas(gradient="g = ∇_{(θ, α)} L")
    Settings: ClassVar[type[AlgorithmSettings]] = MetaSgdSettings
    suggests = {"algorithm.inner_lr": 1.0}

    def check(self) -> None:
        """Raise `BadInput` if no starting rate lies between the bounds."""
        s = self.settings
        if s.lowest_start > s.highest_start:
            raise BadInput(
                "algorithm.lowest_start", f"{s.lowest_start:g} is above algorithm.highest_start ({s.highest_start:g})"
            )

    def initialize(self, generator: torch.Generator) -> MetaParams:
        """Return θ and, named `rate.NAME`, the α of every parameter that adapts: `(1, *shape)`, all equal."""
        params = self.model.initialize(generator)
        low, high = self.settings.lowest_start, self.settings.highest_start
        start = float(low + (high - low) * torch.rand((), generator=generator, device=generator.device))
        own = {
            player: {RATE + name: torch.full((1, *params[player][name].shape), start) for name in names}
            for player, names in self.adapted(params).items()
        }
        return MetaParams(params, own)

    def rates(self, meta: MetaParams) -> dict[str, Params]:
        """Return α, in units of the fixed rates; the first axis is the adaptation step, of length 1."""
        return {
            player: {name: fixed * meta.own[player].get(RATE + name, 1.0) for name, fixed in values.items()}
            for player, values in super().rates(meta).items()
        }

    def phase(self, share: float) -> None:
        """Every outer step of a run is computed alike."""

    def meta_gradient(
        self, meta: MetaParams, support: Tensor, query: Tensor, noise: TaskNoise, moment: Moment
    ) -> MetaGradient:
        """Return ∇_(θ,α) of the mean query loss after adaptation."""
        return mean_gradient(query_losses(self, meta, support, query, noise, moment), meta)
