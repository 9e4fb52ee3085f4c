"""Flow matching (Lipman et al. 2023) that predicts the example, with a context that adapts (CAVIA, Zintgraf 2019).

    x_t = (1 − t) x₀ + t x₁,   x₀ ~ N(0, I),   v(x, t) = (x̂(x, t, c) − x) / max(1 − t, ε)
    ℓ = E ‖v(x_t, t) − (x₁ − x_t) / max(1 − t, ε)‖²

The network tells the example x̂ (Li & He 2025, whose floor ε = 0.05 is kept), the velocity follows from it; samples
follow the velocity from noise at t = 0 to data at t = 1. The identity of the task lives in the context c, which scales
and shifts every layer. In the outer loss some examples go without it (c = 0), so that samples may be guided (Ho &
Salimans 2022): x̂ = x̂(0) + g (x̂(c) − x̂(0)).

What an example is by its own noisy value alone is not left to the network. Standard normal x₁ would be known as
t x_t / s² ± (1 − t) / s with s² = t² + (1 − t)², which is where points begin and what the network counts in (as in
Karras 2022, eq. 7). Images are computed with in [−1, 1]: a pixel that is ±1 has the log odds 2t x_t / (1 − t)², to
which the network adds what the others tell of it.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call

from metagen_gui.engine.data.spec import DataSpec
from metagen_gui.engine.health.remedies import lower
from metagen_gui.engine.models.base import (
    USUAL,
    Circumstances,
    GenerativeModel,
    Likelihood,
    LossKind,
    Noise,
    PlayerParams,
    models,
)
from metagen_gui.engine.networks.context_networks import initial_values
from metagen_gui.engine.networks.film import FilmMLP
from metagen_gui.engine.settings.config import Config, setting

FLOOR = 0.05
"""ε: beyond 1 − ε the velocity no longer grows."""
ODDS = 20.0
"""Largest log odds of a pixel by its own noisy value."""
STEPS_BACK = 24
"""Steps from data to noise that log p takes."""


GUIDED = {"formula": "x̂ = x̂(0) + g (x̂(c) − x̂(0))", "paper": "Ho & Salimans 2022"}


class FlowSettings(Config):
    """Settings of flow matching."""

    enters = {
        "context_size": {"symbol": "c", "formula": "x̂(x_t, t, c)", "paper": "Zintgraf et al. 2019"},
        "draws": {"formula": "ℓ = E ‖v(x_t, t) − (x_1 − x_t) / max(1 − t, ε)‖²", "paper": "Lipman et al. 2023"},
        "drop_context": GUIDED,
        "sampling_steps": {"formula": "dx/dt = v(x, t) = (x̂(x, t, c) − x) / max(1 − t, ε),   t from 0 to 1"},
        "guidance": {"symbol": "g", **GUIDED},
    }
    width: int = setting(128, "Units per hidden layer.", unit="units", low=4, high=4096, log=True)
    depth: int = setting(3, "Hidden layers.", unit="layers", low=1, high=16)
    context_size: int = setting(64, "Numbers that tell tasks apart (the context); 0 leaves it out.", low=0, high=1024)
    activation: Literal["silu", "softplus", "tanh", "gelu"] = setting(
        "silu",
        "Smooth, because second-order gradients differentiate it twice.",
        expert=True,
        titles={"silu": "SiLU", "gelu": "GELU"},
    )
    draws: int = setting(
        4, "Times and noises at which every example counts in one loss, spread over all times.", low=1, high=256
    )
    times: Literal["uniform", "early"] = setting(
        "uniform",
        "Which times training looks at: all alike, or more where there is much noise, as suits images.",
    )
    drop_context: float = setting(
        0.1,
        "Share of the examples of the outer loss that go without context, so that samples may be guided.",
        label="Without context",
        low=0,
        high=1,
    )
    sampling_steps: int = setting(
        16,
        "Steps from noise to sample; changes samples and no loss.",
        unit="steps",
        low=1,
        high=1000,
        log=True,
        live=True,
    )
    guidance: float = setting(
        1.0,
        "How far samples follow the context: 0 not at all, 1 as learned, beyond that exaggerated; changes samples and "
        "no loss.",
        low=0,
        high=10,
        live=True,
    )


class _Networks(nn.Module):
    def __init__(self, settings: FlowSettings, spec: DataSpec) -> None:
        super().__init__()
        s, size = settings, math.prod(spec.shape)
        self.bounded = spec.bounds is not None
        waves = 0 if self.bounded else s.width
        self.network = FilmMLP(size, s.width, s.depth, size, s.context_size, s.activation, waves)
        self.context = nn.Parameter(torch.zeros(s.context_size)) if s.context_size else None

    def forward(self, x: Tensor, time: Tensor, share: Tensor | None) -> Tensor:
        """Return x̂ of flat `x` `(n, numbers)` at `time` `(n,)`; `share` `(n,)` is how much of the context counts."""
        context = x.new_zeros(0) if self.context is None else self.context
        out: Tensor = self.network(x, time, context, share)
        t, left = time[:, None], 1 - time[:, None]
        if self.bounded:
            return torch.tanh(0.5 * (out + (2 * t * x / left.clamp(min=FLOOR) ** 2).clamp(-ODDS, ODDS)))
        spread = torch.sqrt(t**2 + left**2)
        return t / spread**2 * x + left / spread * out


@models.register("flow")
class Flow(GenerativeModel):
    """Flow matching: samples flow from noise to data along a learned velocity."""

    title = "Flow"
    summary = "Flow matching: noise flows to samples along a learned velocity, steered by a context that adapts."
    reference = "Lipman et al. 2023; predicting the example: Li & He 2025; guidance: Ho & Salimans 2022"
    Settings = FlowSettings
    players = ("flow",)
    groups = ("context", "head", "network")
    group_rates = {"context": 1.0, "head": 0.01, "network": 0.01}
    adapts = {
        "context": ("context",),
        "context and head": ("context", "head"),
        "head": ("head",),
        "everything": ("context", "head", "network"),
    }
    loss_settings = ("times", "drop_context")
    loss_is = LossKind(
        "Flow matching loss",
        "",
        "Squared error of the velocity, averaged over noises, times and examples: no likelihood, and no bound of one.",
    )
    remedies = {"overfitting": partial(lower, path="model.width", label="Halve the width", factor=2)}

    def __init__(self, settings: FlowSettings, spec: DataSpec) -> None:
        super().__init__(settings, spec)
        self.networks = _Networks(settings, spec)
        self.normal_latents = math.prod(spec.shape)
        if spec.in_plane:
            self.likelihood = Likelihood(
                exact=True, about=f"log p of the query along the flow, followed back to noise in {STEPS_BACK} steps."
            )

    def initialize(self, generator: torch.Generator) -> PlayerParams:
        """Return fresh parameters; the context begins at 0."""
        return {"flow": initial_values(self.networks, generator)}

    def group_of(self, player: str, name: str) -> str:
        """Return `context`, `head` (the last layer) or `network`."""
        return "head" if name.startswith("network.out.") else name.split(".")[0]

    def noise(self, generator: torch.Generator, lead: tuple[int, ...], examples: int) -> Noise:
        """Draw `x0`, `time` and `chance` `(*lead, examples, draws)`, the first with the numbers of an example.

        Of the draws of an example one lies in each equal share of the times.
        """
        draws, device = self.settings.draws, generator.device
        shape = (*lead, examples, draws)
        where = torch.arange(draws, device=device) + torch.rand(shape, generator=generator, device=device)
        time = where / draws
        if self.settings.times == "early":
            time = torch.sigmoid(0.8 * torch.special.ndtri(time.clamp(1e-4, 1 - 1e-4)) - 0.8)
        x0 = torch.randn(*shape, math.prod(self.spec.shape), generator=generator, device=device)
        return {"x0": x0, "time": time, "chance": torch.rand(shape, generator=generator, device=device)}

    def loss(
        self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, circumstances: Circumstances = USUAL
    ) -> Tensor:
        """Return the squared error of the velocity, summed over its numbers, averaged over draws and examples."""
        return self._loss(params, batch, noise, None)

    def query_loss(
        self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, circumstances: Circumstances = USUAL
    ) -> Tensor:
        """Return the same, some of the examples without context."""
        dropped = self.settings.drop_context
        share = (noise["chance"] >= dropped).to(batch).flatten() if dropped else None
        return self._loss(params, batch, noise, share)

    def _loss(self, params: PlayerParams, batch: Tensor, noise: Noise, share: Tensor | None) -> Tensor:
        x1 = self._inside(batch).flatten(1)[:, None]
        time = noise["time"][..., None]
        x = ((1 - time) * noise["x0"] + time * x1).flatten(0, 1)
        seen = self._example(params, x, noise["time"].flatten(), share)
        error = (seen.view(noise["x0"].shape) - x1) / (1 - time).clamp(min=FLOOR)
        return error.square().sum(-1).mean()

    def latents(self, generator: torch.Generator, count: int) -> Tensor:
        """Return the noise that samples begin as, `(count, numbers)`."""
        return torch.randn(count, math.prod(self.spec.shape), generator=generator, device=generator.device)

    def generate(self, params: PlayerParams, latents: Tensor) -> Tensor:
        """Return where the flow takes the latents."""
        return self._states(params, latents)[-1]

    def path(self, params: PlayerParams, latents: Tensor) -> Tensor:
        """Return the states of sampling `(sampling_steps + 1, count, *shape)`, the noise first."""
        return torch.stack(self._states(params, latents))

    def _states(self, params: PlayerParams, latents: Tensor) -> list[Tensor]:
        """Follow the flow in steps that are exact for a constant x̂, the one seen halfway (second order)."""
        steps, states = int(self.settings.sampling_steps), [latents]
        for step in range(steps):
            x, begin, middle = states[-1], step / steps, (step + 0.5) / steps
            gone, whole = (-math.expm1(_way_until(begin) - _way_until(end)) for end in (middle, (step + 1) / steps))
            halfway = x + gone * (self._guided(params, x, begin) - x)
            states.append(x + whole * (self._guided(params, halfway, middle) - x))
        return [self._outside(state) for state in states]

    def _guided(self, params: PlayerParams, x: Tensor, time: float) -> Tensor:
        """Return x̂ at one time, its distance from that without context as large as `guidance` says."""
        guidance, times = self.settings.guidance, x.new_full((x.shape[0],), time)
        if guidance == 1 or not self.settings.context_size:
            return self._example(params, x, times, None)
        share = torch.cat([torch.ones_like(times), torch.zeros_like(times)])
        both = self._example(params, torch.cat([x, x]), torch.cat([times, times]), share)
        with_context, without = both.chunk(2)
        seen = without + guidance * (with_context - without)
        limited: Tensor = seen.clamp(-1, 1) if self.networks.bounded else seen
        return limited

    def log_likelihood(self, params: PlayerParams, batch: Tensor, noise: Noise) -> Tensor:
        """Return log p of points: that of the noise they come from, less what the flow spreads (Chen et al. 2018).

        By s = ∫ dt / max(1 − t, ε) the flow is dx/ds = x̂ − x, and d log p / ds = −tr (∂x̂/∂x − 1), with the exact
        trace; both are followed back from data to noise by the rule of Runge and Kutta.
        """
        length, x, gained = _way_until(1.0) / STEPS_BACK, batch, batch.new_zeros(batch.shape[0])
        for step in range(STEPS_BACK, 0, -1):
            slope, trace, slopes, traces = torch.zeros_like(x), torch.zeros_like(gained), [], []
            for part in (0.0, 0.5, 0.5, 1.0):
                slope, trace = self._slope(params, x - part * length * slope, _time_at(length * (step - part)))
                slopes.append(slope)
                traces.append(trace)
            x = x - length / 6 * (slopes[0] + 2 * slopes[1] + 2 * slopes[2] + slopes[3])
            gained = gained - length / 6 * (traces[0] + 2 * traces[1] + 2 * traces[2] + traces[3])
        return gained - 0.5 * (x.square().sum(1) + x.shape[1] * math.log(2 * math.pi))

    def likelihood_noise(
        self, generator: torch.Generator, lead: tuple[int, ...], examples: int, draws: int | None = None
    ) -> Noise:
        """Return nothing: log p is not random."""
        return {}

    def _slope(self, params: PlayerParams, x: Tensor, time: float) -> tuple[Tensor, Tensor]:
        """Return x̂ − x `(n, numbers)` and the trace of its derivative `(n,)`; examples do not see each other."""

        def slope(x: Tensor) -> Tensor:
            return self._example(params, x, x.new_full((x.shape[0],), time), None) - x

        both: Any = torch.func.vjp(slope, x)
        found, pull = both
        along = torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
        return found, torch.stack([pull(each.expand_as(x))[0] @ each for each in along]).sum(0)

    def _example(self, params: PlayerParams, x: Tensor, time: Tensor, share: Tensor | None) -> Tensor:
        out: Tensor = functional_call(self.networks, params["flow"], (x, time, share))
        return out

    def _inside(self, examples: Tensor) -> Tensor:
        return 2 * examples - 1 if self.networks.bounded else examples

    def _outside(self, x: Tensor) -> Tensor:
        """Return flat values as examples, in the range of the data."""
        return (0.5 * (x + 1)).clamp(0, 1).view(-1, *self.spec.shape) if self.networks.bounded else x


def _way_until(time: float) -> float:
    """Return s = ∫ dt / max(1 − t, ε) from 0 to `time`: a flow to a constant x̂ leaves exp(−s) of the way."""
    return -math.log(max(1 - time, FLOOR)) + max(0.0, time - (1 - FLOOR)) / FLOOR


def _time_at(way: float) -> float:
    """Return the time at which `_way_until` is `way`."""
    knee = -math.log(FLOOR)
    return 1 - math.exp(-way) if way < knee else 1 - FLOOR + FLOOR * (way - knee)
