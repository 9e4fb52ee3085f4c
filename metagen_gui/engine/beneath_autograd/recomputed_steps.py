"""Adaptation steps of which only the beginning is kept, and which are computed again when their gradient is taken.

A meta-gradient through k steps needs what every step was made of. Kept, that is k times the memory of one step;
computed again, the last step first, it is the memory of one and of where each began, for about one forward pass more
(Griewank 1992). The arithmetic is the same, and so are the gradients but for rounding. `torch.utils.checkpoint` does
this for plain autograd and fails under `torch.func`; here a step is lifted out of vmap, so that autograd sees one node
per step for all tasks, and takes it apart again below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch._C._functorch import TransformType, get_interpreter_stack
from torch.utils._python_dispatch import _get_current_dispatch_mode_stack
from torch.utils._pytree import tree_flatten, tree_unflatten

T = TypeVar("T")
Flat = Callable[..., tuple[Tensor, ...]]
_on: ContextVar[bool] = ContextVar("recomputing", default=False)


@contextmanager
def recomputing(on: bool = True) -> Iterator[None]:
    """Within it, what is given to `recomputed` is computed again when its gradient is taken, or, if not `on`, kept."""
    before = _on.set(on)
    try:
        yield
    finally:
        _on.reset(before)


def recomputed(function: Callable[..., T], *given: Any) -> T:
    """Return `function(*given)` for nested dictionaries and tuples of tensors, and keep nothing but `given` for later.

    `function` has to be pure, and to depend on no other tensor that a gradient is taken of. Outside of `recomputing`,
    where no gradient is wanted, and inside of `torch.func.grad` it is just called.
    """
    if not (_on.get() and torch.is_grad_enabled() and _only_vmapped()):
        return function(*given)
    flat, structure = tree_flatten(given)
    outcome: list[Any] = []

    def step(*flat: Tensor) -> tuple[Tensor, ...]:
        values, form = tree_flatten(function(*tree_unflatten(flat, structure)))
        outcome[:] = [form]
        return tuple(values)

    values = _Recomputed.apply(step, *flat)  # type: ignore[no-untyped-call]
    found: T = tree_unflatten(values, outcome[0])
    return found


class _Recomputed(torch.autograd.Function):
    """A step as one node of autograd's graph; only its inputs are kept."""

    @staticmethod
    def forward(step: Flat, *given: Tensor) -> tuple[Tensor, ...]:
        return step(*given)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        ctx.step = inputs[0]
        ctx.save_for_backward(*inputs[1:])
        ctx.set_materialize_grads(False)  # zeros of a task's weights would be written out

    @staticmethod
    def vmap(info: Any, in_dims: Any, step: Flat, *given: Tensor) -> Any:
        """Lift the step out of vmap: the same for all tasks, one level further down."""
        many = torch.func.vmap(step, in_dims=in_dims[1:], randomness=info.randomness)
        values = _Recomputed.apply(many, *given)  # type: ignore[no-untyped-call]
        return values, (0,) * len(values)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor | None) -> Any:
        _begin_anew()
        wanted = ctx.needs_input_grad[1:]
        given = [
            value.detach().requires_grad_() if wants else value
            for value, wants in zip(ctx.saved_tensors, wanted, strict=True)
        ]
        with torch.enable_grad():
            values = ctx.step(*given)
        reached = [(v, s) for v, s in zip(values, slopes, strict=True) if s is not None and v.requires_grad]
        moving = [value for value, wants in zip(given, wanted, strict=True) if wants]
        del given
        found = iter(_gradients(reached, moving))
        return None, *(next(found) if wants else None for wants in wanted)


def _gradients(reached: list[tuple[Tensor, Tensor]], moving: list[Tensor]) -> tuple[Tensor | None, ...]:
    if not reached:
        return (None,) * len(moving)
    values, slopes = zip(*reached, strict=True)
    return torch.autograd.grad(values, moving, slopes, allow_unused=True)


def _only_vmapped() -> bool:
    return all(level.key() == TransformType.Vmap for level in get_interpreter_stack() or ())


def _begin_anew() -> None:
    """Tell a recording that what comes is computed again on purpose: it would find it known already, and keep it."""
    for mode in _get_current_dispatch_mode_stack():
        if begin := getattr(mode, "begin_anew", None):
            begin()
