"""A long curve in few points: the least and the greatest value of every stretch, kept up to date as the curve grows.

Drawing a million points costs some 30 ms, most of it for looking at each of them anew. Here each is looked at once.
"""

from __future__ import annotations

import numpy as np

from metagen_gui.gui.plots.curves.buffer import CurveBuffer
from metagen_gui.gui.plots.scale import Values

FEW = 1 << 15
"""Points up to which a curve is drawn as it is."""
_BLOCK = 16
_MOST_STRETCHES = FEW // _BLOCK
"""More than a plot is wide."""


class Peaks:
    """Least and greatest value of each block of 16 values; NaN, a gap, only where all are NaN."""

    def __init__(self) -> None:
        self._blocks = CurveBuffer(rows=2)

    def forget(self) -> None:
        """The values known so far have changed."""
        self._blocks.clear()

    def outline(self, x: Values, y: Values, left: float, right: float) -> tuple[Values, Values]:
        """Return the curve `x` (ascending), `y` `(n,)` between `left` and `right` in at most some `FEW` points.

        `y` is the same as last time, with more at its end, unless `forget` was called. One point beyond each side is
        kept, for the line that leads there. Stretches stay where they are as a curve grows, and so does its picture.
        """
        first = max(0, int(np.searchsorted(x, left)) - 1)
        end = min(len(x), int(np.searchsorted(x, right, side="right")) + 1)
        if end - first <= FEW:
            return x[first:end], y[first:end]
        self._catch_up(y)
        blocks = -(-(end - first) // (_BLOCK * _MOST_STRETCHES))  # in a stretch
        stretch = blocks * _BLOCK
        rest = end // stretch * stretch
        starts = np.arange(first // stretch * stretch, rest, stretch)
        low, high = self._blocks.rows[:, : rest // _BLOCK]
        places = starts // _BLOCK
        corners = np.stack([np.fmin.reduceat(low, places), np.fmax.reduceat(high, places)], axis=1)
        at = np.stack([x[starts], x[starts + stretch // 2]], axis=1)
        return np.concatenate([at.reshape(-1), x[rest:end]]), np.concatenate([corners.reshape(-1), y[rest:end]])

    def _catch_up(self, y: Values) -> None:
        known = len(self._blocks) * _BLOCK
        fresh = y[known : len(y) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
        self._blocks.append(np.stack([np.fmin.reduce(fresh, axis=1), np.fmax.reduce(fresh, axis=1)]))
