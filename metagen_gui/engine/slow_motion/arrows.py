"""Outer gradients of every algorithm on a toy, the surfaces they descend, and differences of these to check them by.

The surface of an algorithm is L(θ) = mean over tasks of the query loss after its own adaptation from θ, whatever else
it has learned held still. Its arrow is what its `meta_gradient` gives, and the check is a central difference of L.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from metagen_gui.engine.adaptation.meta_params import MetaParams
from metagen_gui.engine.adaptation.task_noise import TaskNoise
from metagen_gui.engine.algorithms.base import Algorithm, Moment, algorithms, grade
from metagen_gui.engine.models.base import Noise, Params
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import parse_settings
from metagen_gui.engine.slow_motion.toys import PLAYER, THETA, Toy
from metagen_gui.engine.statistics import Values

SEED = 0
MOMENT = Moment(share=1.0)
"""The end of a run: nothing is annealed any more."""
H = 1e-4
"""How far θ is moved for differences of fourth order."""
LEAST_SLOPE = 1e-3
"""What errors are told relative to at least: at the bottom of a surface every slope is 0."""
FEW = 100
"""Numbers besides θ up to which an algorithm learns little."""
AT_ONCE = 512
"""Places of a surface computed in one pass."""
WEIGHTS = {-2: 1 / 12, -1: -8 / 12, 1: 8 / 12, 2: -1 / 12}


@dataclass(frozen=True)
class Arrow:
    """The outer gradient of an algorithm at θ `(2,)`, its loss there, and what differences say of its slope.

    `differences` is None until it has been checked. A gradient that is not the derivative of the loss `approximates`
    something, in a sentence. `besides` counts what else is learned.
    """

    name: str
    title: str
    theta: tuple[float, float]
    gradient: Values
    loss: float
    approximates: str = ""
    besides: int = 0
    differences: Values | None = None

    @property
    def exact(self) -> bool:
        """Whether the gradient is said to be the slope of the loss."""
        return not self.approximates

    @property
    def length(self) -> float:
        """The length of the gradient."""
        return float(np.linalg.norm(self.gradient))

    @property
    def error(self) -> float:
        """How far the gradient is from the differences, relative to their length; NaN until it is checked."""
        if self.differences is None:
            return float("nan")
        away = np.linalg.norm(self.gradient - self.differences)
        return float(away / max(float(np.linalg.norm(self.differences)), LEAST_SLOPE))

    @property
    def angle(self) -> float:
        """The angle between the gradient and the slope of its loss in degrees; NaN until it is checked."""
        if self.differences is None:
            return float("nan")
        along = float(self.gradient @ self.differences)
        across = float(self.gradient[0] * self.differences[1] - self.gradient[1] * self.differences[0])
        return float(np.degrees(np.arctan2(abs(across), along)))


@dataclass(frozen=True)
class Contender:
    """An algorithm that can train a toy, with what it has learned besides θ."""

    name: str
    toy: Toy
    algorithm: Algorithm
    meta: MetaParams
    noise: TaskNoise

    @property
    def title(self) -> str:
        """What the algorithm is called."""
        return type(self.algorithm).title

    @property
    def approximates(self) -> str:
        """What its outer gradient stands for, in a sentence; empty where it is the slope itself."""
        return type(self.algorithm).formulas.approximates

    @property
    def besides(self) -> int:
        """How many numbers it learns besides θ."""
        return sum(value.numel() for value in self.meta.own[PLAYER].values())

    def at(self, theta: Tensor) -> MetaParams:
        """Return its meta-parameters with another θ `(2,)`."""
        return MetaParams({PLAYER: {**self.meta.model[PLAYER], THETA: theta}}, self.meta.own)

    def arrow(self, theta: tuple[float, float]) -> Arrow:
        """Return its outer gradient at θ."""
        meta = MetaParams.of(
            {p: {n: v.detach().clone().requires_grad_() for n, v in values.items()} for p, values in self._at(theta)}
        )
        found = self.algorithm.meta_gradient(meta, self.toy.support, self.toy.query, self.noise, MOMENT)
        gradient: Values = found.gradients[PLAYER][THETA].numpy().copy()
        loss = float(found.query_loss[PLAYER].mean())
        return Arrow(self.name, self.title, theta, gradient, loss, self.approximates, self.besides)

    def checked(self, arrow: Arrow) -> Arrow:
        """Return the arrow with central differences of its loss, (8(L₁ − L₋₁) − (L₂ − L₋₂)) / 12h along each axis."""
        places = [(axis, far) for axis in range(2) for far in WEIGHTS]
        moved = torch.tensor(arrow.theta, dtype=torch.float64).repeat(len(places), 1)
        for place, (axis, far) in enumerate(places):
            moved[place, axis] += far * H
        losses, slope = self.losses(moved).tolist(), np.zeros(2)
        for (axis, far), loss in zip(places, losses, strict=True):
            slope[axis] += WEIGHTS[far] * loss / H
        return replace(arrow, differences=slope)

    @torch.no_grad()
    def losses(self, thetas: Tensor) -> Tensor:
        """Return the mean query loss after adaptation from each of `thetas` `(n, 2)`."""
        model, noise = self.toy.model, self.noise

        def at(theta: Tensor) -> Tensor:
            meta = self.at(theta)

            def one_task(support: Tensor, query: Tensor, adapting: Noise, grading: Noise) -> Tensor:
                adapted = self.algorithm.training_path(meta, support, adapting, MOMENT)[-1]
                return grade(model, adapted, query, grading, MOMENT)[PLAYER]

            losses: Tensor = torch.func.vmap(one_task)(self.toy.support, self.toy.query, noise.support, noise.query)
            return losses.mean()

        losses: Tensor = torch.func.vmap(at, chunk_size=AT_ONCE)(thetas)
        return losses

    @torch.no_grad()
    def paths(self, theta: tuple[float, float], tasks: int) -> Values:
        """Return where adaptation leads from θ in each of as many tasks, evenly chosen: `(tasks, steps + 1, 2)`."""
        meta, every = self.at(torch.tensor(theta, dtype=torch.float64)), max(1, len(self.toy.support) // tasks)

        def one_task(support: Tensor, adapting: Noise) -> Tensor:
            path = self.algorithm.training_path(meta, support, adapting, MOMENT)
            return torch.stack([params[PLAYER][THETA] for params in path])

        noise = {name: value[::every] for name, value in self.noise.support.items()}
        found: Values = torch.func.vmap(one_task)(self.toy.support[::every], noise).numpy().copy()
        return found

    def surface(self, across: int, down: int) -> Values:
        """Return the loss `(down, across)` at the centres of as many cells of the toy's extent, row 0 at the bottom."""
        left, right, bottom, top = self.toy.extent
        x = left + (torch.arange(across, dtype=torch.float64) + 0.5) * (right - left) / across
        y = bottom + (torch.arange(down, dtype=torch.float64) + 0.5) * (top - bottom) / down
        grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)
        values: Values = self.losses(grid.reshape(-1, 2)).reshape(down, across).numpy().copy()
        return values

    def _at(self, theta: tuple[float, float]) -> Iterator[tuple[str, Params]]:
        yield from self.at(torch.tensor(theta, dtype=torch.float64)).items()


