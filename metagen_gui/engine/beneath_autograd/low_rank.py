"""Matrices of many tasks that are kept as what they were made of: a shared matrix and products of thin ones.

A gradient step on K examples changes a layer's weight `(m, n)` by a matrix of rank K: the sum over examples of the
outer products of what came back and what went in. So the weights of `tasks` tasks after some steps are

    W_t = W + Σ_i A_tiᵀ B_ti,   A (tasks, K, m), B (tasks, K, n),

and x W_t = x W + Σ (x Aᵀ) B costs one large product with the shared W for all tasks and a few small ones, where W_t
itself would have to be written and read for every task. A `LowRank` tensor stands for W_t in whatever torch does with
it: it adds, scales, transposes and multiplies without ever being written out, and is written out (`dense`) for
everything else. Nothing is approximated. Being linear algebra below autograd, it holds to every order of derivative.
"""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

import torch
from torch import Tensor

Factor = Tensor | float | None
"""One number, or one per task `(tasks, 1, 1)`; None for 1."""


class Piece(NamedTuple):
    """`factor` · aᵀb of matrices `a` `(tasks, rank, m)` and `b` `(tasks, rank, n)`.

    The factor is kept apart, so that pieces that have a matrix in common are known as such, and cost one product.
    """

    a: Tensor
    b: Tensor
    factor: Factor = None

    def plain(self) -> Piece:
        """Return the same without a factor: it is multiplied into the smaller matrix."""
        a, b, factor = self
        if factor is None:
            return self
        return Piece(a * factor, b) if a.shape[2] <= b.shape[2] else Piece(a, b * factor)


class Factors:
    """A sum of pieces, shared by all matrices that are made from it by scaling and transposing.

    `begun` are the factors of one step earlier, kept where these have all of their pieces first.
    """

    def __init__(self, pieces: list[Piece], begun: Factors | None = None) -> None:
        self.pieces = pieces
        self.begun = begun if begun is not None and _begin_with(pieces, begun.pieces) else None

    def gathered(self) -> Piece:
        """Return the sum as one piece; the work of putting pieces side by side is done once.

        The factors of earlier steps are the beginning of these and look into them from now on, so that a path of many
        steps takes the memory of its last.
        """
        if len(self.pieces) > 1:
            plain = [piece.plain() for piece in self.pieces]
            whole = Piece(torch.cat([p.a for p in plain], 1), torch.cat([p.b for p in plain], 1))
            self.pieces = [whole]
            earlier = self.begun
            while earlier is not None:
                rank = earlier.rank
                earlier.pieces = [Piece(whole.a[:, :rank], whole.b[:, :rank])]
                earlier = earlier.begun
        return self.pieces[0]

    @property
    def rank(self) -> int:
        """The sum of the ranks of all pieces."""
        return sum(piece.a.shape[1] for piece in self.pieces)


class StandIn(Tensor):
    """A tensor without numbers of its own; `Factoring` knows what to do with it, and it with `dense`, no one else."""

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        raise TypeError(f"{func} met factors outside of factoring")

    def __repr__(self) -> str:  # type: ignore[override]
        return f"{type(self).__name__}{tuple(self.shape)}"

    def dense(self) -> Tensor:
        """Return what it stands for, written out."""
        raise TypeError(f"{self} cannot be written out")


