"""Reptile (Nichol, Achiam & Schulman 2018, algorithm 2).

    φ = U_k(θ; S),   θ ← θ + ε · mean_T(φ − θ)

where U_k takes k optimizer steps on the task. No derivative of the path is needed: θ − φ stands for a gradient, and the
outer optimizer descends it. Outer SGD with rate ε falling linearly to 0 (`training.outer_optimizer`,
`training.lr_schedule`) is the paper's form; outer Adam is what the generative systems use (FIGR, Clouâtre & Demers
2019). The inner optimizer is SGD, or Adam without momentum (β1 = 0, the reference's choice). Its second moment begins
afresh in every task, or is carried: every task begins with the mean of what the last meta-batch's tasks ended with (one
task per meta-batch: the reference). Looking begins with it too, and leaves it as it was. With a minibatch size each
inner step sees the next few support examples in an order drawn per task. Only what adapts is learned, so here
everything adapts by default.

Query losses are reported and not descended. A GAN's G is therefore graded by the discriminator it adapted with, unless
`model.judge` says otherwise: adapting another one to the query would double the cost of a step for a figure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor

from metagen_gui.engine.adaptation.inner_loop import (
    ORDER,
    InnerLoop,
    Moments,
    fresh_moments,
    last,
    moments_in,
    named_moments,
)
from metagen_gui.engine.adaptation.meta_params import marked
from metagen_gui.engine.algorithms.base import (
    Algorithm,
    AlgorithmSettings,
    Formulas,
    MetaGradient,
    MetaParams,
    Moment,
    TaskNoise,
    algorithms,
    facing,
    grade,
)
from metagen_gui.engine.models.base import USUAL, Circumstances, Noise, Params, PlayerParams
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import setting

DECAY = 0.999
"""β2 of the inner Adam, as in the reference."""
EVERY = 10_000
"""As many examples as a task may have."""
PAPER = "Nichol, Achiam & Schulman 2018, algorithm 2"
SGD_STEP = "SGD: φ_{j+1} = φ_j − α r ∘ g_j"
ADAM_STEP = "Adam: φ_{j+1} = φ_j − α r ∘ g_j / √v̂_{j+1},   v_{j+1} = β_2 v_j + (1 − β_2) g_j^2"
STEPS = f"{SGD_STEP}\n{ADAM_STEP}"


class ReptileSettings(AlgorithmSettings):
    """Settings of Reptile."""

    enters = {
        "inner_lr": {"formula": STEPS, "paper": PAPER},
        "adaptation_steps": {"formula": "φ = U_k(θ; S),   θ ← θ + ε · mean_T(φ − θ)", "paper": PAPER},
        "group_rates": {"formula": STEPS},
    }
    inner_optimizer: Literal["adam", "sgd"] = setting(
        "adam",
        "How the model adapts: plain gradient steps, or Adam without momentum (β1 = 0).",
        titles={"adam": "Adam", "sgd": "SGD"},
        formula=STEPS,
        paper=f"{PAPER}; Adam: Kingma & Ba 2015, algorithm 1",
    )
    inner_state: Literal["reset", "carried"] = setting(
        "reset",
        "Whether the inner Adam's second moment begins afresh in every task or is carried from task to task.",
        only_if={"inner_optimizer": ["adam"]},
        symbol="v",
        formula=ADAM_STEP,
    )
    minibatch: int = setting(
        0,
        "Support examples that one inner step sees; 0 means all of them.",
        unit="examples",
        low=0,
        high=EVERY,
        symbol="|B_j|",
        formula="g_j = 1/|B_j| Σ_{x ∈ B_j} ∇ℓ(φ_j, x),   B_j ⊂ S",
    )


@algorithms.register("reptile")
class Reptile(Algorithm):
    """Moves the initialization towards the adapted parameters of every task."""

    title = "Reptile"
    summary = "Adapts to each task and moves the initialization a little towards the result; no second derivatives."
    reference = "Nichol, Achiam & Schulman 2018"
    formulas = Formulas(
        query="L = mean_T ℓ_Q(φ_k), told and not descended",
        gradient="g = θ − mean_T φ_k",
        approximates="The way back from where adaptation ends, the sum of the inner steps: to first order the slopes "
        "of the support loss along the path, to second order a pull towards where tasks' gradients agree.",
    )
    Settings = ReptileSettings
    suggests = {"algorithm.adapts": "everything", "model.judge": "support"}
    fine_tuning = {
        "sgd": {"inner_optimizer": "sgd"},
        "adam": {"inner_optimizer": "adam"},
        "both": {"inner_state": "reset", "minibatch": 0},
    }

    def check(self) -> None:
        """Raise `BadInput` for minibatches that are too small for the model."""
        try:
            self.model.check(self.settings.minibatch or EVERY, EVERY)
        except BadInput as problem:
            raise BadInput("algorithm.minibatch", problem.why) from None

    def initialize(self, generator: torch.Generator) -> MetaParams:
        """Return the model's initialization and, if they are carried, the inner Adam's moments."""
        params = self.model.initialize(generator)
        if not self._carries:
            return MetaParams(params)
        fresh = {player: fresh_moments(params[player], names) for player, names in self.adapted(params).items()}
        return MetaParams(params, {player: named_moments(moments) for player, moments in fresh.items()})

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
        """Return one task's parameters after 0, 1, … `steps` adaptation steps on `batch` `(shots, *shape)`."""
        return [params for params, _ in self._walk(meta, batch, noise, steps, circumstances)]

    def adaptation_noise(self, generator: torch.Generator, tasks: int, steps: int, examples: int) -> Noise:
        """Draw the model's noise and, for minibatches, the order in which each task's examples are seen."""
        size, turns = self.settings.minibatch, len(self.model.turns())
        if not 0 < size < examples:
            return super().adaptation_noise(generator, tasks, steps, examples)
        noise = super().adaptation_noise(generator, tasks, steps, size)
        rounds = -(-steps * turns * size // examples)
        order = torch.rand(tasks, rounds, examples, generator=generator, device=generator.device).argsort(-1)
        noise[ORDER] = order.flatten(1)[:, : steps * turns * size].view(tasks, steps, turns, size)
        return noise

    def inner_formula(self, step: int) -> str:
        """Return a step of plain gradients or of Adam."""
        if self.settings.inner_optimizer == "sgd":
            return self.formulas.inner
        return "φ_{j+1} = φ_j − α ∘ g_j / (√v̂_j + ε),   g_j = ∇ℓ_S(φ_j)"

    def phase(self, share: float) -> None:
        """Every outer step of a run is computed alike."""

    def meta_gradient(
        self, meta: MetaParams, support: Tensor, query: Tensor, noise: TaskNoise, moment: Moment
    ) -> MetaGradient:
        """Return θ − mean φ; shared parameters, which Reptile cannot learn, get zeros."""
        theta = self.initialization(meta)
        names = self.adapted(theta)

        def one_task(support: Tensor, query: Tensor, *noise: Noise) -> tuple[PlayerParams, PlayerParams, Params]:
            adapting, opposing, grading = noise

            def adapt(batch: Tensor, noise: Noise) -> tuple[PlayerParams, Mapping[str, Moments]]:
                return last(self._walk(meta, batch, noise, self.steps, moment))

            phi, state = adapt(support, adapting)
            outer = facing(self.model, moment, lambda: adapt(query, opposing)[0])
            losses = grade(self.model, phi, query, grading, outer)
            moved = {player: {name: phi[player][name] for name in names[player]} for player in phi}
            return moved, {player: named_moments(kept) for player, kept in state.items()}, losses

        with torch.no_grad():
            moved, state, losses = torch.func.vmap(one_task)(support, query, noise.support, noise.opponent, noise.query)
        gradients = {
            player: {
                name: value.detach() - moved[player][name].mean(0) if name in moved[player] else torch.zeros_like(value)
                for name, value in values.items()
            }
            for player, values in meta.items()
        }
        means = {player: {name: value.mean(0) for name, value in kept.items()} for player, kept in state.items()}
        return MetaGradient(gradients, losses, marked(means) if self._carries else {})

    @property
    def _carries(self) -> bool:
        return bool(self.settings.inner_optimizer == "adam" and self.settings.inner_state == "carried")

    def _walk(
        self, meta: MetaParams, batch: Tensor, noise: Noise, steps: int, circumstances: Circumstances
    ) -> Iterator[tuple[PlayerParams, Mapping[str, Moments]]]:
        """Yield parameters and moments after 0, 1, … `steps` steps, begun with the moments that are carried."""
        params, decay = self.start(meta, batch), DECAY if self.settings.inner_optimizer == "adam" else 0.0
        loop: InnerLoop = replace(self.inner_loop(params, circumstances, first_order=True), decay=decay)
        carried = {player: moments_in(own) for player, own in meta.own.items()} if self._carries else {}
        return loop.walk(params, self.rates(meta), batch, noise, steps, carried)
