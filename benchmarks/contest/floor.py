"""The floor: what the operations and the bytes of a row must take on this machine, whoever computes them.

Counted is the leanest exact form known. No weight is ever formed per task: an inner step is a forward pass and the
gradient with respect to every layer's outputs, for all tasks with the shared weights; the outer pass differentiates
both and adds up the gradient of the shared weights. (With U for a forward pass that is about 1 + 1 + 2 + 2 U per inner
step of MAML and 3 U for the query. It is counted on the operations themselves, so that what no gradient needs is not in
it.) What tells tasks apart comes on top and is left out, as is everything that is no matrix product.

Bytes: each of those passes reads its weights and one side of every layer, and writes the other side.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from contest.clock import clock_for
from contest.work import Batch, Noise, Work

PASSES = {"maml": (6, 3), "fomaml": (2, 3), "reptile": (3, 1)}
"""Passes over the layers in an inner step and in grading, for the bytes."""
COPIED = 64_000_000
"""Numbers in the tensor that the bandwidth is measured with: far more than caches hold."""


class Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts floating-point operations by torch's own formulas, as its `FlopCounterMode` does.

    That one also follows modules, which fails where a gradient penalty calls them inside `torch.func.grad`.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Compute an operation and count it."""
        out = func(*args, **(kwargs or {}))
        formula = flop_registry.get(func.overloadpacket)
        self.total += formula(*args, **(kwargs or {}), out_val=out) if formula else 0
        return out


class Probes:
    """Zeros added to every layer's outputs, so that there are gradients with respect to these outputs.

    The first time through the networks they learn their shapes, afterwards they are added, in order of use.
    """

    def __init__(self) -> None:
        self.values: list[tuple[nn.Module, Tensor]] = []
        self.touched = 0
        self._used: int | None = None

    def hook(self, layer: nn.Module, given: tuple[Tensor], out: Tensor) -> Tensor:
        """Learn the shape of a layer's outputs, or return them with the probe added."""
        if self._used is None:
            self.values.append((layer, torch.zeros(out.shape, device=out.device, dtype=out.dtype)))
            self.touched += given[0].numel() + out.numel() + sum(value.numel() for value in layer.parameters())
            return out
        self._used += 1
        return out + self.values[self._used - 1][1]

    def ready(self) -> None:
        """From now on, be added, from the first layer on."""
        self._used = 0
        for _, probe in self.values:
            probe.requires_grad_()

    def of(self, net: nn.Module) -> list[Tensor]:
        """Return the probes of one player's layers."""
        own = set(net.modules())
        return [probe for layer, probe in self.values if layer in own]


def floor_of(work: Work, batch: Batch) -> tuple[int, int]:
    """Return the floating-point operations (two per multiply-add) and the bytes of one outer step."""
    flop = numbers = 0
    adapting, grading = PASSES[work.algorithm]
    for turn, player in enumerate(work.turns):
        noise = {name: value[:, 0, turn].flatten(0, 1) for name, value in batch.noise.support.items()}
        counted, touched = _count(work, player, batch.support.flatten(0, 1), noise, _inner(work, player))
        flop, numbers = flop + work.steps * counted, numbers + work.steps * adapting * touched
    for place, player in enumerate(work.modules):
        noise = {name: value[:, place].flatten(0, 1) for name, value in batch.noise.query.items()}
        counted, touched = _count(work, player, batch.query.flatten(0, 1), noise, _outer(work))
        flop, numbers = flop + counted, numbers + grading * touched
    return flop, numbers * batch.support.element_size()


Differentiate = Callable[[Tensor, Probes, list[Tensor]], Any]


def _inner(work: Work, player: str) -> Differentiate:
    """Return what an inner step and its share of the outer pass do with the loss."""

    def differentiate(loss: Tensor, probes: Probes, weights: list[Tensor]) -> None:
        if work.algorithm == "reptile":  # what is added up is the outcome
            torch.autograd.grad(loss, weights, allow_unused=True)
            return
        own = probes.of(work.modules[player])
        slopes = torch.autograd.grad(loss, own, create_graph=work.second_order, allow_unused=True)
        if work.second_order:
            squares = [slope.square().sum() for slope in slopes if slope is not None]
            torch.autograd.grad(torch.stack(squares).sum(), weights, allow_unused=True)

    return differentiate


def _outer(work: Work) -> Differentiate:
    """Return what the outer pass does with a query loss."""

    def differentiate(loss: Tensor, probes: Probes, weights: list[Tensor]) -> None:
        if work.algorithm != "reptile":
            torch.autograd.grad(loss, weights, allow_unused=True)

    return differentiate


def _count(work: Work, player: str, examples: Tensor, noise: Noise, then: Differentiate) -> tuple[int, int]:
    """Return the operations of one loss and what is done with it, and the numbers that one pass touches."""
    layers = [m for net in work.modules.values() for m in net.modules() if isinstance(m, nn.Linear | nn.Conv2d)]
    with _probed(layers) as probes:
        work.loss(player, work.modules, examples, noise)
        probes.ready()
        with Operations() as counted:
            loss = work.loss(player, work.modules, examples, noise)
            then(loss, probes, [layer.weight for layer in layers])
    return counted.total, probes.touched


@contextmanager
def _probed(layers: list[nn.Linear | nn.Conv2d]) -> Iterator[Probes]:
    probes = Probes()
    hooks = [layer.register_forward_hook(probes.hook) for layer in layers]
    yield probes
    for hook in hooks:
        hook.remove()


def matrix_speed(device: torch.device, columns: int) -> float:
    """Return how many floating-point operations per second a product of 512 × 512 with 512 × `columns` reaches."""
    a, b = torch.randn(512, 512, device=device), torch.randn(512, columns, device=device)
    return 2 * 512 * 512 * columns / _seconds(lambda: a @ b, device)


def bandwidth(device: torch.device) -> float:
    """Return how many bytes per second a copy in memory moves, read and written."""
    source = torch.zeros(COPIED, device=device)
    target = torch.zeros_like(source)
    return 2 * source.element_size() * COPIED / _seconds(lambda: target.copy_(source), device)


def _seconds(work: Callable[[], Any], device: torch.device) -> float:
    times, clock = list[float](), clock_for(device)
    while len(times) < 20 or sum(times) < 0.5:
        began = clock()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(clock() - began)
    return statistics.median(times)
