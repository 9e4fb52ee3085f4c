"""Scores of one arm on held-out tasks at chosen adaptation steps, and the samples it makes there.

Tasks, supports, query noise and latents are the same for every arm: a function of the first seed, the stream and the
task. Only the noise of adaptation differs, where ways to adapt take it in different shapes.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from metagen_gui.engine.adaptation.task_noise import joined
from metagen_gui.engine.algorithms.base import Algorithm, MetaParams, of_player
from metagen_gui.engine.beneath_autograd.memory import free_bytes
from metagen_gui.engine.data.spec import Array
from metagen_gui.engine.events import gigabytes
from metagen_gui.engine.held_out.measures import BOUND, EXACT, LOSS, Eyes, Measure
from metagen_gui.engine.held_out.work import at_once
from metagen_gui.engine.models.base import Noise, PlayerParams
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.tasks.base import STREAMS, Stream, TaskBatch, TaskFamily

Values = npt.NDArray[np.float64]
NUMBERS_AT_ONCE = 40_000_000
"""Held at the same time: the parameters of the path of adaptation, per task and step, and samples."""
PICTURED = 4
"""Tasks whose samples are kept to be looked at."""


@dataclass(frozen=True)
class HeldOut:
    """Tasks that arms are scored on: the first `count` of a family's stream."""

    family: TaskFamily
    stream: Stream
    count: int
    shots: int
    query_size: int
    samples: int

    def __post_init__(self) -> None:
        """Raise `BadInput` where so many tasks would not fit into memory."""
        numbers = self.count * (2 * self.shots + self.query_size) * math.prod(self.family.spec.shape)
        needed, free = 4 * numbers, free_bytes(torch.device("cpu"))
        if needed > free > 0:
            why = f"{self.count:,} tasks take {gigabytes(needed)} of memory, and {gigabytes(free)} are free"
            raise BadInput("plan.tasks" if self.stream == "test" else "plan.validation_tasks", why)

    @cached_property
    def batch(self) -> TaskBatch:
        """The tasks themselves."""
        return self.family.batch(self.stream, 0, self.count, self.shots, self.query_size)

    @cached_property
    def foreign(self) -> Array:
        """For every task the support of another one, of another class; there must be two."""
        names, count, chosen = self.batch.names, self.count, []
        for index in range(count):
            others = ((index + step) % count for step in range(1, count))
            chosen.append(next(other for other in others if names[other] != names[index]))
        return self.batch.support[chosen]

    def generator(self, index: int, part: int) -> torch.Generator:
        """Return the source of part `part` of the noise of task `index`."""
        place = (index * 4 + part) * len(STREAMS) + STREAMS.index(self.stream)
        return generator_for(self.family.seed, "evaluation", place)

    @property
    def sample_count(self) -> int:
        """How many samples are made of a task."""
        return self.family.spec.free_samples or self.samples

    def latents(self, algorithm: Algorithm, index: int) -> Tensor:
        """Return the latents that samples of task `index` are made from."""
        return algorithm.model.latents(self.generator(index, 0), self.sample_count)


@dataclass(frozen=True)
class Adapted:
    """What an arm scores: `values` by measure `(rows, tasks)`; NaN where the adaptation of a task has diverged.

    `pictures` `(tasks, rows, samples, *shape)` are the samples of the first few tasks.
    """

    rows: tuple[int, ...]
    values: dict[str, Values]
    pictures: Array


