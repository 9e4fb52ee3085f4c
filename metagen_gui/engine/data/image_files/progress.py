"""How far a long look has come, and whether it is to go on."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int], bool]
"""Takes how many files were met so far, and returns whether to go on."""

ASKED_EVERY = 250


class Stopped(Exception):
    """A person asked to stop."""


class Count:
    """Counts files and asks every few hundred whether to go on; raises `Stopped` if not."""

    def __init__(self, progress: Progress | None = None) -> None:
        self._progress = progress
        self.met = 0

    def one(self) -> None:
        """Count one more."""
        self.met += 1
        if self.met % ASKED_EVERY == 0:
            self.ask()

    def ask(self) -> None:
        """Ask now."""
        if self._progress is not None and not self._progress(self.met):
            raise Stopped
