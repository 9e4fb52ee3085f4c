"""The losses of one run on held-out tasks, task by task, at chosen adaptation steps.

The noise of a draw is a function of (seed, task, draw) and of its shape: runs of one model that take as many steps
share it, so that they compare in pairs, and what a task scores does not depend on how many others there are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch

from metagen_gui.engine.adaptation.task_noise import joined
from metagen_gui.engine.algorithms.base import Algorithm, TaskNoise
from metagen_gui.engine.held_out.chosen_tasks import MOST_DRAWS, HeldOutTasks, Request
from metagen_gui.engine.held_out.summaries import Difference, Summary, difference, diverged, summarize
from metagen_gui.engine.learning.evaluation import TASKS_AT_ONCE, score
from metagen_gui.engine.models.base import GenerativeModel
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.statistics import Mask, Values, chosen_of
from metagen_gui.engine.trained.trained_run import TrainedRun

PARTS = 4
"""Of the noise of one draw; each has a generator of its own, so that none depends on how much another takes."""


@dataclass(frozen=True)
class RunScores:
    """What a run scores: per player, and per further figure, `(rows, tasks)`, averaged over a task's draws.

    A row is a step of `rows`, which always begins with step 0; `steps` are those that were asked for.
    """

    run: TrainedRun
    steps: tuple[int, ...]
    rows: tuple[int, ...]
    losses: dict[str, Values]
    details: dict[str, Values]
    diverged: Mask
    """`(rows, tasks)`: at this step a loss of any player in any of the task's draws was not finite or far too large."""
    groups: tuple[str, ...] = ()
    """What tasks were held out with; nothing where every task stands alone."""
    caveat: str = ""
    """What a reader must know of the loss on these tasks."""

    @property
    def model(self) -> GenerativeModel:
        """The run's model."""
        return self.run.model.algorithm.model

    @property
    def bound(self) -> Values | None:
        """−log p or a bound of it from above, by the same draws and whatever the loss weighs, `(rows, tasks)`.

        None of models whose loss is neither.
        """
        if not self.model.loss_is.bounds:
            return None
        (loss,) = self.losses.values()
        bound: Values = self.model.comparable_loss(loss, self.details)
        return bound

    @property
    def last(self) -> int:
        """The last step."""
        return self.rows[-1]

    def lost(self, step: int) -> int:
        """Return how many tasks have diverged at `step`."""
        return int(self.diverged[self.rows.index(step)].sum())

    def summary(self, values: Values, step: int) -> Summary:
        """Return the figures of `losses` or `details` at `step`, over the tasks that have not diverged there."""
        row = self.rows.index(step)
        sound = ~self.diverged[row]
        return summarize(values[row, sound], chosen_of(self.groups, sound))

    def gain(self, player: str) -> Difference:
        """Return the loss at the last step less that at step 0, task by task, where neither has diverged."""
        losses, sound = self.losses[player], ~(self.diverged[0] | self.diverged[-1])
        return difference(losses[-1, sound], losses[0, sound], chosen_of(self.groups, sound))


class _PerTask:
    """What is kept of the draws of every task, so that memory does not grow with them: `(tasks, rows)` by name."""

    def __init__(self, rows: tuple[int, ...], tasks: int, draws: int) -> None:
        self.rows, self.draws = list(rows), draws
        self.shape = tasks, len(rows)
        self.sums: dict[str, Values] = {}
        self.most: dict[str, Values] = {}

    def add(self, found: dict[str, Values], first: int) -> None:
        """Take the figures `(steps + 1, draws)` of the draws from number `first` on, counted over all tasks."""
        for name, values in found.items():
            tasks, kept = (first + np.arange(values.shape[1])) // self.draws, values[self.rows].T
            with np.errstate(invalid="ignore"):  # inf - inf, of draws that have diverged
                np.add.at(self.sums.setdefault(name, np.zeros(self.shape)), tasks, kept)
                # the largest of -inf and a number would be the number
                sound = np.where(np.isfinite(kept), kept, np.nan)
                np.maximum.at(self.most.setdefault(name, np.full(self.shape, -np.inf)), tasks, sound)

    def means(self) -> dict[str, Values]:
        """Return the means over the draws, `(rows, tasks)`."""
        return {name: values.T / self.draws for name, values in self.sums.items()}


def score_run(
    run: TrainedRun, tasks: HeldOutTasks, request: Request, tell: Callable[[int], object] = lambda count: None
) -> RunScores:
    """Score `run` on `tasks`; `tell` hears how many draws each pass has scored."""
    algorithm = run.model.algorithm
    steps = tuple(range(algorithm.steps + 1)) if request.steps is None else tuple(sorted(set(request.steps)))
    rows = tuple(sorted({0, *steps}))
    # a longer path takes more memory: no more of it at once than a validation of the run held
    at_once = max(1, TASKS_AT_ONCE * (algorithm.steps + 1) // max(algorithm.steps + 1, rows[-1] + 1))
    losses, details = (_PerTask(rows, tasks.tasks, tasks.support_draws) for _ in range(2))
    draws, first, caveat = iter(tasks), 0, ""
    while chunk := list(islice(draws, at_once)):
        support, query = (torch.stack([*map(torch.from_numpy, part)]) for part in zip(*chunk, strict=True))
        caveat = caveat or algorithm.model.caveat(query.flatten(0, 1))
        noise = _joined([_noise(algorithm, tasks, first + place, rows[-1]) for place in range(len(chunk))])
        found = score(algorithm, run.model.weights, support, query, noise, rows[-1], opponent_steps=algorithm.steps)
        losses.add(found.query_loss, first)
        details.add(found.details, first)
        first += len(chunk)
        tell(len(chunk))
    lost = np.logical_or.reduce([diverged(most.T) for most in losses.most.values()])
    return RunScores(run, steps, rows, losses.means(), details.means(), lost, tasks.groups, caveat)


def _noise(algorithm: Algorithm, tasks: HeldOutTasks, number: int, steps: int) -> TaskNoise:
    """Draw the noise of draw `number`, counted over all tasks, with the axis `tasks` of length 1."""
    task, draw = divmod(number, tasks.support_draws)
    model, players = algorithm.model, len(algorithm.model.players)
    adapting, opposing, grading, looking = (
        generator_for(tasks.family.seed, "evaluation", (task * MOST_DRAWS + draw) * PARTS + part)
        for part in range(PARTS)
    )
    opposed = tasks.examples if model.needs_opponent else 0
    return TaskNoise(
        support=algorithm.adaptation_noise(adapting, 1, max(steps, algorithm.steps), tasks.shots),
        opponent=algorithm.adaptation_noise(opposing, 1, algorithm.steps, opposed),
        query=model.noise(grading, (1, players), tasks.examples),
        inner=model.noise(looking, (1, players), tasks.shots),
    )


def _joined(parts: list[TaskNoise]) -> TaskNoise:
    return TaskNoise(
        support=joined([part.support for part in parts]),
        opponent=joined([part.opponent for part in parts]),
        query=joined([part.query for part in parts]),
        inner=joined([part.inner for part in parts]),
    )
