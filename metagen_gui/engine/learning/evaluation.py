"""Looking at a meta-learner without changing it: scores at every adaptation step, and samples as it adapts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from metagen_gui.engine.algorithms.base import Algorithm, MetaParams, TaskNoise, facing, grade, of_player
from metagen_gui.engine.events import Snapshot
from metagen_gui.engine.learning.sight import GRID, Sight, Walk, along, grid_points, square_around
from metagen_gui.engine.models.base import USUAL, Noise
from metagen_gui.engine.tasks.base import Stream, TaskBatch, TaskFamily

TASKS_AT_ONCE = 32
"""Tasks scored in one pass; more are scored in turns, so that memory does not grow with their number."""


@dataclass(frozen=True)
class Scores:
    """Losses of held-out tasks: per player `(steps + 1, tasks)`; details likewise, by their name."""

    query_loss: dict[str, npt.NDArray[np.float64]]
    support_loss: dict[str, npt.NDArray[np.float64]]
    details: dict[str, npt.NDArray[np.float64]]


@torch.no_grad()
def score(
    algorithm: Algorithm,
    meta: MetaParams,
    support: Tensor,
    query: Tensor,
    noise: TaskNoise,
    steps: int,
    opponent_steps: int | None = None,
    at_once: int = 0,
) -> Scores:
    """Return query and support loss of every task after 0, 1, … `steps` adaptation steps to its support.

    `support` `(tasks, shots, *shape)`, `query` `(tasks, query_size, *shape)`. An opponent takes `opponent_steps`
    steps on the query, by default as many. At most 32 tasks are scored in one pass, and at most `at_once` if not 0.
    """
    model = algorithm.model
    opposed_after = steps if opponent_steps is None else opponent_steps

    def one_task(support: Tensor, query: Tensor, *noise: Noise) -> dict[str, Tensor]:
        adapting, opposing, grading, looking = noise
        path = algorithm.trajectory(meta, support, adapting, steps)
        outer = facing(model, USUAL, lambda: algorithm.trajectory(meta, query, opposing, opposed_after)[-1])
        found: dict[str, list[Tensor]] = {}
        for params in path:
            for player, loss in grade(model, params, query, grading, outer).items():
                found.setdefault(f"query/{player}", []).append(loss)
            for place, player in enumerate(model.players):
                loss = model.loss(player, params, support, of_player(looking, place))
                found.setdefault(f"support/{player}", []).append(loss)
            for name, value in model.details(params, query, of_player(grading, 0)).items():
                found.setdefault(f"details/{name}", []).append(value)
        return {name: torch.stack(values) for name, values in found.items()}

    together = torch.func.vmap(one_task, out_dims=1, chunk_size=min(at_once or TASKS_AT_ONCE, TASKS_AT_ONCE))
    scored = together(support, query, noise.support, noise.opponent, noise.query, noise.inner)
    kinds: dict[str, dict[str, npt.NDArray[np.float64]]] = {"query": {}, "support": {}, "details": {}}
    for name, values in scored.items():
        kind, _, rest = name.partition("/")
        kinds[kind][rest] = values.cpu().double().numpy()  # in this order: MPS has no float64
    return Scores(kinds["query"], kinds["support"], kinds["details"])


@torch.no_grad()
def take_snapshot(
    algorithm: Algorithm,
    meta: MetaParams,
    family: TaskFamily,
    batch: TaskBatch,
    generator: torch.Generator,
    *,
    meta_step: int,
    steps: int,
    count: int,
    at_once: int = 0,
    stream: Stream = "validation",
    first: int = 0,
    noise: Noise | None = None,
    walk: Walk | None = None,
) -> Snapshot:
    """Return what the model generates as it adapts to the tasks of `batch`, which begin at `first` of `stream`.

    `at_once` tasks are adapted to in one pass, or all if it is 0. Adaptation is that of the algorithm, with noise of
    its own, unless `noise` or `walk` are given.
    """
    spec, support = family.spec, torch.from_numpy(batch.support).to(generator.device)
    # latents first: they stay the same when other numbers of steps are shown
    latents = algorithm.model.latents(generator, max(count, spec.free_samples))
    if noise is None:
        noise = algorithm.adaptation_noise(generator, len(support), steps, support.shape[1])
    sight = Sight(steps, latents)
    if spec.in_plane:
        sight = replace(sight, extent=square_around(batch), along=along(batch))
    seen = torch.func.vmap(partial(sight.of, algorithm, meta, walk=walk), chunk_size=at_once or None)(support, noise)
    return with_truth(sight.drawn(seen, spec, batch, meta_step), family, stream, first)


def with_truth(snapshot: Snapshot, family: TaskFamily, stream: Stream, first: int) -> Snapshot:
    """Return a snapshot of tasks that begin at `first` of `stream`, with their true curves and densities, if known."""
    truth = density = None
    tasks = range(first, first + len(snapshot.names))
    if snapshot.curve_x is not None:
        known = [family.curve(stream, index, snapshot.curve_x) for index in tasks]
        truth = np.stack([y for y in known if y is not None]) if known[0] is not None else None
    if snapshot.extent is not None:
        true = [family.density(stream, index, grid_points(snapshot.extent)) for index in tasks]
        density = np.stack([t.reshape(GRID, GRID) for t in true if t is not None]) if true[0] is not None else None
    return replace(snapshot, truth=truth, density=density)
