"""How many tasks a step may take at once so that it fits into memory.

What a step needs comes to grow in a straight line with its tasks, as soon as they outweigh what all tasks share. So it
is computed for one task, two, four …, until the line is straight. Nothing is learned from these steps.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from metagen_gui.engine.algorithms.base import Algorithm, MetaParams, Moment
from metagen_gui.engine.events import MemoryPlan
from metagen_gui.engine.kernels import quick
from metagen_gui.engine.memory import peak_bytes
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.task_chunks import even
from metagen_gui.engine.training import TrainingSettings

SMALL = 100_000_000
"""Bytes of all tasks' parameters in all steps below which nobody asks what a run will need."""
SHARE = 0.8
"""Of the free memory that a step may take."""
BEND = 0.05
"""By how much a straight line may become steeper."""


def plan_memory(
    algorithm: Algorithm, meta: MetaParams, training: TrainingSettings, device: torch.device, free: int
) -> MemoryPlan | None:
    """Predict what a step needs and how many tasks at a time fit into `free` bytes (0: not told), if that is left open.

    Returns None for runs so small that it does not matter.
    """
    tasks, parameters = training.meta_batch_size, sum(v.numel() for values in meta.values() for v in values.values())
    if 4 * parameters * tasks * (algorithm.steps + 1) < SMALL:
        return None
    needed = _line(lambda count: _needed(algorithm, meta, training, device, count), tasks, SHARE * free)
    chunk = even(tasks, training.chunk or tasks)
    while free and not training.chunk and chunk > 1 and needed(chunk) > SHARE * free:
        chunk = even(tasks, chunk // 2)
    return MemoryPlan(needed(chunk), free, chunk, tasks)


def _line(measured: Callable[[int], int], tasks: int, limit: float) -> Callable[[int], int]:
    """Return what any number of tasks needs, from what `measured` says of few; it is not asked for `limit` bytes."""
    count, before, now = 1, 0, measured(1)
    slope, straight = now, False
    while 2 * count <= tasks and not straight and not 0 < limit < now + count * slope:
        before, now = now, measured(2 * count)
        steeper, count = (now - before) // count, 2 * count
        straight = count > 2 and steeper <= (1 + BEND) * slope
        slope = steeper
    return lambda wanted: now + (wanted - count) * slope


def _needed(
    algorithm: Algorithm, meta: MetaParams, training: TrainingSettings, device: torch.device, tasks: int
) -> int:
    """Return the bytes of one step over `tasks` tasks, computed as it will be with all of them."""
    shots, query_size, shape = training.shots, training.query_size, algorithm.model.spec.shape
    noise = algorithm.draw_noise(generator_for(0, "training", 0, device), tasks, shots, query_size)
    support, query = (torch.zeros(tasks, count, *shape, device=device) for count in (shots, query_size))

    def step() -> None:
        with quick(training.factored, share=tasks / training.meta_batch_size):
            algorithm.meta_gradient(meta, support, query, noise, Moment())

    return peak_bytes(step)
