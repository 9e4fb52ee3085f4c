"""The shapes of 2-D densities: where the components of a Gaussian mixture lie, in a frame of radius 1.

Every shape is a mixture of equal, round Gaussians. A ring or a grid has one component per mode; a curve has so many
that they touch, which makes sampling from it and evaluating its density agree exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Frame = npt.NDArray[np.float64]
"""Centres `(components, 2)` within the unit circle around the origin."""

CHUNK = 4096
"""Points whose density is found at once: bounds memory at 13 MB for the finest curve."""


@dataclass(frozen=True)
class Mixture:
    """A mixture of equal Gaussians: `centres` `(components, 2)`, all of standard deviation `width`."""

    name: str
    centres: Array
    width: float
    has_modes: bool
    """Whether every component is a mode of its own, to be counted."""

    def sample(self, rng: np.random.Generator, count: int) -> Array:
        """Draw points `(count, 2)`."""
        chosen = self.centres[rng.integers(len(self.centres), size=count)]
        return chosen + np.float32(self.width) * rng.standard_normal((count, 2), dtype=np.float32)

    def density(self, points: Array) -> Array:
        """Return the density at `points` `(n, 2)` as `(n,)`; its integral over the plane is 1."""
        chunks = [self._kernels(points[first : first + CHUNK]) for first in range(0, len(points), CHUNK)]
        return np.concatenate([*chunks, np.zeros(0)]).astype(np.float32)

    def _kernels(self, points: Array) -> Frame:
        distance2 = np.square(points[:, None, :].astype(np.float64) - self.centres).sum(axis=-1)
        kernels: Frame = np.exp(-0.5 * distance2 / self.width**2).mean(axis=1)
        return kernels / (2 * np.pi * self.width**2)


def ring(modes: int) -> Frame:
    """Return `modes` points, evenly spaced on the unit circle."""
    return _polar(np.ones(modes), 2 * np.pi * np.arange(modes) / modes)


def grid(rows: int, columns: int) -> Frame:
    """Return a square lattice whose corners lie on the unit circle."""
    y, x = np.mgrid[:rows, :columns].reshape(2, -1)
    lattice = np.stack([x - (columns - 1) / 2, y - (rows - 1) / 2], axis=-1)
    return _within_unit_circle(lattice)


def grid_sides(fewest: int, most: int) -> list[tuple[int, int]]:
    """Return the (rows, columns) of grids, square or nearly so, with `fewest` to `most` points."""
    sides = [(rows, columns) for rows in range(2, 6) for columns in (rows, rows + 1)]
    return [(rows, columns) for rows, columns in sides if fewest <= rows * columns <= most]


def scattered(rng: np.random.Generator, modes: int) -> Frame:
    """Return `modes` points at random in the unit circle, which keep a distance of 1.1 / √modes from each other.

    Darts are thrown until that many have stuck, in discs that fill a fifth to a quarter of the room: random ones stop
    finding room at 0.55.
    """
    apart, found = 1.1 / np.sqrt(modes), np.zeros((0, 2))
    while len(found) < modes:
        dart = rng.uniform(-1, 1, size=2)
        if np.linalg.norm(dart) <= 1 and (np.linalg.norm(found - dart, axis=-1) >= apart).all():
            found = np.concatenate([found, dart[None]])
    return _within_unit_circle(found)


def moons(rng: np.random.Generator) -> Frame:
    """Return two interleaved half circles; the offset between them varies."""
    angle = np.linspace(0, np.pi, 96)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=-1) - [0.5, rng.uniform(0.15, 0.35)]
    return _within_unit_circle(np.concatenate([upper, -upper]))


def spirals(rng: np.random.Generator) -> Frame:
    """Return one or two arms that wind about once around the centre, to the left or to the right."""
    arms, turns = rng.integers(1, 3), rng.uniform(0.9, 1.3) * rng.choice([-1, 1])
    # Evenly spaced in the square of the radius: nearly evenly spaced along the arm.
    radius = np.sqrt(np.linspace(0.04, 1, 192))
    return _arms(int(arms), radius, 2 * np.pi * turns * radius)


def pinwheels(rng: np.random.Generator) -> Frame:
    """Return three to seven short, bent arms around an empty centre."""
    arms, bend = rng.integers(3, 8), rng.uniform(0.6, 1.4) * rng.choice([-1, 1])
    radius = np.linspace(0.35, 1, 64)
    return _arms(int(arms), radius, bend * (radius - 0.35) / 0.65)


CURVES: Mapping[str, Callable[[np.random.Generator], Frame]] = {
    "moons": moons,
    "spirals": spirals,
    "pinwheels": pinwheels,
}


def _arms(arms: int, radius: Frame, angle: Frame) -> Frame:
    starts = 2 * np.pi * np.arange(arms) / arms
    return np.concatenate([_polar(radius, angle + start) for start in starts])


def _within_unit_circle(points: Frame) -> Frame:
    return points / float(np.linalg.norm(points, axis=-1).max())


def _polar(radius: Frame, angle: Frame) -> Frame:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)
