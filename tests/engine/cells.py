"""Which algorithms, models and families go together: all of them, but for the few named here.

What an algorithm does with a model does not depend on who draws the tasks, so families where a model is not at home are
tested with one algorithm, and each with two models. What takes long is
tested on diagonals of that table, a different one in each test, so that each test meets every algorithm and every
model, and all tests together most of their pairs. With `METAGEN_EVERY=1` (`make test-every`) each test meets
every pair.
"""

from __future__ import annotations

import os
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
EVERY = os.environ.get("METAGEN_EVERY") == "1"


def diagonal(*turns: int) -> list[tuple[str, str]]:
    """Return pairs in which every algorithm occurs once per turn, and every model: with another turn other pairs."""
    names, found = models.names(), []
    for turn, (place, algorithm) in product(turns, enumerate(algorithms.names())):
        ahead = (names[(place + turn + more) % len(names)] for more in range(len(names)))
        found.append(next((algorithm, model) for model in ahead if go_together(algorithm, model)))
    lacking = set(names) - {model for _, model in found}
    return PAIRS if EVERY else list(dict.fromkeys([*found, *((ONE, model) for model in sorted(lacking))]))


def meet(tasks: str, model: str) -> bool:
    """Return whether a model is tested on a family where it is not at home: every family with two of them."""
    fit = [name for name in models.names() if go_together(ONE, name, tasks)]
    place = task_families.names().index(tasks)
    return EVERY or model in {fit[(place + turn) % len(fit)] for turn in (-1, 0)}


CELLS = [
    (tasks, model, algorithm)
    for tasks, model, algorithm in product(task_families.names(), models.names(), algorithms.names())
    if go_together(algorithm, model, tasks)
    and ((algorithm, model) in diagonal(0) if tasks == home(model) else algorithm == ONE and meet(tasks, model))
]
REFUSED = [
    (tasks, model, algorithm)
    for tasks, model, algorithm in product(task_families.names(), models.names(), algorithms.names())
    if not go_together(algorithm, model, tasks) and (tasks == home(model) or algorithm in (ONE, *ONE_PLAYER))
]
