"""What may be known of a task beside its examples: true density, modes, and other classes to be told from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from metagen_gui.engine.data.density_shapes import Mixture
from metagen_gui.engine.data.spec import Array
from metagen_gui.engine.metrics.base import Context, LogDensity
from metagen_gui.engine.metrics.class_consistency import WAYS
from metagen_gui.engine.metrics.distances import Values, distances
from metagen_gui.engine.tasks.base import Stream, TaskFamily

Encode = Callable[[Array], Values]
"""Examples `(n, *shape)` to features `(n, numbers)`."""
LEAST_DENSITY = 1e-300
"""Stands for a density of 0, whose log no mean survives."""


class Contexts:
    """The contexts of the tasks of one stream of a family; other classes are drawn once, the same for all tasks.

    `encode` makes features of examples (`encoder.features_of`), `examples` is how many stand for a class.
    """

    def __init__(self, family: TaskFamily, stream: Stream, encode: Encode, examples: int = 10) -> None:
        self.family, self.stream = family, stream
        self.classes: dict[str, Values] = {}
        """Features of one class more than a judge needs, so that the task's own can be left out."""
        if family.spec.in_classes:
            drawn = some_classes(family, stream, WAYS, examples)
            self.classes = {name: encode(images) for name, images in drawn.items()}

    def of(self, index: int, name: str) -> Context:
        """Return the context of task `index`, which is called `name`."""
        kind = self.family.spec.kind
        if self.family.spec.in_classes:
            others = [features for other, features in self.classes.items() if other != name][: WAYS - 1]
            return Context(kind, other_classes=np.stack(others) if others else None)
        mixture = self.family.mixture(self.stream, index)
        if mixture is not None:
            modes = mixture.centres.astype(np.float64) if mixture.has_modes else None
            return Context(kind, modes, mixture.width, log_density_of(mixture))
        known = self.family.density(self.stream, index, np.zeros((1, 2), np.float32)) is not None
        return Context(kind, log_density=_log_of(self.family, self.stream, index) if known else None)


def some_classes(family: TaskFamily, stream: Stream, count: int, examples: int) -> dict[str, Array]:
    """Return `examples` examples of each of up to `count` classes: those of the first tasks of `stream`, by name.

    Fewer are returned where fewer are met in a hundred times as many draws as are missing.
    """
    found: dict[str, Array] = {}
    index = tried = 0
    while len(found) < count and tried < 100:
        task = family.task(stream, index, 1, examples)
        tried = tried + 1 if task.name in found else 0
        found.setdefault(task.name, task.query)
        index += 1
    return found


def log_density_of(mixture: Mixture) -> LogDensity:
    """Return log p of a mixture, which stays finite however far away a point lies."""

    def log_density(points: Values) -> Values:
        exponents = -0.5 * np.square(distances(points, mixture.centres.astype(np.float64)) / mixture.width)
        summed = np.logaddexp.reduce(exponents, axis=1) - np.log(len(mixture.centres))
        return np.asarray(summed - np.log(2 * np.pi * mixture.width**2), dtype=np.float64)

    return log_density


def _log_of(family: TaskFamily, stream: Stream, index: int) -> LogDensity:
    def log_density(points: Values) -> Values:
        density = family.density(stream, index, points.astype(np.float32))
        return np.log(np.maximum(np.asarray(density, dtype=np.float64), LEAST_DENSITY))

    return log_density
