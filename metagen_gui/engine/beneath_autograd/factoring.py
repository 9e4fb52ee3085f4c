"""Adaptation by factors: what a gradient step changes is kept as products of thin matrices (`low_rank.py`).

`Factoring` listens below autograd and vmap. A batched product that would fill a large matrix per task from a few
examples becomes a `LowRank` tensor instead; what is then done with it is either linear algebra on its factors, found
in the table below, or it is written out. No algorithm and no model knows of it, and any gradient of any order may run
through it. The rule is one of cost: factors are kept while they hold fewer numbers than the matrices they stand for,
and only of matrices that are large enough to be worth the bookkeeping.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from metagen_gui.engine.beneath_autograd.low_rank import EntryProduct, Factors, FlatProduct, LowRank, Piece, StandIn
from metagen_gui.engine.beneath_autograd.operations import Operations

WORTH = 1 << 16
"""Numbers in all tasks' matrices from which factors pay for their bookkeeping."""

aten = torch.ops.aten
PRODUCTS = (aten.bmm.default, aten.mm.default)


class WritesIntoFactors(Exception):
    """A step changes in place what is kept as factors; it must be computed without."""


class Factoring(Operations):
    """Computes as usual, but keeps matrices of low rank as factors; `worth` is the size from which it does."""

    def __init__(self, worth: int = WORTH) -> None:
        super().__init__()
        self.worth = worth

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in PRODUCTS and not any(isinstance(each, StandIn) for each in args):
            left, right = args
            *lead, m, rank = left.shape
            n = right.shape[-1]
            if math.prod(lead) * m * n >= self.worth and rank * (m + n) < m * n:
                if lead:
                    return LowRank((*lead, m, n), None, Factors([Piece(left.transpose(1, 2), right)]))
                if rank == 1:
                    return FlatProduct(left, right)
        return compute(func, args, kwargs or {})


def compute(func: Any, args: Any, kwargs: Any) -> Any:
    """Return what `func` gives, by factors where the table below knows how."""
    if not _meets_factors(args) and not (kwargs and _meets_factors(kwargs.values())):
        return func(*args, **kwargs)
    known = TABLE.get(func)
    found = known(*args, **kwargs) if known else NotImplemented
    if found is not NotImplemented:
        return found
    if func._schema.is_mutable:
        raise WritesIntoFactors(f"{func} would write into factors")
    args, kwargs = tree_map(_written, (args, kwargs))
    return func(*args, **kwargs)


def _meets_factors(args: Any) -> bool:
    """Return whether one of an operation's arguments, or of a list of tensors among them, is kept as factors.

    Every operation of a step is asked, so this is a plain loop: walking nested arguments in general takes as long as
    many an operation.
    """
    for each in args:
        if isinstance(each, StandIn):
            return True
        if isinstance(each, list | tuple) and _meets_factors(each):
            return True
    return False


def _written(value: Any) -> Any:
    return value.dense() if isinstance(value, StandIn) else value


# -- the table: what is known to be done by factors. Each may return NotImplemented -----------------------------------


def _same(x: Any, *_: Any, **__: Any) -> Any:
    return NotImplemented if isinstance(x, FlatProduct) else x.again()


def _reshaped(x: Any, shape: Any) -> Any:
    if isinstance(x, FlatProduct):
        return x.by_task(*shape[:2]) if len(shape) == 3 and shape[2] == x.shape[1] else NotImplemented
    return _same(x) if tuple(shape) == tuple(x.shape) else NotImplemented


def _cast(x: Any, *, dtype: torch.dtype | None = None, device: Any = None, layout: Any = None, **other: Any) -> Any:
    """Return `x` in another precision, as mixed precision asks for; where more is asked, it is written out."""
    moved = device not in (None, x.device) or layout not in (None, torch.strided)
    if dtype is None or moved or any(value not in (None, False) for value in other.values()):
        return NotImplemented
    if isinstance(x, FlatProduct):
        return FlatProduct(x.left.to(dtype), x.right.to(dtype))
    return x.cast(dtype) if isinstance(x, LowRank) else NotImplemented


def _transposed(x: Any, a: int, b: int) -> Any:
    return x.swapped() if isinstance(x, LowRank) and {a % 3, b % 3} == {1, 2} else NotImplemented


def _permuted(x: Any, order: Any) -> Any:
    return x.swapped() if isinstance(x, LowRank) and [place % 3 for place in order] == [0, 2, 1] else NotImplemented


def _multiplied(a: Any, b: Any) -> Any:
    if isinstance(b, LowRank):
        return b.after(_written(a))
    return a.swapped().after(_written(b).transpose(1, 2)).transpose(1, 2) if isinstance(a, LowRank) else NotImplemented


