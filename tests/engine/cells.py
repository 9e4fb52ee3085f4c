"""Which algorithms, models and families go together: all of them, but for the few named here."""

from __future__ import annotations

from itertools import product

from metagen_gui.engine.algorithms.base import algorithms
from metagen_gui.engine.models.base import models
from metagen_gui.engine.tasks.base import task_families

ONE_PLAYER = {"imaml"}
POINTS_ONLY = {"curve"}
IMAGES = {"strokes", "images"}


def go_together(algorithm: str, model: str, tasks: str = "densities") -> bool:
    one_player = len(models.get(model).players) == 1
    return (one_player or algorithm not in ONE_PLAYER) and not (model in POINTS_ONLY and tasks in IMAGES)


PAIRS = [pair for pair in product(algorithms.names(), models.names()) if go_together(*pair)]
"""Algorithm and model."""
CELLS = [
    (tasks, model, algorithm)
    for tasks, model, algorithm in product(task_families.names(), models.names(), algorithms.names())
    if go_together(algorithm, model, tasks)
]
REFUSED = [
    (tasks, model, algorithm)
    for tasks, model, algorithm in product(task_families.names(), models.names(), algorithms.names())
    if not go_together(algorithm, model, tasks)
]