def scoring_adapted(
    algorithm: Algorithm,
    weights: MetaParams,
    tasks: HeldOut,
    eyes: Eyes,
    rows: Sequence[int],
    *,
    measures: Sequence[Measure] | None = None,
    foreign: bool = False,
) -> Generator[int, None, Adapted]:
    """Adapt to every task's support, or with `foreign` to that of another class, and measure at the steps `rows`.

    Yields, whenever some tasks are done, how many: so that whoever waits may look at a clock, or give up.
    """
    rows, batch, wanted = tuple(rows), tasks.batch, eyes.measures if measures is None else measures
    support = tasks.foreign if foreign else batch.support
    values = {measure.name: np.full((len(rows), tasks.count), np.nan) for measure in wanted}
    pictures: list[Array] = []
    for first, own, samples in _walks(
        algorithm, weights, tasks, support, rows, told=next((name for name in (BOUND, EXACT) if name in values), "")
    ):
        for place, drawn in enumerate(samples):
            index = first + place
            sound = np.isfinite(drawn.reshape(len(rows), -1)).all(1)
            told = {name: np.where(sound, figures[place], np.nan) for name, figures in own.items()}
            told |= eyes.scores(index, (batch.names[index], batch.support[index], batch.query[index]), drawn, wanted)
            for name in values:
                values[name][:, index] = told[name]
        pictures.extend(samples[: max(0, PICTURED - len(pictures))])
        yield len(samples)
    return Adapted(rows, {name: np.where(np.isfinite(v), v, np.nan) for name, v in values.items()}, np.stack(pictures))


score_adapted = at_once(scoring_adapted)


@torch.no_grad()
def _walks(
    algorithm: Algorithm, weights: MetaParams, tasks: HeldOut, support: Array, rows: tuple[int, ...], told: str
) -> Iterator[tuple[int, dict[str, Array], Array]]:
    """Yield the first task's number, the model's own figures and samples `(tasks, rows, n, *shape)` of some tasks.

    The figures are losses and, under the name `told` if there is one, −log p or a bound of it, `(tasks, rows)`.
    """
    model, last, start = algorithm.model, rows[-1], algorithm.initialization(weights)
    player, compares, reweighted = model.players[0], model.loss_compares(), model.reweighted is not None

    def loss_at(params: PlayerParams, query: Tensor, noise: Noise) -> Tensor:
        loss = model.loss(player, params, query, noise)
        compared: Tensor = model.comparable_loss(loss, model.details(params, query, noise)) if reweighted else loss
        return compared

    def one_task(
        given: Tensor, query: Tensor, latents: Tensor, adapting: Noise, grading: Noise, telling: Noise
    ) -> tuple[dict[str, Tensor], Tensor]:
        path = algorithm.trajectory(weights, given, adapting, last)
        chosen = [path[row] for row in rows]
        noise = of_player(grading, 0)
        losses = [loss_at(params, query, noise) if compares else query.new_zeros(()) for params in chosen]
        figures = {LOSS: torch.stack(losses)}
        if told:
            likelihoods = [model.log_likelihood(params, query, telling).mean() for params in chosen]
            figures[told] = -torch.stack(likelihoods)
        return figures, torch.stack([model.generate(model.for_sampling(params, start), latents) for params in chosen])

    moving = algorithm.adapted(start)
    held = sum(weights[player][name].numel() for player, names in moving.items() for name in names) * (last + 1)
    held += len(rows) * tasks.sample_count * math.prod(tasks.family.spec.shape)
    at_once = max(1, min(32, NUMBERS_AT_ONCE // max(held, 1)))
    steps = max(last, algorithm.steps)
    for first in range(0, tasks.count, at_once):
        here = range(first, min(first + at_once, tasks.count))
        adapting = [algorithm.adaptation_noise(tasks.generator(i, 1), 1, steps, tasks.shots) for i in here]
        grading = [model.noise(tasks.generator(i, 2), (1, len(model.players)), tasks.query_size) for i in here]
        telling = [model.likelihood_noise(tasks.generator(i, 3), (1,), tasks.query_size) if told else {} for i in here]
        latents = torch.stack([tasks.latents(algorithm, i) for i in here])
        given, query = (torch.from_numpy(part[here.start : here.stop]) for part in (support, tasks.batch.query))
        noise = latents, joined(adapting), joined(grading), joined(telling)
        figures, samples = torch.func.vmap(one_task)(given, query, *noise)
        yield first, {name: values.float().numpy() for name, values in figures.items()}, samples.float().numpy()
