"""How often a run is drawn: so seldom that drawing takes a small share of the time.

Python lets one thread run at a time, and what the window spends on curves the training waits for. A slow machine, a
large window or a long legend therefore means fewer pictures a second, not a slower run.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

SHARE = 0.025
"""Of the time, that the window's thread may be busy."""
LONGEST = 2.0
"""Seconds after which there is a new picture whatever it costs."""


class DrawingPace:
    """Says how long to wait until the next picture, from what the window's thread did since the last."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, worked: Callable[[], float] = time.thread_time
    ) -> None:
        """`worked` tells the seconds of processor time that the calling thread has used."""
        self._clock, self._worked = clock, worked
        self._at = -math.inf
        self._worked_then = 0.0

    def begin(self) -> None:
        """A picture is about to be drawn."""
        self._at, self._worked_then = self._clock(), self._worked()

    def wait(self) -> int:
        """Return how many milliseconds to wait before the next one, 0 for none."""
        pause = min(LONGEST, (self._worked() - self._worked_then) / SHARE)
        return max(0, math.ceil(1000 * (self._at + pause - self._clock()))) if math.isfinite(self._at) else 0
