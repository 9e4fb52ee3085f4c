"""How many tasks a step may take at once so that it fits into memory, and whether its steps are computed again.

After every operation, what is alive grows in a straight line with the tasks. So a step is computed for one task and, if
twice as many surely fit, for four and eight; the line of each operation is drawn on, and the highest is what all tasks
need. Where few and more tasks are not computed by the same operations, it is the line of the highest that is drawn on,
once it is straight. Nothing is learned from these steps.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from metagen_gui.engine.algorithms.base import Algorithm, MetaParams, Moment
from metagen_gui.engine.beneath_autograd.kernels import quick
from metagen_gui.engine.beneath_autograd.memory import course_of_bytes
from metagen_gui.engine.beneath_autograd.recomputed_steps import recomputing
from metagen_gui.engine.events import MemoryPlan
from metagen_gui.engine.learning.precision import computing_in
from metagen_gui.engine.learning.task_chunks import even
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.training import TrainingSettings

SMALL = 100_000_000
"""Bytes of all tasks' parameters in all steps below which nobody asks what a run will need."""
SHARE = 0.8
"""Of the free memory that a step may take."""
FEW = 4
"""Tasks from which a step mostly is the same operations, however many there are."""
BEND = 0.05
"""By how much a straight line may become steeper."""


def plan_memory(
    algorithm: Algorithm, meta: MetaParams, training: TrainingSettings, device: torch.device, free: int
) -> MemoryPlan | None:
    """Predict what a step needs and how many tasks at a time fit into `free` bytes (0: not told), if that is left open.

    Before tasks are taken in turn, their steps are computed again, which costs less time. Returns None for runs so
    small that it does not matter.
    """
    tasks, parameters = training.meta_batch_size, sum(v.numel() for values in meta.values() for v in values.values())
    if 4 * parameters * tasks * (algorithm.steps + 1) < SMALL:
        return None

    def needed(again: bool) -> Callable[[int], int]:
        return _line(lambda count: _course(algorithm, meta, training, device, count, again), tasks, SHARE * free)

    chunk, again = even(tasks, training.chunk or tasks), training.recompute == "always"
    predicted = needed(again)
    if training.recompute == "auto" and free and predicted(chunk) > SHARE * free:
        again, predicted = True, needed(again=True)
    while free and not training.chunk and chunk > 1 and predicted(chunk) > SHARE * free:
        chunk = even(tasks, chunk // 2)
    return MemoryPlan(predicted(chunk), free, chunk, tasks, again)


def _line(measured: Callable[[int], list[int]], tasks: int, limit: float) -> Callable[[int], int]:
    """Return what any number of tasks needs, from what `measured` says of few; it is not asked for `limit` bytes."""
    count, course = 1, measured(1)
    slope, straight = max(course), False
    more = FEW if tasks >= 2 * FEW and not 0 < limit < 2 * FEW * slope else 2
    while more <= tasks and not straight and not 0 < limit < max(course) + (more - count) * slope:
        fewer, before = count, course
        count, course = more, measured(more)
        if len(before) == len(course):
            pairs, apart = list(zip(before, course, strict=True)), count - fewer
            return lambda wanted: max(now + (wanted - count) * (now - then) // apart for then, now in pairs)
        steeper = (max(course) - max(before)) // (count - fewer)
        straight = fewer > 1 and steeper <= (1 + BEND) * slope
        slope, more = steeper, 2 * count
    return lambda wanted: max(course) + (wanted - count) * slope


def _course(
    algorithm: Algorithm, meta: MetaParams, training: TrainingSettings, device: torch.device, tasks: int, again: bool
) -> list[int]:
    """Return the bytes alive after each operation of a step over `tasks` tasks, computed as it will be with all."""
    shots, query_size, shape = training.shots, training.query_size, algorithm.model.spec.shape
    noise = algorithm.draw_noise(generator_for(0, "training", 0, device), tasks, shots, query_size)
    support, query = (torch.zeros(tasks, count, *shape, device=device) for count in (shots, query_size))

    def step() -> None:
        share = tasks / training.meta_batch_size
        with computing_in(training.precision, device), quick(training.factored, share), recomputing(again):
            algorithm.meta_gradient(meta, support, query, noise, Moment())

    return course_of_bytes(step)
