"""The tasks of a meta-batch some at a time: the same outer gradient, which is a mean over tasks, in less memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from metagen_gui.engine.adaptation.meta_gradients import MetaGradient
from metagen_gui.engine.adaptation.meta_params import Named
from metagen_gui.engine.adaptation.task_noise import TaskNoise
from metagen_gui.engine.models.base import Noise

Step = Callable[[Tensor, Tensor, TaskNoise], MetaGradient]
"""What computes an outer gradient for support, query and noise, all of which begin with the axis `tasks`."""


def in_chunks(step: Step, support: Tensor, query: Tensor, noise: TaskNoise, chunk: int) -> MetaGradient:
    """Return what `step` gives for all tasks, computed for `chunk` of them at a time; 0 means all at once."""
    tasks = len(support)
    if not 0 < chunk < tasks:
        return step(support, query, noise)
    size = even(tasks, chunk)
    losses: list[dict[str, Tensor]] = []
    gradients: Named = {}
    replaced: Named = {}
    for at in range(0, tasks, size):  # added up as they come: the gradients of all chunks would be the larger part
        found = step(support[at : at + size], query[at : at + size], noise_of(noise, at, at + size))
        losses.append(found.query_loss)
        gradients, replaced = _plus(gradients, found.gradients), _plus(replaced, found.replaced)
        del found
    joined = {player: torch.cat([part[player] for part in losses]) for player in losses[0]}
    return MetaGradient(_shared(gradients, len(losses)), joined, _shared(replaced, len(losses)))


def even(tasks: int, chunk: int) -> int:
    """Return the largest size of at most `chunk` of which `tasks` is a multiple: all chunks weigh the same."""
    return next(size for size in range(min(chunk, tasks), 0, -1) if tasks % size == 0)


def noise_of(noise: TaskNoise, first: int, last: int) -> TaskNoise:
    """Return the noise of the tasks from `first` up to `last`."""

    def cut(part: Noise) -> Noise:
        return {name: value[first:last] for name, value in part.items()}

    return replace(
        noise, support=cut(noise.support), opponent=cut(noise.opponent), query=cut(noise.query), inner=cut(noise.inner)
    )


def _plus(sums: Named, more: Named) -> Named:
    """Return sums of their own memory, which what is added next is written into."""
    if not sums:
        return {player: {name: value.clone() for name, value in values.items()} for player, values in more.items()}
    for player, values in more.items():
        for name, value in values.items():
            sums[player][name] += value
    return sums


def _shared(sums: Named, parts: int) -> Named:
    return {player: {name: value / parts for name, value in values.items()} for player, values in sums.items()}
