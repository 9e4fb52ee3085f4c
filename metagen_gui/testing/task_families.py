"""What every task family promises: task i is a function of (seed, stream, i), and its query is new to its support."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np

from metagen_gui.engine.tasks.base import STREAMS, TaskFamily
from metagen_gui.testing.promises import check_words, must, must_equal

SHOTS, QUERIES, SEVERAL = 2, 3, 4


def check_task_family(family: TaskFamily) -> None:
    """Check a family, built small; raise `AssertionError` on a broken promise."""
    check_words(type(family))
    family.check(SHOTS, QUERIES)
    for check in TASK_FAMILY_CHECKS:
        check(family)


def examples_are_as_the_spec_says(family: TaskFamily) -> None:
    """Support and query are finite float32 of the spec's shape, in its range, and tasks have a name."""
    must(family.spec.is_possible(), f"examples can be {family.spec.kind} of shape {family.spec.shape}")
    for stream in STREAMS:
        task = family.task(stream, 0, SHOTS, QUERIES)
        must(bool(task.name.strip()), "a task has a name")
        for part, count in ((task.support, SHOTS), (task.query, QUERIES)):
            must_equal(part.shape, (count, *family.spec.shape), "as many examples as asked for, of the spec's shape")
            must(part.dtype == np.float32 and bool(np.isfinite(part).all()), "examples are finite float32")
            if family.spec.bounds is not None:
                low, high = family.spec.bounds
                must(low <= float(part.min()) and float(part.max()) <= high, "examples lie in the spec's range")
            must(not family.spec.binary or {*np.unique(part)} <= {0, 1}, "binary examples are of 0 and 1")


def a_task_is_a_function_of_seed_stream_and_index(family: TaskFamily) -> None:
    """The same task comes again whatever was asked before, from another instance too."""
    again = type(family)(family.settings, family.seed)
    for index in reversed(range(SEVERAL)):
        for stream in reversed(STREAMS):
            one, other = (each.task(stream, index, SHOTS, QUERIES) for each in (again, family))
            same = np.array_equal(one.support, other.support) and np.array_equal(one.query, other.query)
            must(same and one.name == other.name, f"{stream} task {index} is the same however often it is drawn")


def tasks_streams_and_seeds_differ(family: TaskFamily) -> None:
    """Another index, stream or seed gives another task, or there would be nothing to generalise to."""
    other = type(family)(family.settings, family.seed + 1)
    drawn = [each.task(stream, 0, SHOTS, QUERIES) for each in (family, other) for stream in STREAMS]
    drawn += [family.task("train", index, SHOTS, QUERIES) for index in range(1, SEVERAL)]
    must_equal(len({task.support.tobytes() for task in drawn}), len(drawn), "other tasks have other examples")


def no_example_is_in_a_task_twice(family: TaskFamily) -> None:
    """What is asked after adaptation has not been seen in it."""
    for index in range(SEVERAL):
        task = family.task("train", index, SHOTS, QUERIES)
        different = {example.tobytes() for example in (*task.support, *task.query)}
        must_equal(len(different), SHOTS + QUERIES, f"no example is in train task {index} twice")


def a_batch_is_its_tasks_stacked(family: TaskFamily) -> None:
    """The tasks of a batch are those of their numbers."""
    batch = family.batch("train", 1, 2, SHOTS, QUERIES)
    for place in range(2):
        task = family.task("train", 1 + place, SHOTS, QUERIES)
        same = np.array_equal(batch.support[place], task.support) and np.array_equal(batch.query[place], task.query)
        must(same and batch.names[place] == task.name, "a batch is its tasks, stacked")


def what_is_known_has_a_value_per_place(family: TaskFamily) -> None:
    """A density is one number per point, none negative; a curve one per x; a grid as many examples as asked for."""
    if not family.spec.in_plane:
        return
    places = np.random.default_rng(0).uniform(-1, 1, (9, 2)).astype(np.float32)
    density = family.density("validation", 0, places)
    must(density is None or (density.shape == (9,) and bool((density >= 0).all())), "a density is one number per point")
    curve = family.curve("validation", 0, places[:, 0])
    must(curve is None or curve.shape == (9,), "a curve has one y per x")
    grid = family.grid("validation", 0, 5)
    must(grid is None or grid.shape == (5, *family.spec.shape), "a grid has as many examples as asked for")


def what_a_run_keeps_brings_its_tasks_back(family: TaskFamily) -> None:
    """What is held out is told in JSON; recalled it gives the same tasks, and of the same data there is no doubt."""
    kept = family.kept()
    must_equal(json.loads(json.dumps(kept)), kept, "what a run keeps of its data is JSON")
    again = type(family)(family.settings, family.seed)
    if kept:
        again.recall(kept)
    again.check(SHOTS, QUERIES)
    must_equal(again.doubts(), (), "data that is the same leaves no doubt")
    must_equal(family.seen_by(again), (), "what is held out for testing was not trained on")
    for stream in STREAMS:
        one, other = (each.task(stream, 1, SHOTS, QUERIES) for each in (again, family))
        must(one.name == other.name and np.array_equal(one.support, other.support), "recalled tasks are the same")


TASK_FAMILY_CHECKS: tuple[Callable[[TaskFamily], None], ...] = (
    examples_are_as_the_spec_says,
    a_task_is_a_function_of_seed_stream_and_index,
    tasks_streams_and_seeds_differ,
    no_example_is_in_a_task_twice,
    a_batch_is_its_tasks_stacked,
    what_is_known_has_a_value_per_place,
    what_a_run_keeps_brings_its_tasks_back,
)
"""What `check_task_family` checks, one promise each."""