class LowRank(StandIn):
    """Stands for `(tasks, m, n)`: `base` `(m, n)`, the same for all tasks, plus `factor` · `factors`; or one of them.

    `turned` says that the factors, though not the base, are those of the transposed matrix.
    """

    base: Tensor | None
    factors: Factors | None

    @staticmethod
    def __new__(
        cls, shape: Any, base: Tensor | None, factors: Factors | None, factor: Factor = None, turned: bool = False
    ) -> LowRank:
        """Make a tensor of the right shape that holds no numbers."""
        like = base if factors is None else factors.pieces[0].a
        assert like is not None
        made: LowRank = Tensor._make_wrapper_subclass(cls, tuple(shape), dtype=like.dtype, device=like.device)
        return made

    def __init__(
        self, shape: Any, base: Tensor | None, factors: Factors | None, factor: Factor = None, turned: bool = False
    ) -> None:
        self.base, self.factors, self.factor, self.turned = base, factors, factor, turned
        self._dense: Tensor | None = None

    @property
    def rank(self) -> int:
        """The sum of the ranks of all pieces."""
        return 0 if self.factors is None else self.factors.rank

    # -- what it can do without being written out ------------------------------------------------------------------

    def again(self) -> LowRank:
        """Return another tensor that stands for the same."""
        return LowRank(self.shape, self.base, self.factors, self.factor, self.turned)

    def swapped(self) -> LowRank:
        """Return the transposed matrices."""
        tasks, m, n = self.shape
        base = None if self.base is None else self.base.t()
        return LowRank((tasks, n, m), base, self.factors, self.factor, not self.turned)

    def scaled(self, factor: Tensor | float) -> LowRank:
        """Return the matrices times one number, or one per task `(tasks, 1, 1)`; those with a base take one only."""
        base = None if self.base is None else self.base * factor
        return LowRank(self.shape, base, self.factors, _times(self.factor, factor), self.turned)

    def cast(self, dtype: torch.dtype) -> LowRank:
        """Return the matrices in another precision; factors of their own are multiplied in before."""
        base = None if self.base is None else self.base.to(dtype)
        plain = [piece.plain() for piece in self.pieces()]
        pieces = [Piece(a.to(dtype), b.to(dtype)) for a, b, _ in plain]
        return LowRank(self.shape, base, Factors(pieces) if pieces else None)

    def plus(self, other: LowRank) -> LowRank:
        """Return the sum; pieces that have a matrix in common become one."""
        bases = [matrix.base for matrix in (self, other) if matrix.base is not None]
        pieces = self.pieces()
        for piece in other.pieces():
            pieces = _joined(pieces, piece)
        base = bases[0] + bases[1] if len(bases) == 2 else bases[0] if bases else None
        return LowRank(self.shape, base, Factors(pieces, self.factors) if pieces else None)

    def pieces(self) -> list[Piece]:
        """Return the pieces with their factors, as the matrix is turned."""
        pieces = [] if self.factors is None else self.factors.pieces
        sides = [(b, a, f) if self.turned else (a, b, f) for a, b, f in pieces]
        return [Piece(a, b, _times(f, self.factor)) for a, b, f in sides]

    def gathered(self) -> Piece:
        """Return all pieces, of which there must be one, as one."""
        assert self.factors is not None
        self.factors.gathered()
        return self.pieces()[0]

    def after(self, x: Tensor) -> Tensor:
        """Return x W_t for `x` `(tasks, k, m)`."""
        tasks, k, m = x.shape
        found = None
        if self.base is not None:
            found = torch.mm(x.reshape(tasks * k, m), self.base).view(tasks, k, -1)
        if self.factors is None:
            assert found is not None
            return found
        a, b, factor = self.gathered()
        thin = torch.bmm(x, a.transpose(1, 2))
        thin = thin if factor is None else thin * factor
        return torch.bmm(thin, b) if found is None else torch.baddbmm(found, thin, b)

    def total(self) -> Tensor:
        """Return the sum over tasks `(m, n)`."""
        changes = self._changes()
        if self.base is None:
            return changes
        return torch.add(changes, self.base, alpha=self.shape[0])

    def mean_over_tasks(self) -> Tensor:
        """Return the mean over tasks `(m, n)`; what is the same for all tasks is not rounded."""
        changes = self._changes() / self.shape[0]
        return changes if self.base is None else self.base + changes

    def _changes(self) -> Tensor:
        """Return the sum over tasks without the base, as one product over all tasks and ranks."""
        _, m, n = self.shape
        if self.factors is None:
            assert self.base is not None
            return torch.zeros_like(self.base)
        a, b, _ = self.gathered().plain()
        return torch.mm(a.reshape(-1, m).t(), b.reshape(-1, n))

    def dense(self) -> Tensor:
        """Return the matrices written out `(tasks, m, n)`."""
        if self._dense is None and self.factors is not None:
            a, b, _ = self.gathered().plain()
            a = a.transpose(1, 2)
            self._dense = torch.bmm(a, b) if self.base is None else torch.baddbmm(self.base[None], a, b)
        elif self._dense is None and self.base is not None:
            self._dense = self.base.expand(self.shape).contiguous()
        assert self._dense is not None
        return self._dense


