"""Which algorithms, models and families go together: all of them, but for the few named here.

Tested are every algorithm with every model, where that is at home, and every model on every family, with one algorithm:
what an algorithm does with a model does not depend on who draws the tasks.
"""

from __future__ import annotations

from itertools import product

from metagen_gui.engine.algorithms.base import algorithms
from metagen_gui.engine.data.spec import ImageSpec, PointSpec
from metagen_gui.engine.models.base import models
from metagen_gui.engine.tasks.base import task_families

ONE_PLAYER = {"imaml"}
IMAGES = {"strokes", "images"}
ONE = "maml"
"""With which every model meets the families where it is not at home."""


def home(model: str) -> str:
    """Return where a model is tested with every algorithm: on points, or on images if it learns from nothing else."""
    return "strokes" if models.get(model).objection_to(PointSpec()) else "densities"


def go_together(algorithm: str, model: str, tasks: str = "") -> bool:
    plugin, spec = models.get(model), ImageSpec((1, 16, 16)) if (tasks or home(model)) in IMAGES else PointSpec()
    return (len(plugin.players) == 1 or algorithm not in ONE_PLAYER) and not plugin.objection_to(spec)


PAIRS = [pair for pair in product(algorithms.names(), models.names()) if go_together(*pair)]
"""Algorithm and model."""
FEW = [pair for pair in PAIRS if home(pair[1]) == "densities" or pair[0] in ("fomaml", "reptile")]
"""The same, but images with one algorithm of either kind: for what takes long, and is no matter of the algorithm."""
CELLS = [
    (tasks, model, algorithm)
    for tasks, model, algorithm in product(task_families.names(), models.names(), algorithms.names())
    if go_together(algorithm, model, tasks) and (tasks == home(model) or algorithm == ONE)
]
REFUSED = [
    (tasks, model, algorithm)
    for tasks, model, algorithm in product(task_families.names(), models.names(), algorithms.names())
    if not go_together(algorithm, model, tasks) and (tasks == home(model) or algorithm in (ONE, *ONE_PLAYER))
]
