"""Toys of two parameters θ, whose expected loss can be drawn as a surface over the plane.

    wave    y = θ₁ sin(x + θ₂),            ℓ = mean (y − θ₁ sin(x + θ₂))²
    mode    p(x) ∝ (1 + ‖x − θ‖² / ν)^−(ν+2)/2,   ℓ = −mean log p(x) up to a constant,   ν = 2

The wave is the sinusoid of MAML's first experiment (Finn, Abbeel & Levine 2017, section 5.1) without a network; the
mode is a Student's t around θ, so that points far away pull less than near ones, and surfaces are no plain bowls. Tasks
lie evenly over what they are drawn from, so that the mean over them stands for the expectation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from metagen_gui.engine.data.spec import PointSpec
from metagen_gui.engine.models.base import USUAL, Circumstances, GenerativeModel, Noise, PlayerParams
from metagen_gui.engine.settings.config import Config

PLAYER, THETA = "toy", "theta"
TASKS, SHOTS = 64, 5
REACH = 5.0
"""Examples of waves have x in [-REACH, REACH]."""
FREEDOM = 2.0
RING, WIDTH = 2.0, 0.4
"""How far the modes of tasks lie from the origin, and the deviation of points from them."""


class ToyModel(GenerativeModel):
    """A model of two parameters and no noise; a subclass says what its loss is."""

    Settings = Config
    players = (PLAYER,)
    groups = (THETA,)
    group_rates = {THETA: 1.0}
    adapts = {"everything": (THETA,)}

    def __init__(self) -> None:
        super().__init__(Config(), PointSpec())

    def initialize(self, generator: torch.Generator) -> PlayerParams:
        """Return θ = 0, in float64."""
        return {PLAYER: {THETA: torch.zeros(2, dtype=torch.float64)}}

    def group_of(self, player: str, name: str) -> str:
        """Return the only group."""
        return THETA

    def noise(self, generator: torch.Generator, lead: tuple[int, ...], examples: int) -> Noise:
        """Return nothing: the loss is not random."""
        return {}


class Wave(ToyModel):
    """A sine curve: θ is its amplitude and its phase."""

    title, summary = "Wave", "A sine curve of two parameters, its amplitude and its phase."

    def loss(
        self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, circumstances: Circumstances = USUAL
    ) -> Tensor:
        """Return the mean squared error of y."""
        loss: Tensor = (self.curve(params, batch[:, 0]) - batch[:, 1]).square().mean()
        return loss

    def curve(self, params: PlayerParams, x: Tensor) -> Tensor:
        """Return y at `x` `(n,)`."""
        amplitude, phase = params[PLAYER][THETA]
        y: Tensor = amplitude * torch.sin(x + phase)
        return y

    def latents(self, generator: torch.Generator, count: int) -> Tensor:
        """Return places along the x axis, uniform in [-1, 1]: `(count, 1)`."""
        return 2 * torch.rand(count, 1, generator=generator, dtype=torch.float64) - 1

    def generate(self, params: PlayerParams, latents: Tensor) -> Tensor:
        """Return points on the curve `(count, 2)`."""
        x = REACH * latents[:, 0]
        return torch.stack([x, self.curve(params, x)], dim=1)


class Mode(ToyModel):
    """A density of one mode in the plane: θ is where it lies."""

    title, summary = "Mode", "A density with one mode in the plane, whose place is what there is to learn."

    def loss(
        self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, circumstances: Circumstances = USUAL
    ) -> Tensor:
        """Return −log p up to a constant, averaged over examples."""
        away = (batch - params[PLAYER][THETA]).square().sum(1)
        return (FREEDOM + 2) / 2 * torch.log1p(away / FREEDOM).mean()

    def latents(self, generator: torch.Generator, count: int) -> Tensor:
        """Return points of a mode at the origin, `(count, 2)`."""
        return WIDTH * torch.randn(count, 2, generator=generator, dtype=torch.float64)

    def generate(self, params: PlayerParams, latents: Tensor) -> Tensor:
        """Return points around θ."""
        return params[PLAYER][THETA] + latents


@dataclass(frozen=True)
class Toy:
    """A toy and its tasks: `support` `(tasks, shots, 2)`, `query` `(tasks, n, 2)`, in float64.

    `axes` name the two parameters, `extent` is what of the plane is worth seeing, (left, right, bottom, top), and
    `start` a place to begin at. `drawn_from` says in a sentence what tasks are.
    """

    name: str
    title: str
    axes: tuple[str, str]
    extent: tuple[float, float, float, float]
    start: tuple[float, float]
    inner_lr: float
    drawn_from: str
    model: ToyModel
    support: Tensor
    query: Tensor


def wave() -> Toy:
    """Return sinusoids of amplitudes from 0.1 to 5 and phases from 0 to π, evenly."""
    side = math.isqrt(TASKS)
    middle = (torch.arange(side, dtype=torch.float64) + 0.5) / side
    tasks = torch.cartesian_prod(0.1 + 4.9 * middle, math.pi * middle)
    random = torch.Generator().manual_seed(0)
    support = REACH * (2 * torch.rand(TASKS, SHOTS, generator=random, dtype=torch.float64) - 1)
    query = torch.linspace(-REACH, REACH, 32, dtype=torch.float64).expand(TASKS, -1)

    def on_curves(x: Tensor) -> Tensor:
        return torch.stack([x, tasks[:, :1] * torch.sin(x + tasks[:, 1:])], dim=2)

    return Toy(
        "wave",
        "Sinusoid: amplitude and phase",
        ("amplitude", "phase"),
        (-2.0, 6.0, -1.5, 4.5),
        (3.4, 0.6),
        0.05,
        f"{TASKS} sinusoids, amplitudes evenly from 0.1 to 5, phases from 0 to π; {SHOTS} support examples each",
        Wave(),
        on_curves(support),
        on_curves(query),
    )


def mode() -> Toy:
    """Return modes evenly around a ring."""
    angle = 2 * math.pi * torch.arange(TASKS, dtype=torch.float64) / TASKS
    centres = RING * torch.stack([torch.cos(angle), torch.sin(angle)], dim=1)[:, None]
    random = torch.Generator().manual_seed(0)

    def around(count: int) -> Tensor:
        return centres + WIDTH * torch.randn(TASKS, count, 2, generator=random, dtype=torch.float64)

    return Toy(
        "mode",
        "Density of one mode: its place",
        ("x", "y"),
        (-4.0, 4.0, -3.0, 3.0),
        (-2.5, 1.5),
        0.3,
        f"{TASKS} modes evenly on a ring of radius {RING:g}, points with a deviation of {WIDTH:g}; {SHOTS} support "
        "examples each",
        Mode(),
        around(SHOTS),
        around(16),
    )


TOYS: dict[str, Callable[[], Toy]] = {"wave": wave, "mode": mode}
