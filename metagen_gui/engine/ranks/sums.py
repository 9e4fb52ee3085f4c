"""What one process found for its tasks as one vector that adds up, over all processes, to what was found for all."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor

from metagen_gui.engine.adaptation.meta_gradients import MetaGradient
from metagen_gui.engine.adaptation.meta_params import MetaParams
from metagen_gui.engine.learning.replayed_step import flatten, unflatten


def shares(tasks: int, ranks: int) -> list[range]:
    """Return which tasks each process computes: neighbours, as many as the next one or one more."""
    ends = [-(-tasks * rank // ranks) for rank in range(ranks + 1)]
    return [range(begin, end) for begin, end in pairwise(ends)]


def nothing(meta: MetaParams) -> MetaGradient:
    """Return what a process has found that has no task of its own."""
    zeros = {p: {name: torch.zeros_like(v) for name, v in values.items()} for p, values in meta.items()}
    return MetaGradient(zeros, {player: next(iter(values.values())).new_zeros(0) for player, values in meta.items()})


def packed(found: MetaGradient, own: range, tasks: int) -> tuple[Tensor, Callable[[], MetaGradient]]:
    """Return what was found for the tasks `own` of all `tasks` as a vector, and what makes the sum of such of it.

    Gradients and replaced values are means over tasks, so they are weighed by their share; every loss has its place.
    """
    means, form = flatten([found.gradients, found.replaced])
    losses = []
    for loss in found.query_loss.values():
        losses.append(loss.new_zeros(tasks))
        losses[-1][own.start : own.stop] = loss
    parts = [(value.shape, value.dtype) for value in (*means, *losses)]
    vector = torch.cat([value.detach().reshape(-1) for value in (*means, *losses)])
    players, count = list(found.query_loss), len(means)
    vector[: vector.numel() - tasks * len(players)] *= len(own) / tasks

    def summed() -> MetaGradient:
        pieces = torch.split(vector, [shape.numel() for shape, _ in parts])
        shaped = [piece.view(shape).to(dtype) for piece, (shape, dtype) in zip(pieces, parts, strict=True)]
        gradients, replaced = unflatten(shaped[:count], form)
        return MetaGradient(gradients, dict(zip(players, shaped[count:], strict=True)), replaced)

    return vector, summed
