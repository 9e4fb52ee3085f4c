"""The tasks of a meta-batch some at a time: the same outer gradient, which is a mean over tasks, in less memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from metagen_gui.engine.meta_gradients import MetaGradient, MetaParams
from metagen_gui.engine.models.base import Noise
from metagen_gui.engine.task_noise import TaskNoise

Step = Callable[[Tensor, Tensor, TaskNoise], MetaGradient]
"""What computes an outer gradient for support, query and noise, all of which begin with the axis `tasks`."""


def in_chunks(step: Step, support: Tensor, query: Tensor, noise: TaskNoise, chunk: int) -> MetaGradient:
    """Return what `step` gives for all tasks, computed for `chunk` of them at a time; 0 means all at once."""
    tasks = len(support)
    if not 0 < chunk < tasks:
        return step(support, query, noise)
    size = even(tasks, chunk)
    parts = [
        step(support[at : at + size], query[at : at + size], _noise_of(noise, at, at + size))
        for at in range(0, tasks, size)
    ]
    losses = {player: torch.cat([part.query_loss[player] for part in parts]) for player in parts[0].query_loss}
    gradients, replaced = _mean([part.gradients for part in parts]), _mean([part.replaced for part in parts])
    return MetaGradient(gradients, losses, replaced)


def even(tasks: int, chunk: int) -> int:
    """Return the largest size of at most `chunk` of which `tasks` is a multiple: all chunks weigh the same."""
    return next(size for size in range(min(chunk, tasks), 0, -1) if tasks % size == 0)


def _noise_of(noise: TaskNoise, first: int, last: int) -> TaskNoise:
    def cut(part: Noise) -> Noise:
        return {name: value[first:last] for name, value in part.items()}

    return replace(
        noise, support=cut(noise.support), judge=cut(noise.judge), query=cut(noise.query), inner=cut(noise.inner)
    )


def _mean(parts: list[MetaParams]) -> MetaParams:
    return {
        player: {name: torch.stack([part[player][name] for part in parts]).mean(0) for name in values}
        for player, values in parts[0].items()
    }
