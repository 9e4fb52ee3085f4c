"""Meta-gradients in a Python loop over tasks, with torch alone; `libraries.py` has loops with the help of libraries.

A loop holds the graph of one task at a time and adds up what each finds. Where two players adapt, whoever's turn it is
first gets aliases of its parameters: its opponent's depend on the parameters themselves, because it has just answered
them, and a gradient with respect to those would run through the answer, which is another game (Metz 2017).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call

from contest.work import Batch, Gradients, Nets, Noise, Work, at


@dataclass(frozen=True)
class Adapted:
    """One task's adapted networks, their parameters, and what the query loss is differentiated with respect to."""

    nets: Nets
    params: dict[str, list[Tensor]]
    origin: dict[str, list[Tensor]]


class TaskLoop(ABC):
    """Meta-gradients task by task; who takes part says how to adapt."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.meta: dict[str, list[Tensor]] = {p: list(module.parameters()) for p, module in work.modules.items()}
        self.names = {player: [n for n, _ in module.named_parameters()] for player, module in work.modules.items()}

    @property
    def alone(self) -> bool:
        """Whether there is one player, who needs no aliases."""
        return len(self.meta) == 1

    @abstractmethod
    def adapted(self, support: Tensor, noise: Noise) -> Any:
        """Enter with one task's support `(shots, *shape)` and adaptation noise; give its `Adapted`."""

    def __call__(self, batch: Batch) -> Gradients:
        """Return the mean meta-gradient of a batch."""
        tasks = len(batch.support)
        totals = {player: [torch.zeros_like(value) for value in values] for player, values in self.meta.items()}
        for place in range(tasks):
            support, query, adapting, grading = batch.task(place)
            with self.adapted(support, adapting) as found:
                for player, gradients in self._of_task(found, query, grading).items():
                    torch._foreach_add_(totals[player], gradients, alpha=1 / tasks)
        return {player: dict(zip(self.names[player], values, strict=True)) for player, values in totals.items()}

    def _of_task(self, found: Adapted, query: Tensor, noise: Noise) -> dict[str, list[Tensor]]:
        if self.work.algorithm == "reptile":
            with torch.no_grad():
                self.work.query_losses(found.nets, query, noise)  # reported, not descended
                return {p: list(torch._foreach_sub(values, found.params[p])) for p, values in self.meta.items()}
        losses, last = self.work.query_losses(found.nets, query, noise), next(reversed(self.meta))
        return {
            player: list(torch.autograd.grad(loss, found.origin[player], retain_graph=player != last))
            for player, loss in losses.items()
        }


class PlainLoop(TaskLoop):
    """Torch alone: `functional_call` and `torch.autograd.grad`."""

    @contextmanager
    def adapted(self, support: Tensor, noise: Noise) -> Iterator[Adapted]:
        """Descend by hand."""
        work = self.work
        params = {player: dict(zip(self.names[player], values, strict=True)) for player, values in self.meta.items()}

        def nets() -> Nets:
            return {player: bound(module, params[player]) for player, module in work.modules.items()}

        for step, turn, player in work.schedule:
            if not self.alone:
                params[player] = {name: value.view_as(value) for name, value in params[player].items()}
            own = params[player]
            loss = work.loss(player, nets(), support, at(noise, step, turn))
            gradients = torch.autograd.grad(loss, list(own.values()), create_graph=work.second_order)
            moved = zip(own.items(), gradients, strict=True)
            params[player] = {name: value - work.rate * gradient for (name, value), gradient in moved}
        yield Adapted(nets(), {player: list(values.values()) for player, values in params.items()}, self.meta)


def bound(module: torch.nn.Module, params: dict[str, Tensor]) -> Any:
    """Return a module as a function with these parameters in place of its own."""
    return partial(_call, module, params)


def _call(module: torch.nn.Module, params: dict[str, Tensor], *given: Any) -> Any:
    return functional_call(module, params, given)
