"""Looking at a meta-learner without changing it: scores at every adaptation step, and samples as it adapts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from metagen_gui.engine.algorithms.base import Algorithm, MetaParams, TaskNoise, facing, grade, of_player
from metagen_gui.engine.data.spec import Array
from metagen_gui.engine.events import Snapshot
from metagen_gui.engine.models.base import USUAL, Noise, PlayerParams
from metagen_gui.engine.tasks.base import TaskBatch, TaskFamily

GRID = 48
"""Cells per side of a drawn density or discriminator field."""
ALONG = 161
"""Points of a drawn curve."""
TASKS_AT_ONCE = 32
"""Tasks scored in one pass; more are scored in turns, so that memory does not grow with their number."""
STATES = 8
"""States of a path that are kept of what generates by steps, first and last included."""
MOST_STEPS = 12
"""Adaptation steps drawn at most; longer paths are shown at evenly spread steps, first and last included."""


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
) -> Snapshot:
    """Return what the model generates as it adapts to the tasks of `batch`, the first of the validation stream.

    `at_once` tasks are adapted to in one pass, or all if it is 0.
    """
    model, device = algorithm.model, generator.device
    spec = family.spec
    support = torch.from_numpy(batch.support).to(device)
    # latents first: they stay the same when other numbers of steps are shown
    latents = model.latents(generator, max(count, spec.free_samples))
    noise = algorithm.adaptation_noise(generator, len(support), steps, support.shape[1])
    shown = shown_steps(steps)
    extent = square_around(batch) if spec.in_plane else None
    grid = grid_points(extent) if extent else None

    x = along(batch) if spec.in_plane else None

    def one_task(support: Tensor, noise: Noise) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        adapting = algorithm.trajectory(meta, support, noise, steps)
        chosen: list[PlayerParams] = [adapting[step] for step in shown]
        fields = [] if grid is None else [model.field(params, torch.from_numpy(grid).to(device)) for params in chosen]
        curves = [] if x is None else [model.curve(params, torch.from_numpy(x).to(device)) for params in chosen]
        sampling = [model.for_sampling(params, algorithm.initialization(meta)) for params in chosen]
        ways = [model.path(params, latents) for params in sampling]
        samples = torch.stack(
            [
                model.generate(params, latents) if way is None else way[-1]
                for params, way in zip(sampling, ways, strict=True)
            ]
        )
        paths = [_thinned(way) for way in ways]
        return samples, _stacked(fields, samples), _stacked(curves, samples), _stacked(paths, samples)

    samples, fields, curves, paths = torch.func.vmap(one_task, chunk_size=at_once or None)(support, noise)
    truth = None
    if x is not None and curves.numel():
        known = [family.curve("validation", index, x) for index in range(len(support))]
        truth = np.stack([y for y in known if y is not None]) if known[0] is not None else None
    density = None
    if grid is not None:
        true = [family.density("validation", index, grid) for index in range(len(support))]
        density = np.stack([t.reshape(GRID, GRID) for t in true if t is not None]) if true[0] is not None else None
    return Snapshot(
        meta_step=meta_step,
        names=batch.names,
        steps=shown,
        support=spec.to_show(batch.support),
        query=spec.to_show(batch.query),
        samples=spec.to_show(samples.float().cpu().numpy()),
        density=density,
        field=fields.float().cpu().numpy().reshape(len(support), len(shown), GRID, GRID) if fields.numel() else None,
        extent=extent,
        curve_x=x if curves.numel() else None,
        curves=curves.float().cpu().numpy() if curves.numel() else None,
        truth=truth,
        path=_to_look_at(spec.to_show(paths.float().cpu().numpy())) if paths.numel() else None,
    )


def _stacked(parts: list[Tensor | None], like: Tensor) -> Tensor:
    """Stack what a model has drawn at every step; nothing, if it draws no such thing."""
    present = [part for part in parts if part is not None]
    return torch.stack(present) if present else like.new_zeros(0)


def _to_look_at(shown: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return what is only drawn in few bytes: a path has as many points as all columns of samples together."""
    return shown if shown.dtype == np.uint8 else shown.astype(np.float16)


def _thinned(states: Tensor | None) -> Tensor | None:
    """Return at most `STATES` of a path's states, evenly spread."""
    if states is None or len(states) <= STATES:
        return states
    return states[np.linspace(0, len(states) - 1, STATES).round()]


def shown_steps(steps: int) -> tuple[int, ...]:
    """Return which of the steps 0..`steps` are drawn."""
    if steps < MOST_STEPS:
        return tuple(range(steps + 1))
    return tuple(int(step) for step in np.unique(np.linspace(0, steps, MOST_STEPS).round()))


def square_around(batch: TaskBatch) -> tuple[float, float, float, float]:
    """Return the square (left, bottom, right, top) about the origin that holds all points, with a margin."""
    reach = _reach(batch.support, batch.query)
    return (-reach, -reach, reach, reach)


def along(batch: TaskBatch) -> Array:
    """Return the places `(ALONG,)` at which curves are drawn: as far as x goes, however high y is."""
    reach = _reach(batch.support[..., 0], batch.query[..., 0])
    return np.linspace(-reach, reach, ALONG, dtype=np.float32)


def _reach(*values: Array) -> float:
    return float(np.ceil(2.1 * max(np.abs(part).max() for part in values)) / 2)


def grid_points(extent: tuple[float, float, float, float]) -> Array:
    """Return the cell centres of the drawn grid `(GRID², 2)`, row by row from the bottom."""
    left, bottom, right, top = extent
    x = left + (np.arange(GRID) + 0.5) * (right - left) / GRID
    y = bottom + (np.arange(GRID) + 0.5) * (top - bottom) / GRID
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float32)
