"""How surprising new examples are, after none of a task, after one, after two …: −log p against the number of shots.

Of models that tell a likelihood. Exact where the model is; otherwise by the importance-weighted bound, with a number
of draws that is told with the figures: more draws come nearer to log p, so figures compare at equal numbers only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from metagen_gui.engine.adaptation.task_noise import joined
from metagen_gui.engine.algorithms.base import Algorithm, MetaParams
from metagen_gui.engine.data.spec import Array
from metagen_gui.engine.held_out.chosen_tasks import HeldOutTasks, Request
from metagen_gui.engine.held_out.summaries import Summary, summarize
from metagen_gui.engine.learning.evaluation import TASKS_AT_ONCE
from metagen_gui.engine.models.base import Likelihood, Noise, PlayerParams
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.statistics import Values, chosen_of
from metagen_gui.engine.trained.trained_run import TrainedRun

PARTS = 2
"""Of the noise of one task and number of shots: of adapting, of telling."""
PLACES = 1_000
"""Numbers of shots that have noise of their own, whichever others are asked for."""


@dataclass(frozen=True)
class ByShots:
    """−log p of an example in nats, `(rows, shots, tasks)`: after the steps of `rows` on so many `shots`.

    Without shots there is nothing to adapt to: figures of all rows are those of the initialization. NaN where the
    adaptation has diverged.
    """

    shots: tuple[int, ...]
    rows: tuple[int, ...]
    values: Values
    likelihood: Likelihood
    groups: tuple[str, ...] = ()

    def summary(self, shots: int, row: int) -> Summary:
        """Return the figures after `row` steps on so many `shots`, over the tasks that have not diverged there."""
        values = self.values[self.rows.index(row), self.shots.index(shots)]
        sound = np.isfinite(values)
        return summarize(values[sound], chosen_of(self.groups, sound))


def told_by(algorithm: Algorithm, draws: int | None) -> Likelihood:
    """Return how the model tells a likelihood, with so many `draws` of a bound; raise `BadInput` if it cannot."""
    likelihood = algorithm.model.likelihood
    if likelihood is None:
        raise BadInput("by shots", f"{type(algorithm.model).title} tells no likelihood")
    return likelihood if likelihood.exact or draws is None else replace(likelihood, draws=draws, title="")


def score_by_shots(
    run: TrainedRun, tasks: HeldOutTasks, request: Request, tell: Callable[[int], object] = lambda count: None
) -> ByShots:
    """Tell −log p of the query of every task after each number of shots that is asked for, of the same support."""
    algorithm, shots = run.model.algorithm, tuple(sorted({*request.by_shots}))
    rows = tuple(sorted({0, *(request.steps or (algorithm.steps,))}))
    most = shots[-1]
    try:
        tasks.family.check(max(most, 1), tasks.query_size)
    except BadInput as error:
        raise BadInput("by shots", f"{most} and a query of {tasks.query_size}: {error.why}") from None
    drawn = tasks.family.batch("test", 0, tasks.tasks, max(most, 1), tasks.query_size)
    queries = np.repeat(drawn.query[:, None], len(shots), axis=1)
    likelihood = told_by(algorithm, request.draws)
    parts = telling(
        algorithm, run.model.weights, drawn.support, queries, shots, rows, draws=request.draws, seed=tasks.family.seed
    )
    return ByShots(shots, rows, gathered(parts, tell), likelihood, drawn.groups)


def gathered(parts: Iterator[Values], tell: Callable[[int], object]) -> Values:
    """Return what `telling` yields as one, `(rows, shots, tasks)`; `tell` hears how many tasks each part has been."""
    found = []
    for part in parts:
        found.append(part)
        tell(part.shape[2])
    return np.concatenate(found, axis=2)


@torch.no_grad()
def telling(
    algorithm: Algorithm,
    weights: MetaParams,
    support: Array,
    queries: Array,
    shots: Sequence[int],
    rows: tuple[int, ...],
    *,
    draws: int | None,
    seed: int,
) -> Iterator[Values]:
    """Yield −log p of `queries` after the first of `support`, some tasks at a time: `(rows, shots, some tasks)`.

    `support` is `(tasks, examples, *shape)`, `queries` `(tasks, shots, examples, *shape)`: those that are asked for
    after each number of shots. `rows` are in order, 0 first.
    """
    model, steps = algorithm.model, max(rows[-1], algorithm.steps)
    more = {} if draws is None or told_by(algorithm, draws).exact else {"draws": draws}

    def surprise(params: PlayerParams, query: Tensor, noise: Noise) -> Tensor:
        return -model.log_likelihood(params, query, noise).mean()

    def one_task(given: Tensor, query: Tensor, adapting: Noise, noise: Noise) -> Tensor:
        path = algorithm.trajectory(weights, given, adapting, rows[-1])
        return torch.stack([surprise(path[row], query, noise) for row in rows])

    def unadapted(query: Tensor, noise: Noise) -> Tensor:
        return surprise(algorithm.initialization(weights), query, noise).expand(len(rows))

    for first in range(0, len(support), TASKS_AT_ONCE):
        here, columns = range(first, min(first + TASKS_AT_ONCE, len(support))), []
        for place, count in enumerate(shots):
            query = torch.from_numpy(queries[here.start : here.stop, place])
            sources = [
                [generator_for(seed, "evaluation", (task * PLACES + count) * PARTS + part) for part in range(PARTS)]
                for task in here
            ]
            noise = joined([model.likelihood_noise(two, (1,), query.shape[1], **more) for _, two in sources])
            if count:
                adapting = joined([algorithm.adaptation_noise(one, 1, steps, count) for one, _ in sources])
                given = torch.from_numpy(support[here.start : here.stop, :count])
                found = torch.func.vmap(one_task)(given, query, adapting, noise)
            else:
                found = torch.func.vmap(unadapted)(query, noise)
            columns.append(found.double().T.numpy())
        together = np.stack(columns, axis=1)
        yield np.where(np.isfinite(together), together, np.nan)
