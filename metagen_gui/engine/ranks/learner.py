"""A learner whose outer steps are shared: it computes some tasks of each, and learns from the sum over all processes.

Task and noise are functions of the seed and the task's index, so that a process finds for its tasks what one alone
would have found for them. All then take the same step with the same optimizer, and so they stay equal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from metagen_gui.engine.adaptation.meta_gradients import MetaGradient
from metagen_gui.engine.beneath_autograd.memory import is_shortage
from metagen_gui.engine.events import StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.meta_learner import Drawn, MetaLearner
from metagen_gui.engine.learning.task_chunks import noise_of
from metagen_gui.engine.ranks.group import Group, Outcome
from metagen_gui.engine.ranks.place import Place
from metagen_gui.engine.ranks.sums import nothing, packed, shares


class SharingLearner(MetaLearner):
    """One of the learners, process `rank` of `ranks`, that take a run's steps together once they have a `group`."""

    group: Group

    def __init__(self, experiment: Experiment, place: Place, device: torch.device) -> None:
        super().__init__(experiment, device)
        self.rank, self.processes = place.rank, place.ranks

    @property
    def own(self) -> range:
        """The tasks of the next outer step that are computed here."""
        return shares(self.training.meta_batch_size, self.processes)[self.rank]

    @property
    def most(self) -> int:
        """The most tasks that one of the processes computes."""
        return len(shares(self.training.meta_batch_size, self.processes)[0])

    @property
    def warming(self) -> bool:
        """Whether the next step is of the warm-up, which the first process computes.

        Its loss is one over the examples of all tasks, and no mean over them where a model compares examples.
        """
        return self.meta_step < self.training.warmup_steps

    def draw(self) -> Drawn:
        """Return what the next outer step is computed from here."""
        drawn, own = super().draw(), self.own
        return drawn if drawn.noise is None else replace(drawn, noise=noise_of(drawn.noise, own.start, own.stop))

    def _draw(self) -> tuple[int, Tensor, Tensor]:
        t, step, own = self.training, self.meta_step, self.own
        if self.warming:
            return super()._draw()
        first = step * t.meta_batch_size + own.start
        return step, *self.tensors(self.family.batch("train", first, len(own), t.shots, t.query_size))

    def compute(self) -> tuple[Outcome, Exception | None]:
        """Compute this process's share of the next outer step; return how that went everywhere, and what broke it here.

        What memory was too short for is not kept: its frames hold tensors.
        """
        short, problem = False, None
        try:
            self._found = self.share()
        except Exception as error:
            short = is_shortage(error)
            problem = None if short else error
        return self.group.agree(short=short, problem="" if problem is None else in_words(problem)), problem

    def learn(self) -> StepReport:
        """Take the step of which every process has computed its share, and report it."""
        vector, summed, phase = self._found
        del self._found
        self.group.sum(vector)
        return self.take(summed(), phase)

    def share(self) -> tuple[Tensor, Callable[[], MetaGradient], str]:
        """Return what was found here, what makes all of it of the sum over all processes, and the phase of the run."""
        if self.warming:
            own = range(1 if self.rank == 0 else 0)  # of one loss
            drawn = self.draw() if own else None
            found = nothing(self.meta) if drawn is None else self.outer_gradient(drawn)
            return *packed(found, own, 1), "warm-up"
        drawn = self.draw()
        return *packed(self.outer_gradient(drawn), self.own, self.training.meta_batch_size), drawn.phase


def in_words(problem: Exception) -> str:
    """Return what an exception says, in one line."""
    return f"{type(problem).__name__}: {' '.join(str(problem).split())}".removesuffix(": ")
