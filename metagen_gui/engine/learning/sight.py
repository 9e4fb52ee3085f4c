"""What is looked at of a model while it adapts: the same latents after every step, the plane, a curve."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from metagen_gui.engine.algorithms.base import Algorithm, MetaParams
from metagen_gui.engine.data.spec import Array, DataSpec
from metagen_gui.engine.events import Snapshot
from metagen_gui.engine.models.base import Noise, PlayerParams
from metagen_gui.engine.tasks.base import TaskBatch

GRID = 48
"""Cells per side of a drawn density or discriminator field."""
ALONG = 161
"""Points of a drawn curve."""
STATES = 8
"""States of a path that are kept of what generates by steps, first and last included."""
Walk = Callable[[Tensor, Noise], list[PlayerParams]]
"""One task's parameters after 0, 1, … adaptation steps, from its support and its noise."""
MOST_STEPS = 12
"""Adaptation steps drawn at most; longer paths are shown at evenly spread steps, first and last included."""


@dataclass(frozen=True)
class Sight:
    """What is looked at of every task: samples of `latents` after 0, 1, … `last` steps; more in the plane.

    There it is a field over the square `extent`, and a curve at the places `along` `(n,)`.
    """

    last: int
    latents: Tensor
    extent: tuple[float, float, float, float] | None = None
    along: Array | None = None

    @property
    def steps(self) -> tuple[int, ...]:
        """Which of the steps are drawn."""
        return shown_steps(self.last)

    def of(
        self, algorithm: Algorithm, meta: MetaParams, support: Tensor, noise: Noise, walk: Walk | None = None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return samples `(steps, count, *shape)`, fields, curves and paths of one task; empty where it has none.

        It adapts as the algorithm does where it is judged, unless `walk` says how.
        """
        model, device = algorithm.model, self.latents.device
        adapting = walk(support, noise) if walk else algorithm.trajectory(meta, support, noise, self.last)
        chosen: list[PlayerParams] = [adapting[step] for step in self.steps]
        grid, x = (None if at is None else torch.from_numpy(at).to(device) for at in (self.grid, self.along))
        fields = [] if grid is None else [model.field(params, grid) for params in chosen]
        curves = [] if x is None else [model.curve(params, x) for params in chosen]
        sampling = [model.for_sampling(params, algorithm.initialization(meta)) for params in chosen]
        ways = [model.path(params, self.latents) for params in sampling]
        samples = torch.stack(
            [
                model.generate(params, self.latents) if way is None else way[-1]
                for params, way in zip(sampling, ways, strict=True)
            ]
        )
        paths = [_thinned(way) for way in ways]
        return samples, _stacked(fields, samples), _stacked(curves, samples), _stacked(paths, samples)

    @property
    def grid(self) -> Array | None:
        """Where the field is asked for, `(GRID², 2)`."""
        return None if self.extent is None else grid_points(self.extent)

    def drawn(self, seen: Sequence[Tensor], spec: DataSpec, batch: TaskBatch, meta_step: int) -> Snapshot:
        """Return what `of` has seen of all tasks of `batch` to be looked at, without any truth."""
        samples, fields, curves, paths = (part.float().cpu().numpy() for part in seen)
        return Snapshot(
            meta_step=meta_step,
            names=batch.names,
            steps=self.steps,
            support=spec.to_show(batch.support),
            query=spec.to_show(batch.query),
            samples=spec.to_show(samples),
            field=fields.reshape(*fields.shape[:2], GRID, GRID) if fields.size else None,
            extent=self.extent,
            curve_x=self.along if curves.size else None,
            curves=curves if curves.size else None,
            path=_to_look_at(spec.to_show(paths)) if paths.size else None,
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
