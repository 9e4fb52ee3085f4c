"""Walks through what a trained model generates: along its latents, between two tasks, from noise to samples.

Latents are followed around a loop of three legs, each by spherical interpolation (Shoemake 1985; White 2016), which
leaves standard normal numbers where such numbers lie; it begins at the latents of the adaptation view. Between two
tasks the parameters adapted to one turn into those adapted to the other, in equal parts, while latents stay.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from metagen_gui.engine.events import Snapshot
from metagen_gui.engine.learning.evaluation import with_truth
from metagen_gui.engine.learning.sight import Sight, along, square_around
from metagen_gui.engine.models.base import PlayerParams, side_by_side
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import is_finite
from metagen_gui.engine.tasks.base import TaskBatch
from metagen_gui.engine.trained.trained_run import TrainedRun

Kind = Literal["latents", "tasks", "sampling"]
KINDS: tuple[Kind, ...] = ("latents", "tasks", "sampling")
LEGS = 3
Frames = Generator[tuple[int, PlayerParams, Tensor], None, None]
"""The number of a frame, or of the state of sampling that it is, with parameters and samples."""
MOST_FRAMES = 240
AT_ONCE = 12
"""Frames whose samples are made together: a model that takes many small steps is paid for once."""


@dataclass(frozen=True)
class Way:
    """Where a walk goes: a kind of `KINDS`, the validation `task` it is of, `to` which other, in how many `frames`.

    Of the states from noise to samples there may be fewer than `frames`.
    """

    kind: Kind
    task: int = 0
    to: int = 1
    frames: int = 60


@dataclass(frozen=True)
class Walk:
    """What was met on a way: a snapshot of one task whose steps are the frames. A closed one ends before its first.

    `ends` are snapshots of the task, or the two of them, that it begins and ends at, with what they have adapted to.
    """

    way: Way
    pictures: Snapshot
    ends: tuple[Snapshot, ...]
    closed: bool


class Walker:
    """A run's model and its first validation tasks, adapted to as the adaptation view shows them."""

    def __init__(self, run: TrainedRun) -> None:
        """Raise `BadInput` where the run's tasks are not to be had any more."""
        self.run = run
        self.algorithm, self.model = run.model.algorithm, run.model.algorithm.model
        self.training = run.experiment.config("training")
        t = self.training
        self.batch = run.family.batch("validation", 0, t.preview_tasks, t.shots, t.query_size)
        self.steps = t.steps_shown or self.algorithm.steps

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """Which walks this model and these tasks allow."""
        states = self.model.path(self._sampling(self._start), self.latents[:1])
        there = {
            "latents": self.model.normal_latents,
            "tasks": len(self.batch.names) > 1,
            "sampling": states is not None,
        }
        return tuple(kind for kind in KINDS if there[kind])

    @cached_property
    def latents(self) -> Tensor:
        """The latents of the adaptation view, `(samples, size)`."""
        return self._noise[0]

    def walking(self, way: Way) -> Generator[int, None, Walk]:
        """Go a way; yields how many frames are done. Raise `BadInput` for one that is not there."""
        if way.kind not in self.kinds:
            raise BadInput("walk", f"this run has no walk along {way.kind}")
        for task in (way.task, way.to) if way.kind == "tasks" else (way.task,):
            if not 0 <= task < len(self.batch.names):
                raise BadInput("task", f"there is no task {task + 1}; there are {len(self.batch.names)}")
        if not 2 <= way.frames <= MOST_FRAMES:
            raise BadInput("frames", f"a walk of {way.frames} frames is not possible; 2 to {MOST_FRAMES} are")
        samples, curves, numbers = [], [], []
        along_it = {"latents": self._along_latents, "tasks": self._along_tasks, "sampling": self._along_sampling}
        with torch.no_grad():
            for number, params, made in along_it[way.kind](way):
                numbers.append(number)
                samples.append(made)
                curves.append(None if self._x is None else self.model.curve(params, torch.from_numpy(self._x)))
                yield len(samples)
        made = torch.stack(samples)
        drawn = None if curves[0] is None else torch.stack([curve for curve in curves if curve is not None])
        between_tasks = way.kind == "tasks"

        def pictures(task: int, part: slice, *, known: bool = True) -> Snapshot:
            return self._pictures(task, tuple(numbers[part]), made[part], None if drawn is None else drawn[part], known)

        first, last, whole = slice(0, 1), slice(len(numbers) - 1, None), slice(None)
        ends = (pictures(way.task, first), *((pictures(way.to, last),) if between_tasks else ()))
        return Walk(way, pictures(way.task, whole, known=not between_tasks), ends, closed=way.kind == "latents")

    def adapted(self, task: int) -> PlayerParams:
        """Return the parameters adapted to a validation task's support; raise `BadInput` if that diverges."""
        support = torch.from_numpy(self.batch.support[task])
        noise = {name: value[task] for name, value in self._noise[1].items()}
        with torch.no_grad():
            params = self.algorithm.trajectory(self.run.model.weights, support, noise, self.steps)[-1]
        if not is_finite(params):
            raise BadInput("task", f"adaptation to task {task + 1} has diverged")
        return params

    # -- the ways: parameters and samples of every frame -------------------------------------------------------------

    def _along_latents(self, way: Way) -> Frames:
        params, walked = self.adapted(way.task), self.model.normal_latents
        sampling, stops = self._sampling(params), [self.latents]
        for leg in range(1, LEGS):
            drawn = self.model.latents(generator_for(self.training.seed, "preview", leg), len(self.latents))
            stops.append(torch.cat([drawn[:, :walked], self.latents[:, walked:]], 1))
        met = []
        for frame in range(way.frames):
            leg, rest = divmod(LEGS * frame, way.frames)
            here, there = stops[leg], stops[(leg + 1) % LEGS]
            moved = spherical(here[:, :walked], there[:, :walked], rest / way.frames)
            met.append(torch.cat([moved, here[:, walked:]], 1))
        for first in range(0, way.frames, AT_ONCE):
            some = met[first : first + AT_ONCE]
            samples = self.model.generate(sampling, torch.cat(some))
            for place, of_frame in enumerate(samples.reshape(len(some), -1, *samples.shape[1:])):
                yield first + place, params, of_frame

    def _along_tasks(self, way: Way) -> Frames:
        ends = self.adapted(way.task), self.adapted(way.to)
        shares = torch.linspace(0, 1, way.frames)
        generate = torch.func.vmap(lambda params: self.model.generate(self._sampling(params), self.latents))
        for first in range(0, way.frames, AT_ONCE):
            met = [between(*ends, float(share)) for share in shares[first : first + AT_ONCE]]
            for place, samples in enumerate(generate(side_by_side(met))):
                yield first + place, met[place], samples

    def _along_sampling(self, way: Way) -> Frames:
        params = self.adapted(way.task)
        states = self.model.path(self._sampling(params), self.latents)
        assert states is not None, "asked for where there is one"
        for state in np.unique(np.linspace(0, len(states) - 1, min(way.frames, len(states))).round().astype(int)):
            yield int(state), params, states[state]

    # -- what belongs to it ------------------------------------------------------------------------------------------

    @cached_property
    def _start(self) -> PlayerParams:
        return self.algorithm.initialization(self.run.model.weights)

    @cached_property
    def _noise(self) -> tuple[Tensor, dict[str, Tensor]]:
        """Latents and noise of adaptation, drawn as for a snapshot (`take_snapshot`)."""
        generator, spec = generator_for(self.training.seed, "preview"), self.run.family.spec
        latents = self.model.latents(generator, max(self.training.preview_samples, spec.free_samples))
        support = self.batch.support
        return latents, self.algorithm.adaptation_noise(generator, len(support), self.steps, support.shape[1])

    @cached_property
    def _x(self) -> Any:
        return along(self.batch) if self.run.family.spec.in_plane else None

    def _sampling(self, params: PlayerParams) -> PlayerParams:
        return self.model.for_sampling(params, self._start)

    def _pictures(
        self, task: int, numbers: tuple[int, ...], samples: Tensor, curves: Tensor | None, known: bool
    ) -> Snapshot:
        """Return frames as a snapshot of a task; the truth is left out unless it is `known` of all of them."""
        batch, one, nothing = self.batch, slice(task, task + 1), torch.zeros(0)
        given = TaskBatch(batch.names[one], batch.support[one], batch.query[one])
        sight = Sight(self.steps, self.latents)
        if self.run.family.spec.in_plane:
            sight = replace(sight, extent=square_around(batch), along=self._x)
        seen = samples[None], nothing, nothing if curves is None else curves[None], nothing
        drawn = replace(sight.drawn(seen, self.run.family.spec, given, self.run.meta_step), steps=numbers)
        return with_truth(drawn, self.run.family, "validation", task) if known else drawn


def spherical(first: Tensor, last: Tensor, share: float) -> Tensor:
    """Return what lies a `share` of the way from `first` to `last` `(n, size)`, row by row along a great circle.

    Rows that point the same way, or are nothing, go straight.
    """
    lengths = (first.norm(dim=1, keepdim=True) * last.norm(dim=1, keepdim=True)).clamp(min=1e-12)
    angle = torch.acos(((first * last).sum(1, keepdim=True) / lengths).clamp(-1, 1))
    part = torch.sin(angle).clamp(min=1e-12)
    around = (torch.sin((1 - share) * angle) * first + torch.sin(share * angle) * last) / part
    return torch.where(torch.sin(angle) < 1e-4, torch.lerp(first, last, share), around)


def between(first: PlayerParams, last: PlayerParams, share: float) -> PlayerParams:
    """Return parameters a `share` of the way from `first` to `last`, which are exactly met at its ends."""
    return {
        player: {name: torch.lerp(value, last[player][name], share) for name, value in values.items()}
        for player, values in first.items()
    }
