"""Implicit MAML (Rajeswaran, Finn, Kakade & Levine 2019, algorithms 1 and 2).

    φ ≈ argmin_φ ℓ_S(φ) + (λ/2) ‖φ − θ‖²,   ∇_θ ℓ_Q(φ) = (I + ∇²ℓ_S(φ) / λ)⁻¹ ∇ℓ_Q(φ)

The outer gradient depends on where adaptation ends, not on how it got there: no path is kept, so memory does not grow
with the number of steps. Adaptation takes gradient steps on the regularised loss, each by default the best of a few
lengths, since nothing in the outer gradient keeps its curvature in bounds as MAML's does. The linear system is solved
by conjugate gradients, each of whose steps takes one Hessian-vector product. Parameters ψ that do not adapt get
∇_ψ ℓ_Q − (1/λ) ∇_ψ (v · ∇_φ ℓ_S) with v the solution, by the same implicit function theorem. A task has *one* inner
loss, so the noise of its first step serves all of them. `proximity` is λ; the paper's 2 is for losses of about 1, while
these count hundreds of nats.

For models with one player. Two players meet in an equilibrium, where the system is not symmetric.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor

from metagen_gui.engine.algorithms.base import (
    Algorithm,
    AlgorithmSettings,
    MetaGradient,
    MetaParams,
    Moment,
    TaskNoise,
    algorithms,
)
from metagen_gui.engine.config import BadInput, setting
from metagen_gui.engine.conjugate_gradients import solve
from metagen_gui.engine.inner_loop import best_share, descend, last, limit
from metagen_gui.engine.models.base import Noise, Params, PlayerParams


class ImplicitMamlSettings(AlgorithmSettings):
    """Settings of implicit MAML."""

    proximity: float = setting(
        50.0, "How strongly adapted parameters are held to the initialization (λ).", low=1e-3, high=1e4, log=True
    )
    line_search: bool = setting(
        True,
        "Every step tries shorter lengths as well, a quarter each time, and takes the best; else the rate as it is.",
    )
    conjugate_steps: int = setting(
        5, "Steps of conjugate gradients for the implicit gradient.", unit="steps", low=1, high=100
    )


@algorithms.register("imaml")
class ImplicitMaml(Algorithm):
    """MAML whose outer gradient comes from the implicit function theorem."""

    title = "iMAML"
    summary = "MAML by implicit gradients: memory does not grow with the number of steps. For models with one player."
    reference = "Rajeswaran, Finn, Kakade & Levine 2019"
    Settings: ClassVar[type[AlgorithmSettings]] = ImplicitMamlSettings
    suggests = {"algorithm.adaptation_steps": 5}

    def check(self) -> None:
        """Raise `BadInput` for models with several players."""
        if len(self.model.players) > 1:
            who = " and ".join(self.model.players)
            raise BadInput("algorithm.name", f"iMAML is for models with one player; this one has {who}")

    def trajectory(
        self, meta: MetaParams, batch: Tensor, noise: Noise, steps: int, *, first_order: bool = False, ramp: float = 1.0
    ) -> list[PlayerParams]:
        """Return one task's parameters after 0, 1, … `steps` gradient steps on the regularised loss."""
        return list(self._walk(meta, batch, noise, steps, ramp))

    def _walk(self, meta: MetaParams, batch: Tensor, noise: Noise, steps: int, ramp: float) -> Iterator[PlayerParams]:
        theta = self.initialization(meta)
        (player,) = theta
        names, rates = self.adapted(theta)[player], self.rates(meta)[player]
        here = theta[player]
        yield theta

        def regularised(slope: Params, rate: Params, here: Params, share: Tensor) -> Tensor:
            moved = {n: here[n] - share * rate[n] * slope[n] for n in slope}
            away = torch.stack([(moved[n] - theta[player][n]).square().sum() for n in moved]).sum()
            pull: Tensor = 0.5 * self.settings.proximity * away
            return self._support_loss(moved, theta, batch, noise, ramp) + pull

        for _ in range(steps):
            moving = {name: here[name] for name in names}
            slope = torch.func.grad(self._support_loss)(moving, theta, batch, noise, ramp)
            pulled = {n: g + self.settings.proximity * (moving[n] - theta[player][n]) for n, g in slope.items()}
            limited = limit(pulled, self.settings.inner_clip) if self.settings.inner_clip else pulled
            rate = {name: rates[name][0] for name in names}
            if self.settings.line_search:
                share = best_share(partial(regularised, limited, rate, here), batch)
                rate = {name: share * value for name, value in rate.items()}
            here = descend(here, limited, rate)
            yield {player: here}

    def phase(self, share: float) -> None:
        """Every outer step of a run is computed alike."""

    def meta_gradient(
        self, meta: MetaParams, support: Tensor, query: Tensor, noise: TaskNoise, moment: Moment
    ) -> MetaGradient:
        """Return the mean over tasks of the implicit gradient, for adapted and for shared parameters."""
        theta = self.initialization(meta)
        (player,) = theta
        names = self.adapted(theta)[player]
        ramp, strength = moment.ramp, self.settings.proximity

        def one_task(support: Tensor, query: Tensor, adapting: Noise, grading: Noise) -> tuple[Params, Tensor]:
            end = last(self._walk(meta, support, adapting, self.steps, ramp))[player]
            drawn = {name: value[0] for name, value in grading.items()}

            def query_loss(params: Params) -> Tensor:
                return self.model.query_loss(player, {player: params}, query, drawn, None, ramp)

            def inner_slope(params: Params) -> Params:
                moving, rest = {n: params[n] for n in names}, {player: params}
                slope: Params = torch.func.grad(self._support_loss)(moving, rest, support, adapting, ramp)
                return slope

            def damped(vector: Params) -> Params:
                def along(moving: Params) -> Params:
                    return inner_slope({**end, **moving})

                # the Hessian is symmetric, so pulling a vector back is multiplying by it
                product: Params = torch.func.vjp(along, {n: end[n] for n in names})[1](vector)[0]
                return {name: vector[name] + product[name] / strength for name in names}

            slope, loss = torch.func.grad_and_value(query_loss)(end)
            v = solve(damped, {name: slope[name] for name in names}, self.settings.conjugate_steps)
            through: Params = torch.func.vjp(inner_slope, end)[1](v)[0]
            shared = {name: slope[name] - through[name] / strength for name in end if name not in names}
            return {**shared, **v}, loss

        with torch.no_grad():
            found, losses = torch.func.vmap(one_task)(support, query, noise.support, noise.query)
        gradients = {name: found[name].mean(0) for name in meta[player]}
        return MetaGradient({player: gradients}, {player: losses})

    def _support_loss(self, moving: Params, params: PlayerParams, batch: Tensor, noise: Noise, ramp: float) -> Tensor:
        (player,) = params
        first = {name: value[0, 0] for name, value in noise.items()}
        return self.model.loss(player, {player: {**params[player], **moving}}, batch, first, ramp)
