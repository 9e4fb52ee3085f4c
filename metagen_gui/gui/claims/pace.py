"""How far a test is between two reports, which may lie half a minute apart: estimated, and never going back."""

from __future__ import annotations

MOST = 0.995
"""What is estimated never claims to be done."""


class ClaimsPace:
    """Told share and seconds left now and then; answers for every moment between."""

    def __init__(self) -> None:
        self._share, self._left, self._at = 0.0, 0.0, 0.0
        self._shown = 0.0

    def hear(self, share: float, seconds_left: float, now: float) -> None:
        """A report: `share` of the work is done, `seconds_left` are left; 0 of both means that it is not known yet."""
        self._share, self._left, self._at = share, seconds_left, now

    def share(self, now: float) -> float:
        """Return the share done, 0 to 1."""
        passed = min(1.0, (now - self._at) / self._left) if self._left > 0 else 0.0
        self._shown = max(self._shown, self._share + (1 - self._share) * MOST * passed)
        return self._shown

    def seconds_left(self, now: float) -> float | None:
        """Return the seconds left; None where nothing is known, or more time has passed than was left."""
        left = self._left - (now - self._at)
        return left if left > 0 else None