def _added(a: Any, b: Any, alpha: float = 1) -> Any:
    like = a if isinstance(a, LowRank) else b
    left, right = _as_low_rank(a, like), _as_low_rank(b, like)
    if left is None or right is None or left.shape != right.shape:
        return NotImplemented
    found = left.plus(right if alpha == 1 else right.scaled(alpha))
    m, n = found.shape[1:]
    return found if found.rank * (m + n) < m * n else found.dense()


def _subtracted(a: Any, b: Any, alpha: float = 1) -> Any:
    return _added(a, b, alpha=-alpha)


def _scaled(a: Any, b: Any) -> Any:
    matrix, other = (a, b) if isinstance(a, LowRank) else (b, a)
    if not isinstance(matrix, LowRank) or isinstance(other, EntryProduct | FlatProduct):
        return NotImplemented
    if isinstance(other, LowRank):
        return EntryProduct(a, b) if a.base is None and b.base is None and a.shape == b.shape else NotImplemented
    factor = _factor(other, matrix)
    if factor is None or (matrix.base is not None and isinstance(factor, Tensor) and factor.ndim):
        return NotImplemented
    return matrix.scaled(factor)


def _divided(a: Any, b: Any) -> Any:
    return NotImplemented if isinstance(b, StandIn) else _scaled(a, 1 / b)


def _power(x: Any, exponent: Any = 2) -> Any:
    if not isinstance(x, LowRank) or exponent not in (1, 2):
        return NotImplemented
    return _same(x) if exponent == 1 else _scaled(x, x)


def _added_product(a: Any, b: Any, c: Any, value: float = 1) -> Any:
    product = _scaled(b, c)
    return NotImplemented if not isinstance(product, LowRank) else _added(a, product, alpha=value)


def _sum(x: Any, dims: Any = None, keepdim: bool = False, **_: Any) -> Any:
    over = sorted(dim % 3 for dim in dims) if dims else [0, 1, 2]
    if isinstance(x, EntryProduct) and over in ([1, 2], [0, 1, 2]):
        found = x.sums() if over == [1, 2] else x.sums().sum()
        return found.view(-1 if over == [1, 2] else 1, 1, 1) if keepdim else found
    if isinstance(x, LowRank) and over == [0]:
        return x.total()[None] if keepdim else x.total()
    return NotImplemented


def _mean(x: Any, dims: Any, keepdim: bool = False, **_: Any) -> Any:
    if not isinstance(x, LowRank) or [dim % 3 for dim in dims] != [0]:
        return NotImplemented
    mean = x.mean_over_tasks()
    return mean[None] if keepdim else mean


def _as_low_rank(x: Any, like: LowRank) -> LowRank | None:
    """Return `x` in the form of `like` if it has factors or is the same for all tasks; otherwise None."""
    if isinstance(x, LowRank):
        return x
    if not isinstance(x, Tensor) or isinstance(x, StandIn) or x.dtype != like.dtype:
        return None
    shape = tuple(like.shape)
    if tuple(x.shape) == shape[1:]:
        return LowRank(shape, x, None)
    shared = x.ndim == 3 and tuple(x.shape[1:]) == shape[1:] and _constant(x, 0)
    return LowRank(shape, x[0], None) if shared else None


def _factor(x: Any, like: LowRank) -> Tensor | float | None:
    """Return `x` as one number, or one per task `(tasks, 1, 1)`; None if it differs within a matrix."""
    if not isinstance(x, Tensor):
        return float(x)
    if x.numel() == 1 and x.ndim <= 3:
        return x.reshape(())
    per_task = x.ndim == 3 and x.shape[0] == like.shape[0] and _constant(x, 1) and _constant(x, 2)
    return x[:, :1, :1] if per_task else None


def _constant(x: Tensor, dim: int) -> bool:
    return x.shape[dim] == 1 or x.stride(dim) == 0


TABLE: dict[Any, Callable[..., Any]] = {
    aten.detach.default: _same,
    aten.alias.default: _same,
    aten.clone.default: _same,
    aten.view.default: _reshaped,
    aten._unsafe_view.default: _reshaped,
    aten.expand.default: _reshaped,
    aten._to_copy.default: _cast,
    aten.transpose.int: _transposed,
    aten.permute.default: _permuted,
    aten.bmm.default: _multiplied,
    aten.add.Tensor: _added,
    aten.sub.Tensor: _subtracted,
    aten.neg.default: lambda x: _scaled(x, -1.0),
    aten.mul.Tensor: _scaled,
    aten.mul.Scalar: _scaled,
    aten.div.Tensor: _divided,
    aten.div.Scalar: _divided,
    aten.pow.Tensor_Scalar: _power,
    aten.square.default: _power,
    aten.addcmul.default: _added_product,
    aten.sum.dim_IntList: _sum,
    aten.sum.default: _sum,
    aten.mean.dim: _mean,
}
"""By operation: a function of its arguments, at least one of them standing in for a matrix."""