class FlatProduct(StandIn):
    """Stands for `(tasks · m, n)`, all tasks' outer products with what is the same for every task: `left` @ `right`."""

    @staticmethod
    def __new__(cls, left: Tensor, right: Tensor) -> FlatProduct:
        """Make a tensor of the right shape that holds no numbers."""
        shape = (left.shape[0], right.shape[1])
        made: FlatProduct = Tensor._make_wrapper_subclass(cls, shape, dtype=left.dtype, device=left.device)
        return made

    def __init__(self, left: Tensor, right: Tensor) -> None:
        self.left, self.right = left, right

    def by_task(self, tasks: int, m: int) -> LowRank:
        """Return the same as `(tasks, m, n)`."""
        rank, n = self.right.shape
        a = self.left.view(tasks, m, rank).transpose(1, 2)
        return LowRank((tasks, m, n), None, Factors([Piece(a, self.right.expand(tasks, rank, n))]))

    def dense(self) -> Tensor:
        """Return the product written out."""
        return torch.mm(self.left, self.right)


class EntryProduct(StandIn):
    """Stands for the product, entry by entry, of two `LowRank` tensors without a base: its sums need no entries."""

    one: LowRank
    two: LowRank

    @staticmethod
    def __new__(cls, one: LowRank, two: LowRank) -> EntryProduct:
        """Make a tensor of the right shape that holds no numbers."""
        made: EntryProduct = Tensor._make_wrapper_subclass(cls, one.shape, dtype=one.dtype, device=one.device)
        return made

    def __init__(self, one: LowRank, two: LowRank) -> None:
        self.one, self.two = one, two

    def again(self) -> EntryProduct:
        """Return another tensor that stands for the same."""
        return EntryProduct(self.one, self.two)

    def sums(self) -> Tensor:
        """Return the sum of the entries of every task `(tasks,)`: with aᵀb and cᵀd, tr(bᵀa cᵀd) = Σ (a cᵀ) ∘ (b dᵀ)."""
        (a, b, f), (c, d, g) = self.one.gathered(), self.two.gathered()
        both = torch.bmm(a, c.transpose(1, 2)) * torch.bmm(b, d.transpose(1, 2))
        factor = _times(f, g)
        return (both if factor is None else both * factor).sum((1, 2))

    def dense(self) -> Tensor:
        """Return the products written out `(tasks, m, n)`."""
        return self.one.dense() * self.two.dense()


def _times(one: Factor, two: Factor) -> Factor:
    return two if one is None else one if two is None else one * two


def _joined(pieces: list[Piece], new: Piece) -> list[Piece]:
    for place, old in enumerate(pieces):
        if _same(old.b, new.b):
            joined = Piece(_scaled(old.a, old.factor) + _scaled(new.a, new.factor), old.b)
        elif _same(old.a, new.a):
            joined = Piece(old.a, _scaled(old.b, old.factor) + _scaled(new.b, new.factor))
        else:
            continue
        return [*pieces[:place], joined, *pieces[place + 1 :]]
    return [*pieces, new]


def _scaled(matrix: Tensor, factor: Factor) -> Tensor:
    return matrix if factor is None else matrix * factor


def _begin_with(pieces: list[Piece], first: list[Piece]) -> bool:
    alike = (all(map(operator.is_, piece, other)) for piece, other in zip(pieces, first, strict=False))
    return len(first) < len(pieces) and all(alike)


def _same(one: Tensor, two: Tensor) -> bool:
    """Return whether two tensors, both alive, look at the same numbers in memory in the same way."""
    alike = one.shape == two.shape and one.stride() == two.stride() and one.storage_offset() == two.storage_offset()
    return alike and one.untyped_storage()._cdata == two.untyped_storage()._cdata
