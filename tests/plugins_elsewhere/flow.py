"""Flow matching as a plugin of its own would bring it: no likelihood, and samples that are made step by step.

x_t = (1 − t) x_0 + t x_1 with x_0 noise and x_1 data; ℓ(θ) = mean ‖v_θ(x_t, t) − (x_1 − x_0)‖² (Lipman et al. 2023,
with straight paths). Samples follow v_θ from noise in `STEPS` steps; with `churn` fresh noise is added in each but the
last.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.func import functional_call

from metagen_gui.api import (
    USUAL,
    Circumstances,
    Config,
    ContextMLP,
    DataSpec,
    GenerativeModel,
    LossKind,
    Noise,
    PlayerParams,
    initial_values,
    setting,
)

STEPS = 16


class FlowSettings(Config):
    """Settings of flow matching."""

    width: int = setting(32, "Units per hidden layer.", unit="units", low=4, high=1024)
    context_size: int = setting(8, "Numbers that tell tasks apart; 0 leaves them out.", low=0, high=1024)
    churn: float = setting(0.0, "Noise that is added in every step of generation.", low=0, high=1)


class FlowMatching(GenerativeModel):
    """A field of velocities that carries noise to data."""

    title = "Flow matching"
    summary = "Learns the velocities that carry noise to data along straight lines."
    Settings = FlowSettings
    players = ("flow",)
    groups = ("context", "head", "body")
    group_rates = {"context": 1.0, "head": 0.1, "body": 0.1}
    adapts = {"everything": groups, "context": ("context",), "head": ("head",)}
    loss_is = LossKind("Squared velocity error", about="How far velocities are from those of straight lines.")

    def __init__(self, settings: FlowSettings, spec: DataSpec) -> None:
        super().__init__(settings, spec)
        self.network = ContextMLP(3, settings.width, 2, 2, settings.context_size, "silu")

    @classmethod
    def objection_to(cls, spec: DataSpec) -> str:
        return "" if spec.in_plane else f"flow carries points of the plane, not {spec.kind}"

    def initialize(self, generator: torch.Generator) -> PlayerParams:
        context = torch.zeros(self.settings.context_size)
        return {"flow": {**initial_values(self.network, generator), "context": context}}

    def group_of(self, player: str, name: str) -> str:
        return "context" if name == "context" else "head" if name.startswith("out.") else "body"

    def noise(self, generator: torch.Generator, lead: tuple[int, ...], examples: int) -> Noise:
        where = generator.device
        start = torch.randn(*lead, examples, 2, generator=generator, device=where)
        return {"start": start, "time": torch.rand(*lead, examples, 1, generator=generator, device=where)}

    def loss(
        self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, circumstances: Circumstances = USUAL
    ) -> Tensor:
        start, time = noise["start"], noise["time"]
        moved = self.velocity(params, (1 - time) * start + time * batch, time)
        return (moved - (batch - start)).square().sum(1).mean()

    def velocity(self, params: PlayerParams, places: Tensor, time: Tensor) -> Tensor:
        weights = {name: value for name, value in params["flow"].items() if name != "context"}
        out: Tensor = functional_call(self.network, weights, (torch.cat([places, time], 1), params["flow"]["context"]))
        return out

    def latents(self, generator: torch.Generator, count: int) -> Tensor:
        pairs = STEPS if self.settings.churn else 1
        return torch.randn(count, 2 * pairs, generator=generator, device=generator.device)

    def generate(self, params: PlayerParams, latents: Tensor) -> Tensor:
        return self.path(params, latents)[-1]

    def path(self, params: PlayerParams, latents: Tensor) -> Tensor:
        start, *fresh = latents.split(2, dim=1)
        states = [start]
        for step in range(STEPS):
            time = torch.full_like(start[:, :1], step / STEPS)
            moved = states[-1] + self.velocity(params, states[-1], time) / STEPS
            churned = step < len(fresh)
            states.append(moved + self.settings.churn * fresh[step] / STEPS**0.5 if churned else moved)
        return torch.stack(states)
