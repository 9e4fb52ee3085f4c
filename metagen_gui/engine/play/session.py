"""A session: one trained model that adapts to whatever examples it is given, and samples of the same latents."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from metagen_gui.engine.beneath_autograd.recording import Step
from metagen_gui.engine.beneath_autograd.replay import record
from metagen_gui.engine.data.spec import Array
from metagen_gui.engine.events import Snapshot
from metagen_gui.engine.learning.sight import Sight, along, square_around
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.tasks.base import Stream, Task, TaskBatch, TaskFamily
from metagen_gui.engine.trained.loaded_model import MOST_STEPS, LoadedModel

SAMPLES = 16
LONGEST, MOST_REPLAYS = 3_000, 12
"""Operations of a recording, which a person has to wait for once; and recordings that are kept, the latest."""
REACH_FROM = 8
"""Held-out tasks that say how large the plane is that is looked at."""
REACH = 3.0
"""Half a side of that plane where there are none."""


class Session:
    """Plays with `model`, which is an initialization, and computes on the CPU.

    Samples of `count` latents, drawn by `seed`, are shown after 0, 1, … `steps` steps: as many as its run showed,
    unless that is said. `family` gives held-out tasks.
    """

    def __init__(
        self, model: LoadedModel, family: TaskFamily, *, steps: int | None = None, count: int = SAMPLES, seed: int = 0
    ) -> None:
        training = model.experiment.config("training")
        self.model, self.family, self.seed = model, family, seed
        self._replays: dict[tuple[int, int], Step | None] = {}
        count = max(count, model.spec.free_samples)
        self.latents = model.algorithm.model.latents(generator_for(seed, "preview"), count)
        self.sight = self._sight()
        self.take_steps((training.steps_shown or model.algorithm.steps) if steps is None else steps)

    @property
    def steps(self) -> int:
        """How many adaptation steps are taken."""
        return self.sight.last

    def take_steps(self, steps: int) -> None:
        """Take another number of adaptation steps from now on; raise `BadInput` for an impossible one."""
        if not 0 <= steps <= MOST_STEPS:
            raise BadInput("steps", f"{steps} adaptation steps are not possible; 0 to {MOST_STEPS:,} are")
        self.sight = replace(self.sight, last=steps)

    def held_out(self, index: int, stream: Stream = "test") -> Task:
        """Return a task that the run never trained on; raise `BadInput` where its data are not to be had."""
        training = self.model.experiment.config("training")
        return self.family.task(stream, index, training.shots, training.query_size)

    @torch.no_grad()
    def adapt(self, support: Array, name: str = "") -> Snapshot:
        """Return what the model generates as it adapts to `support` `(n, *shape)`, as a snapshot of one task.

        Raises `BadInput` for examples of another kind, and where the adaptation diverges.
        """
        examples = self.model.checked(torch.as_tensor(support, dtype=torch.float32))
        replay = self._replays.get((len(examples), self.steps))
        seen = (replay or self._computing(len(examples)))(examples)
        if not all(bool(part.isfinite().all()) for part in seen):
            raise BadInput("steps", f"adaptation in {self.steps} steps diverged; take fewer")
        batch = TaskBatch(
            (name,), np.asarray(support, np.float32)[None], np.empty((1, 0, *self.model.spec.shape), "f4")
        )
        return self.sight.drawn([part[None] for part in seen], self.model.spec, batch, 0)

    @torch.no_grad()
    def rehearse(self, support: Array) -> bool:
        """Record how it adapts to as many examples, so that this is replayed from now on; return whether it is.

        That takes several times as long as to adapt, and then a third; a replay gives the same bits, which is compared.
        """
        examples = self.model.checked(torch.as_tensor(support, dtype=torch.float32))
        place = len(examples), self.steps
        if place not in self._replays:
            while len(self._replays) >= MOST_REPLAYS:
                self._replays.pop(next(iter(self._replays)))
            self._replays[place] = self._recorded(examples)
        return self._replays[place] is not None

    def _recorded(self, examples: Tensor) -> Step | None:
        computed, other = self._computing(len(examples)), 0.75 * examples
        try:  # a recording proves itself on what it was not made from
            replay = record(computed, [examples], LONGEST).run
            same = all(torch.equal(*pair) for pair in zip(replay(other), computed(other), strict=True))
        except Exception:  # too long, or whatever a plugin does that cannot be recorded
            return None
        return replay if same else None

    def _computing(self, count: int) -> Step:
        """Return what computes, from `count` examples, what is seen of adaptation to them; its noise is drawn here."""
        algorithm = self.model.algorithm
        drawn = algorithm.adaptation_noise(generator_for(self.seed, "export", 1), 1, self.steps, count)
        noise = {name: value[0] for name, value in drawn.items()}  # one task: vmap would only cost
        return partial(self.sight.of, algorithm, self.model.weights, noise=noise)

    def _sight(self) -> Sight:
        """Return what is looked at; in the plane, the square that held-out tasks lie in."""
        sight = Sight(0, self.latents)
        if not self.model.spec.in_plane:
            return sight
        shots = self.model.experiment.config("training").shots
        try:
            batch = self.family.batch("validation", 0, REACH_FROM, shots, shots)
        except BadInput:  # its data are gone
            corner = np.full((1, 1, 2), REACH / 2, np.float32)
            batch = TaskBatch(("",), corner, corner)
        return replace(sight, extent=square_around(batch), along=along(batch))


def nearest(samples: npt.NDArray[np.generic], support: npt.NDArray[np.generic]) -> npt.NDArray[np.int64]:
    """Return which of `support` `(n, *shape)` is nearest to each of `samples` `(…, count, *shape)`, `(…, count)`.

    By the squared distance of pixels or coordinates.
    """
    given = support.reshape(len(support), -1).astype(np.float64)
    made = samples.reshape(*samples.shape[: samples.ndim - support.ndim + 1], -1).astype(np.float64)
    away = (made**2).sum(-1)[..., None] - 2 * made @ given.T + (given**2).sum(-1)
    return np.asarray(away.argmin(-1))
