"""Storage for curves that grow by a few points many times a second: amortized appends, views without copies."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float64]


class CurveBuffer:
    """Columns that belong together, such as `(x, y, smoothed y)`, kept as contiguous rows of one array.

    `limit` bounds the memory: when it is reached, every other point of the older half is dropped, so a very long run
    loses resolution in its distant past and nowhere else.
    """

    def __init__(self, rows: int, limit: int = 1 << 20) -> None:
        self._limit = limit
        self._store = np.empty((rows, min(1024, limit)))
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def rows(self) -> Rows:
        """Everything stored, `(rows, len(self))`: a view that later appends may leave behind."""
        return self._store[:, : self._size]

    def append(self, block: Rows) -> None:
        """Add the points `block` `(rows, n)` at the end."""
        if block.shape[1] > self._limit:
            block = block[:, -self._limit :]
        while self._size + block.shape[1] > self._limit:
            self._thin()
        self._make_room(block.shape[1])
        self._store[:, self._size : self._size + block.shape[1]] = block
        self._size += block.shape[1]

    def cut_from(self, x: float) -> bool:
        """Drop the points whose first row is `x` or more, as when a run goes on from an earlier step."""
        kept = int(np.searchsorted(self._store[0, : self._size], x))
        dropped = kept < self._size
        self._size = kept
        return dropped

    def clear(self) -> None:
        """Forget every point; the memory stays for the next run."""
        self._size = 0

    def _thin(self) -> None:
        half = self._size // 2
        kept = np.concatenate([self._store[:, : half + 1 : 2], self._store[:, half + 1 : self._size]], axis=1)
        if kept.shape[1] == self._size:  # a limit of one or two points: nothing between them to drop
            kept = kept[:, 1:]
        self._size = kept.shape[1]
        self._store[:, : self._size] = kept

    def _make_room(self, more: int) -> None:
        capacity = self._store.shape[1]
        if self._size + more <= capacity:
            return
        grown = np.empty((self._store.shape[0], min(self._limit, max(2 * capacity, self._size + more))))
        grown[:, : self._size] = self._store[:, : self._size]
        self._store = grown
