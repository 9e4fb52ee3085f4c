"""Models and tasks so small that adaptation and meta-gradients have closed forms."""

from __future__ import annotations

import torch
from torch import Tensor

from metagen_gui.engine.algorithms.base import Algorithm, RateLearner, TaskNoise, algorithms
from metagen_gui.engine.data.spec import PointSpec
from metagen_gui.engine.models.base import USUAL, Circumstances, GenerativeModel, Noise, PlayerParams
from metagen_gui.engine.networks.adversarial_losses import discriminator_loss, generator_loss
from metagen_gui.engine.settings.config import Config


class Quadratic(GenerativeModel):
    """ℓ(x; batch) = ½(x − c)ᵀA(x − c): a batch row holds A's rows and c, so support and query may differ in both."""

    Settings = Config
    players = ("x",)
    groups = ("x",)
    group_rates = {"x": 1.0}
    adapts = {"everything": ("x",)}

    def __init__(self, size: int) -> None:
        super().__init__(Config(), PointSpec((size + 1, size)))
        self.size = size

    def initialize(self, generator: torch.Generator) -> PlayerParams:
        return {"x": {"x": torch.randn(self.size, generator=generator, dtype=torch.float64)}}

    def group_of(self, player: str, name: str) -> str:
        return name

    def noise(self, generator: torch.Generator, lead: tuple[int, ...], examples: int) -> Noise:
        return {"none": torch.zeros(*lead, 1)}

    def at(self, params: PlayerParams) -> Tensor:
        return params["x"]["x"]

    def loss(
        self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, circumstances: Circumstances = USUAL
    ) -> Tensor:
        matrix, centre = batch[0, :-1], batch[0, -1]
        away = self.at(params) - centre
        return 0.5 * away @ matrix @ away

    def latents(self, generator: torch.Generator, count: int) -> Tensor:
        return torch.zeros(count, 1)

    def generate(self, params: PlayerParams, latents: Tensor) -> Tensor:
        return self.at(params).expand(len(latents), -1)


class Shifted(Quadratic):
    """The same loss at x + context: one part may be shared while the other adapts."""

    groups = ("x", "context")
    group_rates = {"x": 1.0, "context": 1.0}
    adapts = {"everything": ("x", "context"), "context": ("context",), "head": ("context",)}

    def initialize(self, generator: torch.Generator) -> PlayerParams:
        draw = {name: torch.randn(self.size, generator=generator, dtype=torch.float64) for name in self.groups}
        return {"x": draw}

    def at(self, params: PlayerParams) -> Tensor:
        return params["x"]["x"] + params["x"]["context"]


class Bilinear(Quadratic):
    """The game V(x, y) = xᵀMy: x descends V and y descends −V, in turns. M comes with the batch."""

    players = ("x", "y")

    def initialize(self, generator: torch.Generator) -> PlayerParams:
        draw = {p: torch.randn(self.size, generator=generator, dtype=torch.float64) for p in self.players}
        return {player: {"x": value} for player, value in draw.items()}

    def loss(
        self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, circumstances: Circumstances = USUAL
    ) -> Tensor:
        value = params["x"]["x"] @ batch[0, :-1] @ params["y"]["x"]
        return value if player == "x" else -value


class DiracGan(Bilinear):
    """All data at 0, all samples at x, D(s) = ys (Mescheder 2018), with the Wasserstein losses that users train on."""

    players = ("y", "x")

    def loss(
        self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, circumstances: Circumstances = USUAL
    ) -> Tensor:
        slope = params["y"]["x"]
        fake, real = slope * params["x"]["x"], slope * batch[0, -1]
        return discriminator_loss("wgan_gp", real, fake) if player == "y" else generator_loss("wgan_gp", fake)


def positive(size: int, seed: int) -> Tensor:
    root = torch.randn(size, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return root @ root.T / size + 0.5 * torch.eye(size, dtype=torch.float64)


def task(matrix: Tensor, centre: Tensor) -> Tensor:
    """Return a batch `(1, size + 1, size)` that is one task."""
    return torch.cat([matrix, centre[None]])[None]


def quiet(tasks: int, steps: int, turns: int, players: int) -> TaskNoise:
    """Return noise that is none."""
    inside, each = {"none": torch.zeros(tasks, steps, turns, 1)}, {"none": torch.zeros(tasks, players, 1)}
    return TaskNoise(inside, inside, each, each)


def build(name: str, model: GenerativeModel, steps: int, lr: float, **settings: object) -> Algorithm:
    """Return an algorithm with the paper's plain rates and no clipping, unless `settings` says otherwise."""
    plugin = algorithms.get(name)
    chosen = {"inner_clip": 0.0, **settings}
    if issubclass(plugin, RateLearner):
        chosen = {"learned_rates": "no", **chosen}
    return plugin(plugin.Settings(inner_lr=lr, adaptation_steps=steps, **chosen), model)
