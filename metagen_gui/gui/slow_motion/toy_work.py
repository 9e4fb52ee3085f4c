"""What is computed of a toy behind the window: who can train it, surfaces, arrows, and where adaptation leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from metagen_gui.engine.slow_motion.arrows import Arrow, Contender
    from metagen_gui.engine.slow_motion.toys import Toy

Values = Any
_ACROSS, _DOWN = 64, 48
"""Cells of the surface."""
_TASKS = 8
"""Tasks whose paths are drawn."""


@dataclass(frozen=True)
class Contest:
    """A toy under some settings, and who can train it; `refused` says, by their titles, why the others cannot."""

    toy: Toy
    rate: float
    able: dict[str, Contender]
    refused: dict[str, str]


@dataclass(frozen=True)
class Ground:
    """The surface of an algorithm."""

    of: Contender
    losses: Values


@dataclass(frozen=True)
class Ways:
    """Where adaptation leads from θ in some tasks."""

    theta: tuple[float, float]
    paths: Values


def contest(name: str, steps: int, rate: float | None) -> Contest:
    """Return the toy called so, and its contenders with `steps` inner steps of `rate`, or of the toy's own."""
    from metagen_gui.engine.algorithms.base import algorithms
    from metagen_gui.engine.slow_motion.arrows import contenders
    from metagen_gui.engine.slow_motion.toys import TOYS

    toy = TOYS[name]()
    rate = rate or toy.inner_lr
    able, refused = contenders(toy, steps, rate)
    return Contest(toy, rate, able, {algorithms.get(other).title: why for other, why in refused.items()})


def ground(of: Contender) -> Ground:
    """Return its surface."""
    return Ground(of, of.surface(_ACROSS, _DOWN))


def ways(of: Contender, theta: tuple[float, float]) -> Ways:
    """Return where adaptation leads from `theta`."""
    return Ways(theta, of.paths(theta, _TASKS))


def checked(of: Contender, theta: tuple[float, float]) -> Arrow:
    """Return its arrow at `theta`, compared with differences."""
    return of.checked(of.arrow(theta))