def contenders(toy: Toy, steps: int, inner_lr: float) -> tuple[dict[str, Contender], dict[str, str]]:
    """Return by name every algorithm that can train a toy, in `steps` inner steps, and of the others why not.

    Those that learn little besides θ come first, and among them those whose gradient is exact.
    """
    able, refused = dict[str, Contender](), dict[str, str]()
    for name, plugin in algorithms.items():
        try:
            able[name] = _contender(toy, steps, inner_lr, name, plugin)
        except BadInput as problem:
            refused[name] = problem.why
    order = sorted(able.values(), key=lambda one: (one.besides > FEW, bool(one.approximates), one.title))
    return {one.name: one for one in order}, refused


def _contender(toy: Toy, steps: int, inner_lr: float, name: str, plugin: type[Algorithm]) -> Contender:
    own = {path.partition(".")[2]: v for path, v in plugin.suggests.items() if path.startswith("algorithm.")}
    plain = {**own, **plugin.fine_tuning.get("sgd", {}), "adaptation_steps": steps, "inner_clip": 0.0}

    def build(rate: float) -> tuple[Algorithm, MetaParams]:
        algorithm = plugin(parse_settings(plugin.Settings, {**plain, "inner_lr": rate}, "algorithm"), toy.model)
        algorithm.check()
        return algorithm, _double(algorithm.initialize(torch.Generator().manual_seed(SEED)))

    algorithm, meta = build(inner_lr)
    if not any(algorithm.adapted(algorithm.initialization(meta)).values()):
        raise BadInput("algorithm.adapts", "nothing of two parameters would adapt")
    rates = torch.cat([rate.flatten() for rate in algorithm.rates(meta)[PLAYER].values()])
    if rates.min() == rates.max() and rates.min() > 0:  # one that draws its rates begins with the same as all others
        algorithm, meta = build(inner_lr * inner_lr / float(rates[0]))
    tasks, shots = toy.support.shape[:2]
    drawn = algorithm.draw_noise(torch.Generator().manual_seed(SEED), tasks, shots, toy.query.shape[1])
    noise = TaskNoise(*(_doubled(part) for part in (drawn.support, drawn.opponent, drawn.query, drawn.inner)))
    return Contender(name, toy, algorithm, meta, noise)


def _double(meta: MetaParams) -> MetaParams:
    return MetaParams.of({player: {n: v.double() for n, v in values.items()} for player, values in meta.items()})


def _doubled(noise: Noise) -> Noise:
    return {name: value.double() if value.is_floating_point() else value for name, value in noise.items()}
