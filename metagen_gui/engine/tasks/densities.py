"""Densities in the plane: a task is one density, its examples are points `(2,)` drawn from it.

The true density is known exactly, so what a model generates can be laid over it, and modes can be counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from metagen_gui.engine.data.density_shapes import CURVES, Mixture, grid, grid_sides, ring, scattered
from metagen_gui.engine.data.spec import Array, PointSpec
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import Config, setting
from metagen_gui.engine.tasks.base import Stream, Task, TaskFamily, task_families

HALF_SIDE = 3.0
"""The data lies within [-HALF_SIDE, HALF_SIDE]², up to three widths of a mode."""

SHAPES: dict[str, tuple[str, ...]] = {
    "gaussians": ("rings", "grids"),
    "mixtures": ("rings", "grids", "scattered"),
    "mixed": ("rings", "grids", *CURVES),
    **{name: (name,) for name in ("rings", "grids", "scattered", *CURVES)},
}
WITH_MODES = {"shape": ("gaussians", "mixtures", "mixed", "rings", "grids", "scattered")}
WITH_CURVES = {"shape": ("mixed", *CURVES)}


class DensitySettings(Config):
    """Which densities are drawn, how large and how far from the middle."""

    shape: Literal["gaussians", "mixtures", "mixed", "rings", "grids", "scattered", "moons", "spirals", "pinwheels"] = (
        setting(
            "gaussians",
            "What the densities look like: gaussians are rings and grids, mixtures those and modes scattered at "
            "random, mixed are rings, grids and the three curves.",
        )
    )
    fewest_modes: int = setting(3, "Fewest modes of a density.", unit="modes", low=1, high=25, only_if=WITH_MODES)
    most_modes: int = setting(9, "Most modes of a density.", unit="modes", low=1, high=25, only_if=WITH_MODES)
    mode_width: float = setting(0.1, "Standard deviation of a mode.", low=0.02, high=0.5, log=True, only_if=WITH_MODES)
    curve_width: float = setting(
        0.06, "Standard deviation of the points around their curve.", low=0.02, high=0.5, log=True, only_if=WITH_CURVES
    )
    smallest: float = setting(1.0, "Radius of the smallest density.", low=0.1, high=2, expert=True)
    largest: float = setting(1.8, "Radius of the largest density.", low=0.1, high=2, expert=True)
    off_centre: float = setting(
        1.0,
        "How far a density may lie from the middle: 0 is in the middle, 1 is up to the edge of the field.",
        low=0,
        high=1,
        expert=True,
    )


@task_families.register("densities")
class Densities(TaskFamily):
    """Rings and grids of Gaussians, moons, spirals and pinwheels of random place, scale and rotation."""

    title = "2-D densities"
    summary = (
        "Points in the plane; a task is one density, such as a ring of Gaussians. Quick, and modes can be counted."
    )
    reference = "Srivastava et al. 2017, https://arxiv.org/abs/1705.07761 (rings and grids for counting modes)"
    licence = "none: the numbers are made here"
    Settings = DensitySettings
    suggests: ClassVar[Mapping[str, Any]] = {"training.shots": 64, "training.query_size": 128, "model.width": 64}
    spec = PointSpec()

    def __init__(self, settings: Any, seed: int) -> None:
        super().__init__(settings, seed)
        _check_order(settings, "fewest_modes", "most_modes")
        _check_order(settings, "smallest", "largest")
        self.sides = grid_sides(settings.fewest_modes, settings.most_modes)
        if settings.shape == "grids" and not self.sides:
            raise BadInput("tasks.most_modes", "no grid has so few modes or lies between; 4, 6, 9, 12 … are possible")
        self.kinds = tuple(kind for kind in SHAPES[settings.shape] if kind != "grids" or self.sides)

    def task(self, stream: Stream, index: int, shots: int, query_size: int) -> Task:
        """Return task `index` of `stream`; its query does not depend on the number of shots."""
        rng = self.generator(stream, index)
        mixture = self._draw(rng)
        for_support, for_query = rng.spawn(2)
        return Task(
            name=mixture.name,
            support=mixture.sample(for_support, shots),
            query=mixture.sample(for_query, query_size),
        )

    def density(self, stream: Stream, index: int, points: Array) -> Array:
        """Return the true density of task `index` at `points` `(n, 2)` as `(n,)`."""
        return self.mixture(stream, index).density(points)

    def modes(self, stream: Stream, index: int) -> Array | None:
        """Return the modes of task `index` as `(modes, 2)`, or None for a curve, which has none to count."""
        mixture = self.mixture(stream, index)
        return mixture.centres if mixture.has_modes else None

    def mixture(self, stream: Stream, index: int) -> Mixture:
        """Return the density of task `index` itself."""
        return self._draw(self.generator(stream, index))

    def _draw(self, rng: np.random.Generator) -> Mixture:
        settings = self.settings
        kind = self.kinds[rng.integers(len(self.kinds))]
        has_modes, name = True, kind[:-1]
        if kind == "rings":
            frame = ring(int(rng.integers(settings.fewest_modes, settings.most_modes + 1)))
            name = f"ring of {len(frame)}"
        elif kind == "grids":
            rows, columns = self.sides[rng.integers(len(self.sides))]
            frame, name = grid(rows, columns), f"grid of {rows} × {columns}"
        elif kind == "scattered":
            frame = scattered(rng, int(rng.integers(settings.fewest_modes, settings.most_modes + 1)))
            name = f"{len(frame)} scattered modes"
        else:
            frame, has_modes, name = CURVES[kind](rng), False, kind
        width = settings.mode_width if has_modes else settings.curve_width

        size, turn = rng.uniform(settings.smallest, settings.largest), rng.uniform(0, 2 * np.pi)
        room = settings.off_centre * max(0.0, HALF_SIDE - size - 3 * width)
        rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        centres = size * frame @ rotation + rng.uniform(-room, room, size=2)
        return Mixture(name, centres.astype(np.float32), width, has_modes)


def _check_order(settings: DensitySettings, low: str, high: str) -> None:
    least, greatest = getattr(settings, low), getattr(settings, high)
    if least > greatest:
        raise BadInput(f"tasks.{low}", f"{least} is more than {high} ({greatest})")
