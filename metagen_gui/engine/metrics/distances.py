"""Euclidean distances between sets of features, from the differences themselves: a copy lies at exactly 0."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
"""Features `(examples, numbers)`, or one number each `(examples,)`."""

NUMBERS_AT_ONCE = 2_000_000
"""Differences held at once: bounds memory at 16 MB."""
FEW = 8
"""Numbers from which NumPy adds up a row in several sums side by side."""


def distances(a: Values, b: Values) -> Values:
    """Return the distances `(n, m)` between the rows of `a` `(n, numbers)` and `b` `(m, numbers)`.

    The usual shortcut ‖x‖² + ‖y‖² − 2xy loses small distances to rounding, and small ones are what neighbours are
    about.
    """
    rows = max(1, NUMBERS_AT_ONCE // max(1, b.size))
    apart = _by_number if a.shape[1] < FEW else _by_pair
    parts = [apart(a[i : i + rows], b) for i in range(0, len(a), rows)]
    return np.concatenate([*parts, np.zeros((0, len(b)))])


def _by_pair(a: Values, b: Values) -> Values:
    found: Values = np.sqrt(np.square(a[:, None] - b).sum(-1))
    return found


def _by_number(a: Values, b: Values) -> Values:
    """Return the same to the last bit, ten times as fast for points: so few numbers are added one after the other."""
    squares = (np.square(np.subtract.outer(own, other)) for own, other in zip(a.T, b.T, strict=True))
    found: Values = np.sqrt(sum(squares, np.zeros((len(a), len(b)), np.result_type(a, b))))
    return found


def among(a: Values) -> Values:
    """Return the distances `(n, n)` within one set; infinite from an example to itself, which is not its neighbour."""
    apart = distances(a, a)
    np.fill_diagonal(apart, np.inf)
    return apart


def to_neighbour(apart: Values, k: int) -> Values:
    """Return the distance to the k-th nearest, 1 being the nearest, of every row of `apart` `(n, m)`."""
    found: Values = np.partition(apart, k - 1, axis=1)[:, k - 1]
    return found


def in_equal_numbers(real: Values, generated: Values) -> list[tuple[Values, Values]]:
    """Return pairs of as many real as generated examples: the smaller set beside block after block of the larger.

    Some metrics mean the same in every task only if both sides count as many. Examples are taken in their order, which
    is random as they were drawn; less than a block at the end is left out.
    """
    size = min(len(real), len(generated))
    if size < 1:
        raise ValueError("two-sample metrics need examples on both sides")
    blocks = max(len(real), len(generated)) // size
    if len(real) > len(generated):
        return [(real[i * size : (i + 1) * size], generated) for i in range(blocks)]
    return [(real, generated[i * size : (i + 1) * size]) for i in range(blocks)]
