"""Implicit MAML (Rajeswaran, Finn, Kakade & Levine 2019, algorithms 1 and 2).

    φ ≈ argmin_φ ℓ_S(φ) + (λ/2) ‖φ − θ‖²,   ∇_θ ℓ_Q(φ) = (I + ∇²ℓ_S(φ) / λ)⁻¹ ∇ℓ_Q(φ)

The outer gradient depends on where adaptation ends, not on how it got there: no path is kept, so memory does not grow
with the number of steps. Adaptation minimises the regularised loss by Hessian-free Newton steps (conjugate gradients
and a line search), as the paper's stronger variant does, or by gradient steps; gradient steps alone diverge on images,
where nothing in the outer gradient keeps the inner curvature in bounds as MAML's does. The implicit linear system is
solved by conjugate gradients, with one Hessian-vector product each. Parameters ψ that do not adapt get
∇_ψ ℓ_Q − (1/λ) ∇_ψ (v · ∇_φ ℓ_S) with v the solution, by the same implicit function theorem. A task has *one* inner
loss, so the noise of its first step serves all of them. `proximity` is λ; the paper's 2 is for losses of about 1, while
these count hundreds of nats.

For models with one player. Two players meet in an equilibrium, where the system is not symmetric.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from metagen_gui.engine.adaptation.conjugate_gradients import solve
from metagen_gui.engine.adaptation.inner_loop import descend, last, limit
from metagen_gui.engine.adaptation.proximal import Proximal
from metagen_gui.engine.algorithms.base import (
    Algorithm,
    AlgorithmSettings,
    Formulas,
    MetaGradient,
    MetaParams,
    Moment,
    TaskNoise,
    algorithms,
)
from metagen_gui.engine.models.base import USUAL, Circumstances, Noise, Params, PlayerParams
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import setting

INNER_PROBLEM = "φ ≈ argmin_φ ℓ_S(φ) + (λ/2) ‖φ − θ‖²"
GRADIENT_STEP = "φ_{j+1} = φ_j − α r ∘ (∇ℓ_S(φ_j) + λ(φ_j − θ)), where plain gradient steps solve the inner problem"
PAPER = "Rajeswaran, Finn, Kakade & Levine 2019, algorithms 1 and 2"


class ImplicitMamlSettings(AlgorithmSettings):
    """Settings of implicit MAML."""

    enters = {
        "inner_lr": {"formula": GRADIENT_STEP, "paper": ""},
        "group_rates": {"formula": GRADIENT_STEP},
        "adaptation_steps": {"symbol": "", "formula": INNER_PROBLEM, "paper": PAPER},
        "inner_clip": {"formula": "g ← g · min(1, m / ‖g‖), where plain gradient steps solve the inner problem"},
    }
    proximity: float = setting(
        200.0,
        "How strongly adapted parameters are held to the initialization (λ).",
        low=1e-3,
        high=1e4,
        log=True,
        symbol="λ",
        formula=INNER_PROBLEM,
        paper=PAPER,
    )
    inner_solver: Literal["hessian_free", "gradient"] = setting(
        "hessian_free",
        "How the inner problem is solved: Newton steps by conjugate gradients, or plain gradient steps.",
        formula=INNER_PROBLEM,
        paper=PAPER,
    )
    conjugate_steps: int = setting(
        5,
        "Steps of conjugate gradients, for the outer gradient and each Newton step.",
        unit="steps",
        low=1,
        high=100,
        formula="(I + ∇²ℓ_S(φ) / λ) v = ∇ℓ_Q(φ),   solved for v",
        paper=PAPER,
    )


@algorithms.register("imaml")
class ImplicitMaml(Algorithm):
    """MAML whose outer gradient comes from the implicit function theorem."""

    title = "iMAML"
    summary = "MAML by implicit gradients: memory does not grow with the number of steps. For models with one player."
    reference = "Rajeswaran, Finn, Kakade & Levine 2019"
    formulas = Formulas(
        gradient="g = mean_T (I + ∇²ℓ_S(φ_k) / λ)^{−1} ∇ℓ_Q(φ_k)",
        approximates="The derivative of the query loss at the exact minimum of the regularised loss, which adaptation "
        "comes near; the linear system is solved by a few conjugate gradients.",
    )
    suggests: ClassVar[Mapping[str, Any]] = {"training.outer_lr": 0.001}
    Settings: ClassVar[type[AlgorithmSettings]] = ImplicitMamlSettings

    def check(self) -> None:
        """Raise `BadInput` for models with several players."""
        if len(self.model.players) > 1:
            who = " and ".join(self.model.players)
            raise BadInput("algorithm.name", f"iMAML is for models with one player; this one has {who}")

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
        """Return one task's parameters after 0, 1, … `steps` gradient steps on the regularised loss."""
        return list(self._walk(meta, batch, noise, steps, circumstances))

    def inner_formula(self, step: int) -> str:
        """Return a Newton step or a gradient step on the regularised loss."""
        if self.settings.inner_solver == "gradient":
            return "φ_{j+1} = φ_j − α ∘ (∇ℓ_S(φ_j) + λ(φ_j − θ))"
        return "φ_{j+1} = φ_j − s (∇²ℓ_S(φ_j) + λI)^{−1} (∇ℓ_S(φ_j) + λ(φ_j − θ))"

    def _walk(
        self, meta: MetaParams, batch: Tensor, noise: Noise, steps: int, circumstances: Circumstances
    ) -> Iterator[PlayerParams]:
        theta, s = self.start(meta, batch), self.settings
        (player,) = theta
        problem, rates = self._problem(theta, theta[player], batch, noise, circumstances), self.rates(meta)[player]
        here = problem.start
        yield theta
        for _ in range(steps):
            if s.inner_solver == "hessian_free":
                here = problem.newton_step(here, s.conjugate_steps)
            else:
                slope = problem.slope(here)
                slope = limit(slope, s.inner_clip) if s.inner_clip else slope
                here = descend(here, slope, {name: rates[name][0] for name in here})
            yield {player: {**theta[player], **here}}

    def phase(self, share: float) -> None:
        """Every outer step of a run is computed alike."""

    def meta_gradient(
        self, meta: MetaParams, support: Tensor, query: Tensor, noise: TaskNoise, moment: Moment
    ) -> MetaGradient:
        """Return the mean over tasks of the implicit gradient, for adapted and for shared parameters."""
        begun, strength = self.initialization(meta), self.settings.proximity
        (player,) = begun

        def one_task(support: Tensor, query: Tensor, adapting: Noise, grading: Noise) -> tuple[Params, Tensor]:
            theta, back, *_ = torch.func.vjp(lambda params: self.model.condition(params, support), begun)
            end = last(self._walk(meta, support, adapting, self.steps, moment))[player]
            drawn = {name: value[0] for name, value in grading.items()}

            def query_loss(params: Params) -> Tensor:
                return self.model.query_loss(player, {player: params}, query, drawn, moment)

            def inner_slope(params: Params) -> Params:
                problem = self._problem(theta, params, support, adapting, moment)
                slope: Params = torch.func.grad(problem.loss)(problem.start)
                return slope

            slope, loss = torch.func.grad_and_value(query_loss)(end)
            problem = self._problem(theta, end, support, adapting, moment)
            wanted = {name: strength * slope[name] for name in problem.start}
            v = solve(partial(problem.turned, problem.start), wanted, self.settings.conjugate_steps)
            through: Params = torch.func.vjp(inner_slope, end)[1](v)[0]
            found = {n: v[n] if n in v else slope[n] - through[n] / strength for n in theta[player]}
            # what the model looks up of the support is shared as well, and made of the initialization
            at_begin: PlayerParams = back({player: found})[0]
            return at_begin[player], loss

        with torch.no_grad():
            found, losses = torch.func.vmap(one_task)(support, query, noise.support, noise.query)
        gradients = {name: found[name].mean(0) for name in meta[player]}
        return MetaGradient({player: gradients}, {player: losses})

    def _problem(
        self, theta: PlayerParams, params: Params, batch: Tensor, noise: Noise, circumstances: Circumstances
    ) -> Proximal:
        """Return the inner problem around the adapted ones of `params`; the others are held at `params`."""
        (player,) = theta
        start = {name: params[name] for name in self.adapted(theta)[player]}
        first = {name: value[0, 0] for name, value in noise.items()}

        def loss(moving: Params) -> Tensor:
            return self.model.loss(player, {player: {**params, **moving}}, batch, first, circumstances)

        return Proximal(loss, start, self.settings.proximity)
