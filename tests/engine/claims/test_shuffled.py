"""Shuffled classes: the family's own examples, each of a class of its own, and nothing to learn from a support."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from metagen_gui.engine.claims.shuffled import ShuffledClasses, shuffled
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.tasks.densities import Densities, DensitySettings

Tiny = Callable[..., Experiment]


def test_every_example_is_one_of_the_familys_and_each_of_another_task() -> None:
    family = Densities(DensitySettings(), 0)
    mixed = ShuffledClasses(family)
    owner = {}
    for number in range(5):
        task = family.task("train", number, 2, 3)
        owner |= {point.tobytes(): number for point in (*task.support, *task.query)}
    met = []
    for index in range(5):
        task = mixed.task("train", index, 2, 3)
        owners = [owner[point.tobytes()] for point in (*task.support, *task.query)]
        assert sorted(owners) == list(range(5)), "every class once"
        met += [point.tobytes() for point in (*task.support, *task.query)]
    assert len(set(met)) == 25, "no example twice"


def test_a_task_is_a_function_of_seed_stream_and_index() -> None:
    one, other = (ShuffledClasses(Densities(DensitySettings(), 0)) for _ in range(2))
    late = other.task("test", 12, 2, 3)
    other.task("test", 0, 2, 3)
    for first, second in ((one.task("test", 12, 2, 3), late), (late, other.task("test", 12, 2, 3))):
        assert np.array_equal(first.support, second.support) and np.array_equal(first.query, second.query)
    assert not np.array_equal(one.task("train", 12, 2, 3).query, late.query)


def test_a_support_tells_of_the_query_only_where_classes_are_whole() -> None:
    family = Densities(DensitySettings(), 0)

    def correlation(tasks: Densities | ShuffledClasses) -> float:
        drawn = [tasks.task("train", index, 4, 4) for index in range(160)]
        means = np.array([[task.support[:, 0].mean(), task.query[:, 0].mean()] for task in drawn])
        return float(np.corrcoef(means.T)[0, 1])

    assert correlation(family) > 0.5
    assert abs(correlation(ShuffledClasses(family))) < 3 / np.sqrt(160)


def test_a_changed_experiment_stays_shuffled(tiny: Tiny) -> None:
    changed = shuffled(tiny("densities", "vae", "maml")).with_value("training.seed", 3)
    family = changed.build_tasks()
    assert isinstance(family, ShuffledClasses) and family.seed == 3
