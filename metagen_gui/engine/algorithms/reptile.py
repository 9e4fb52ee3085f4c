"""Reptile (Nichol, Achiam & Schulman 2018, algorithm 2).

    φ = U_k(θ; S),   θ ← θ + ε · mean_T(φ − θ)

where U_k takes k optimizer steps on the task. No derivative of the path is needed: θ − φ stands for a gradient, and the
outer optimizer descends it. Outer SGD with rate ε is the paper's form; outer Adam is what the generative systems use
(FIGR, Clouâtre & Demers 2019). The inner optimizer is SGD, or Adam without momentum (β1 = 0, the reference's choice),
whose second moment begins afresh in every task. Only what adapts is learned, so here everything adapts by default.

Query losses are reported and not descended. A GAN's G is therefore graded by the discriminator it adapted with, unless
`model.judge` says otherwise: adapting another one to the query would double the cost of a step for a figure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor

from metagen_gui.engine.algorithms.base import (
    Algorithm,
    AlgorithmSettings,
    MetaGradient,
    MetaParams,
    TaskNoise,
    adapt_and_grade,
    algorithms,
)
from metagen_gui.engine.config import setting
from metagen_gui.engine.inner_loop import InnerLoop
from metagen_gui.engine.models.base import Noise, Params, PlayerParams

DECAY = 0.999
"""β2 of the inner Adam, as in the reference."""


class ReptileSettings(AlgorithmSettings):
    """Settings of Reptile."""

    inner_optimizer: Literal["sgd", "adam"] = setting(
        "adam", "How the model adapts: plain gradient steps, or Adam without momentum (β1 = 0)."
    )


@algorithms.register("reptile")
class Reptile(Algorithm):
    """Moves the initialization towards the adapted parameters of every task."""

    title = "Reptile"
    summary = "Adapts to each task and moves the initialization a little towards the result; no second derivatives."
    reference = "Nichol, Achiam & Schulman 2018"
    Settings = ReptileSettings
    suggests = {"algorithm.adapts": "everything", "algorithm.learned_rates": "no", "model.judge": "support"}

    def inner_loop(self, params: PlayerParams, *, first_order: bool, ramp: float) -> InnerLoop:
        """Return how the model adapts: by SGD, or by Adam without momentum."""
        loop = super().inner_loop(params, first_order=first_order, ramp=ramp)
        return replace(loop, decay=DECAY) if self.settings.inner_optimizer == "adam" else loop

    def meta_gradient(
        self, meta: MetaParams, support: Tensor, query: Tensor, noise: TaskNoise, ramp: float
    ) -> MetaGradient:
        """Return θ − mean φ; shared parameters and rates, which Reptile cannot learn, get zeros."""

        def one_task(support: Tensor, query: Tensor, *noise: Noise) -> tuple[PlayerParams, Params]:
            adapted, losses = adapt_and_grade(self, meta, support, query, *noise, ramp=ramp)
            moved = {
                player: {name: value for name, value in values.items() if value is not meta[player][name]}
                for player, values in adapted.items()
            }
            return moved, losses

        with torch.no_grad():
            moved, losses = torch.func.vmap(one_task)(support, query, noise.support, noise.judge, noise.query)
        gradients = {
            player: {
                name: value.detach() - moved[player][name].mean(0) if name in moved[player] else torch.zeros_like(value)
                for name, value in values.items()
            }
            for player, values in meta.items()
        }
        return MetaGradient(gradients, losses)
