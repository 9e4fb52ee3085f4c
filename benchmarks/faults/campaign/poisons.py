"""Ways to make one outer step of a run go wrong, from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from metagen_gui.engine.algorithms.base import MetaGradient
from metagen_gui.engine.algorithms.maml import Maml
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.run import outer_loop
from metagen_gui.engine.tasks.base import TaskBatch
from metagen_gui.engine.tasks.densities import Densities

Changed = Callable[[MetaGradient], MetaGradient]


@contextmanager
def learners() -> Iterator[list[MetaLearner]]:
    """Collect the learners of the runs that begin while this lasts."""
    made: list[MetaLearner] = []

    class Kept(MetaLearner):
        def __init__(self, experiment: Any) -> None:
            super().__init__(experiment)
            made.append(self)

    with _in_place(outer_loop, "MetaLearner", Kept):
        yield made


@contextmanager
def gradients(change: Callable[[int, MetaGradient], MetaGradient]) -> Iterator[None]:
    """Let `change` have every outer gradient with its number, from 0, before the learner gets it."""
    own, calls = Maml.meta_gradient, iter(range(10**9))

    def meta_gradient(self: Maml, *given: Any) -> MetaGradient:
        number = next(calls)
        return change(number, own(self, *given))

    with _in_place(Maml, "meta_gradient", meta_gradient):
        yield


@contextmanager
def data(poisoned: Callable[[int], bool]) -> Iterator[None]:
    """Put NaN into one number of the training batches of some outer steps, counted from 0."""
    own = Densities.batch

    def batch(self: Densities, stream: Any, first: int, count: int, *sizes: Any) -> TaskBatch:
        found = own(self, stream, first, count, *sizes)
        if stream == "train" and poisoned(first // count):
            support = found.support.copy()
            support[0, 0, 0] = np.nan
            return replace(found, support=support)
        return found

    with _in_place(Densities, "batch", batch):
        yield


def spoiled(found: MetaGradient, value: float, *, loss: bool) -> MetaGradient:
    """Return a gradient with `value` in one place, and with `loss` in every loss too."""
    changed = {player: dict(values) for player, values in found.gradients.items()}
    for values in changed.values():
        name = next(name for name, gradient in values.items() if gradient.numel())
        values[name] = values[name].clone()
        values[name].view(-1)[0] = value
    losses = {player: torch.full_like(one, value) if loss else one for player, one in found.query_loss.items()}
    return replace(found, gradients=changed, query_loss=losses)


@contextmanager
def _in_place(owner: Any, name: str, other: Any) -> Iterator[None]:
    kept = getattr(owner, name)
    setattr(owner, name, other)
    try:
        yield
    finally:
        setattr(owner, name, kept)
