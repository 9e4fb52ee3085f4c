"""Everything that learns in one run: tasks, model, algorithm, meta-parameters and their optimizers."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor

from metagen_gui.engine.algorithms.base import MetaGradient, MetaParams, Moment, TaskNoise, gradients_by_player
from metagen_gui.engine.beneath_autograd.memory import free_bytes
from metagen_gui.engine.beneath_autograd.recomputed_steps import recomputing
from metagen_gui.engine.devices import choose_device, to_device
from metagen_gui.engine.events import MemoryPlan, StepReport
from metagen_gui.engine.experiment import Experiment, Section
from metagen_gui.engine.learning.descent import descend, optimizers_for, replace
from metagen_gui.engine.learning.memory_plan import plan_memory
from metagen_gui.engine.learning.precision import computing_in, mixed_error
from metagen_gui.engine.learning.replayed_step import ReplayedStep
from metagen_gui.engine.learning.task_chunks import in_chunks
from metagen_gui.engine.models.base import Noise
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import is_finite
from metagen_gui.engine.tasks.base import TaskBatch
from metagen_gui.engine.training import TrainingSettings

FEW = 4
"""Tasks on which precision is judged."""
STEPS = "training.meta_steps"
"""How many outer steps there are may be decided on the way, where a run is to take its time."""


@dataclass(frozen=True)
class Drawn:
    """What an outer step is computed from, besides what is learned: tasks and, but for the warm-up, all its noise."""

    support: Tensor
    query: Tensor
    moment: Moment
    generator: torch.Generator
    noise: TaskNoise | None

    @property
    def phase(self) -> str:
        """What a report calls the phase of the run."""
        return "warm-up" if self.noise is None else "meta-training"


class MetaLearner:
    """A run's state, advanced by `step`. Raises `BadInput` if the experiment cannot be run."""

    processes = 1
    """How many processes share its outer steps."""

    def __init__(self, experiment: Experiment, device: torch.device | None = None) -> None:
        """Compute on `device`, or where the experiment says."""
        experiment.check()
        self.experiment = experiment
        self.training: TrainingSettings = experiment.config("training")
        self.device = device or choose_device(self.training.device)
        self.family = experiment.build_tasks()
        spec = self.family.spec
        if self.family.spec_named(experiment.config("tasks"), spec.kind, spec.shape) != spec:
            why = f"{experiment.tasks} has data of its own kind, {spec.kind}, which its spec_of does not tell"
            raise BadInput("tasks.name", f"{why}: what is learned of it could not be exported")
        self.model = experiment.build_model(self.family)
        self.algorithm = experiment.build_algorithm(self.model)
        self.replayed = self._step_to_replay()
        self.steps: int = self.algorithm.steps
        fresh = self.algorithm.initialize(generator_for(self.training.seed, "initialization"))
        moving = self.algorithm.adapted(self.algorithm.initialization(fresh))
        adapts = any(fresh[player][name].numel() for player, names in moving.items() for name in names)
        if not adapts and not self.model.conditions:
            raise BadInput("algorithm.adapts", f"{self.algorithm.settings.adapts} leaves this model nothing to adapt")
        self.meta = MetaParams.of(
            {
                player: {name: value.to(self.device).requires_grad_() for name, value in values.items()}
                for player, values in fresh.items()
            }
        )
        self.optimizers = optimizers_for(self.meta, self.training, self.device)
        self.meta_step = 0
        self.chunk = self.training.chunk
        self.recompute = self.training.recompute == "always"
        self._moving = False  # whether a step is being applied: what breaks off then is half old, half new
        self.ahead = self.device.type != "cpu"
        """Whether the tasks of the next step are drawn while the device computes this one."""
        self._drawn: tuple[int, Tensor, Tensor] | None = None

    # -- training ------------------------------------------------------------------------------------------------

    def step(self) -> StepReport:
        """Take one outer step and report it, but for the time; one whose gradient is not finite is not applied.

        Everything is given to the device before anything is asked of it, and the next tasks are drawn in the meantime.
        """
        drawn = self.draw()
        return self.take(self.outer_gradient(drawn), drawn.phase)

    def draw(self) -> Drawn:
        """Return what the next outer step is computed from: a function of the seed and the step."""
        t = self.training
        support, query = self._tasks()
        generator = generator_for(t.seed, "training", self.meta_step, self.device)
        ramp = min(1.0, (self.meta_step + 1) / t.ramp_steps) if t.ramp_steps else 1.0
        moment = Moment(ramp=ramp, share=self.meta_step / t.meta_steps)
        warming = self.meta_step < t.warmup_steps
        noise = None if warming else self.algorithm.draw_noise(generator, t.meta_batch_size, t.shots, t.query_size)
        return Drawn(support, query, moment, generator, noise)

    def outer_gradient(self, drawn: Drawn) -> MetaGradient:
        """Return what the algorithm finds; in the warm-up, what ordinary training does."""
        if drawn.noise is None:
            return self._joint_gradient(torch.cat([drawn.support, drawn.query], dim=1), drawn.generator, drawn.moment)

        def some(support: Tensor, query: Tensor, noise: TaskNoise) -> MetaGradient:
            with recomputing(self.recompute):
                return self.replayed.meta_gradient(self.meta, support, query, noise, drawn.moment)

        return in_chunks(some, drawn.support, drawn.query, drawn.noise, self.chunk)

    def take(self, found: MetaGradient, phase: str) -> StepReport:
        """Let the optimizers take their step along what was found, and report it, but for the time."""
        t = self.training
        self._moving = True
        finite = descend(self.meta, found.gradients, self.optimizers, t, self.meta_step / t.meta_steps)
        replace(self.meta, found.replaced, finite)
        self.meta_step += 1
        self._moving = False
        if self.ahead and self.meta_step < t.meta_steps:
            with suppress(Exception):  # which will be raised when it is the turn of these tasks
                self._drawn = self._draw()
        return _told(self.meta_step, finite, found.query_loss, phase)

    def _tasks(self) -> tuple[Tensor, Tensor]:
        """Return support and query of the next outer step."""
        drawn = self._drawn if self._drawn and self._drawn[0] == self.meta_step else self._draw()
        self._drawn = None
        return drawn[1:]

    def _draw(self) -> tuple[int, Tensor, Tensor]:
        t, step = self.training, self.meta_step
        batch = self.family.batch("train", step * t.meta_batch_size, t.meta_batch_size, t.shots, t.query_size)
        return step, *self.tensors(batch)

    def plan_memory(self) -> MemoryPlan | None:
        """Predict what a step will need, and take fewer tasks at a time if all would not fit; None for small runs."""
        plan = plan_memory(self.algorithm, self.meta, self.training, self.device, free_bytes(self.device))
        self.chunk = plan.chunk if plan else self.training.chunk
        self.recompute = plan.recomputed if plan else self.training.recompute == "always"
        return plan

    def mixed_error(self) -> float:
        """Return how far off mixed precision is on the first of the next step's tasks; see `precision.mixed_error`."""
        t = self.training
        batch = self.family.batch(
            "train", self.meta_step * t.meta_batch_size, min(t.meta_batch_size, FEW), t.shots, t.query_size
        )
        support, query = self.tensors(batch)
        generator = generator_for(t.seed, "training", self.meta_step, self.device)
        noise = self.algorithm.draw_noise(generator, len(support), t.shots, t.query_size)
        return mixed_error(self.algorithm, self.meta, support, query, noise, Moment(), t.factored)

    def forget(self) -> None:
        """Let go of whatever was recorded, and of memory that is kept for nothing."""
        self.replayed = self._step_to_replay()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def halve(self) -> int | None:
        """Take half as many tasks at a time from now on; return how many, or None if it is one already."""
        now: int = self.chunk or self.training.meta_batch_size
        if now <= 1:
            return None
        self.chunk = fewer = now // 2
        return fewer

    def _joint_gradient(self, examples: Tensor, generator: torch.Generator, moment: Moment) -> MetaGradient:
        """Return the gradient of ordinary training on all examples `(tasks, n, *shape)` at the unadapted parameters.

        A model that looks at a support has all of a task as its own, and tells each example by the others.
        """
        pooled = examples.flatten(0, 1)
        params = self.algorithm.initialization(self.meta)
        losses: dict[str, Tensor] = {}
        for player in self.model.players:
            noise: Noise = self.model.noise(generator, (), len(pooled))
            with computing_in(self.training.precision, self.device):
                if self.model.conditions:
                    apart = {name: value.view(*examples.shape[:2], *value.shape[1:]) for name, value in noise.items()}
                    losses[player] = torch.func.vmap(partial(self._joint_loss, player, moment))(examples, apart).mean()
                else:
                    losses[player] = self.model.loss(player, params, pooled, noise, moment)
        gradients = gradients_by_player(losses, self.meta)
        return MetaGradient(gradients, {player: loss.detach().reshape(1) for player, loss in losses.items()})

    def _joint_loss(self, player: str, moment: Moment, examples: Tensor, noise: Noise) -> Tensor:
        return self.model.loss(player, self.algorithm.start(self.meta, examples), examples, noise, moment)

    def parameters(self) -> int:
        """Return how many numbers are learned."""
        return sum(value.numel() for values in self.meta.values() for value in values.values())

    # -- changing ----------------------------------------------------------------------------------------------

    def change(self, path: str, value: Any) -> Any:
        """Give a live setting, or `STEPS`, a value from the next step on; return it as checked. Raise `BadInput`."""
        changed = self.experiment.with_value(path, value)
        given, _, name = path.partition(".")
        section = cast(Section, given)
        if path != STEPS and name not in {item.name for item in changed.settings(section) if item.live}:
            raise BadInput(path, "cannot be changed while a run is going on")
        changed.check()
        changed.build_algorithm(changed.build_model(self.family))  # which look at how settings go together
        self.experiment = changed
        self.training = changed.config("training")
        self.family.settings = changed.config("tasks")
        self.model.settings = changed.config("model")
        self.algorithm.settings = changed.config("algorithm")
        self._drawn = None
        return getattr(changed.config(section), name)

    def is_sound(self) -> bool:
        """Return whether all that was learned is finite, and no step broke off while it was applied."""
        return not self._moving and is_finite(self.meta)

    def notices(self) -> tuple[str, ...]:
        """Return what the task family has to tell; more files may turn out bad as a run goes on."""
        return self.family.notices()

    # -- with others -----------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Let those who share its steps begin where it stands; alone there are none. Raises `BadInput`."""

    def close(self) -> None:
        """Let go of those who shared its steps."""

    # -- helpers -------------------------------------------------------------------------------------------------

    def _step_to_replay(self) -> ReplayedStep:
        t = self.training
        return ReplayedStep(self.algorithm, t.replay, t.factored, t.precision)

    def tensors(self, batch: TaskBatch) -> tuple[Tensor, Tensor]:
        """Return support and query of a batch on the device of the run."""
        return to_device(batch.support, self.device), to_device(batch.query, self.device)


def _told(meta_step: int, finite: Tensor, losses: dict[str, Tensor], phase: str) -> StepReport:
    """Return the numbers of a step, fetched all at once; `losses` are `(tasks,)` by player."""
    sound = torch.stack([loss.isfinite() for loss in losses.values()]).all(0)
    middles = [torch.where(loss.isfinite(), loss, torch.nan).nanmedian() for loss in losses.values()]
    means = [loss.mean() for loss in losses.values()]
    counts = [finite.to(means[0]), (~sound).sum().to(means[0])]
    applied, diverged, *numbers = torch.stack([*counts, *means, *middles]).tolist()
    return StepReport(
        meta_step,
        seconds=0.0,
        query_loss=dict(zip(losses, numbers[: len(losses)], strict=True)),
        phase=phase,
        diverged=int(diverged),
        applied=bool(applied),
        median_loss={p: n for p, n in zip(losses, numbers[len(losses) :], strict=True) if not math.isnan(n)},
    )
