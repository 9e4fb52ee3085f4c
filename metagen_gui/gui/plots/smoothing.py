"""Smoothing of curves that grow: each new block costs its own length, whatever came before.

Values that are not finite stay as they are in the result and leave the average alone.
"""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
SmoothingKind = Literal["exponential", "moving average"]


class Smoother(Protocol):
    """Remembers what it needs of the past."""

    def extend(self, values: Values) -> Values:
        """Return the smoothed continuation `(n,)` for the next `values` `(n,)`."""


def make_smoother(kind: SmoothingKind, strength: float) -> Smoother:
    """Return a fresh smoother; `strength` 0 means none, 0.99 much."""
    return ExponentialSmoother(strength) if kind == "exponential" else MovingAverage(window_of(strength))


def window_of(strength: float) -> int:
    """Return the number of values whose plain average lags as much as an exponential one of weight `strength`."""
    return round((1 + strength) / (1 - strength))


class ExponentialSmoother:
    """y_t = w·y_{t−1} + (1 − w)·x_t, divided by 1 − w^t so that the beginning is not drawn towards 0."""

    def __init__(self, weight: float) -> None:
        self._weight = weight
        self._carry = 0.0
        self._count = 0
        # Within a block the recurrence is one cumulative sum of x / w^i: neither w^-block nor x / w^block may overflow.
        self._block = 1 if weight <= 0 else max(1, min(512, int(60 / -np.log10(weight))))

    def extend(self, values: Values) -> Values:
        """Return the smoothed continuation `(n,)` for the next `values` `(n,)`."""
        smoothed = np.array(values, dtype=np.float64)
        finite = np.isfinite(smoothed)
        if self._weight > 0 and finite.any():
            smoothed[finite] = self._smooth(smoothed[finite])
        return smoothed

    def _smooth(self, values: Values) -> Values:
        count, block, weight = len(values), self._block, self._weight
        padded = np.zeros(-(-count // block) * block)
        padded[:count] = np.clip(values, -1e200, 1e200)
        powers = weight ** np.arange(1, block + 1)
        blocks = (1 - weight) * np.cumsum(padded.reshape(-1, block) / powers, axis=1) * powers
        carries = np.empty(len(blocks))
        carry = self._carry
        for index, end in enumerate(blocks[:, -1].tolist()):
            carries[index] = carry
            carry = end + carry * float(powers[-1])
        flat = (blocks + carries[:, None] * powers).reshape(-1)[:count]
        self._carry = float(flat[-1])
        corrections = 1 - weight ** np.arange(self._count + 1, self._count + count + 1)
        self._count += count
        return np.asarray(flat / corrections)


class MovingAverage:
    """The mean of the last `window` finite values, of fewer at the beginning."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._tail: Values = np.empty(0)

    def extend(self, values: Values) -> Values:
        """Return the smoothed continuation `(n,)` for the next `values` `(n,)`."""
        smoothed = np.array(values, dtype=np.float64)
        finite = np.isfinite(smoothed)
        if self._window > 1 and finite.any():
            joined = np.concatenate([self._tail, smoothed[finite]])
            known = len(self._tail)
            sums = _window_sums(joined, self._window)[known:]
            smoothed[finite] = sums / np.minimum(np.arange(known + 1, len(joined) + 1), self._window)
            self._tail = joined[-(self._window - 1) :]
        return smoothed


def _window_sums(values: Values, window: int) -> Values:
    """Return the sum of the last `window` values at each place `(n,)`.

    Every window is the end of one block and the beginning of the next. A difference of cumulative sums would be
    shorter, but after one huge value all later sums would have lost their digits.
    """
    blocks = -(-len(values) // window) + 1
    padded = np.zeros(blocks * window)
    padded[window : window + len(values)] = values
    table = padded.reshape(blocks, window)
    beginnings = np.cumsum(table, axis=1)
    ends = np.cumsum(table[:, ::-1], axis=1)[:, ::-1]
    sums = beginnings[1:].copy()
    sums[:, :-1] += ends[:-1, 1:]
    return np.asarray(sums.reshape(-1)[: len(values)])
