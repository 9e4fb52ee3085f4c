"""Equal seconds: how many outer steps a lane takes, decided at every look by what its steps really take.

Whatever is decided is written down before it holds, beside the race: a lane that goes on from an earlier step, or is
begun anew, takes the very same steps.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from metagen_gui.engine.files import read_file, write_atomically
from metagen_gui.engine.learning.meta_learner import STEPS
from metagen_gui.engine.run.commands import Commands

MAX_BYTES = 10_000_000
LEAST = 0.01
"""Of all steps: by fewer than that they are not worth changing."""


class Budget:
    """So many `seconds` of computing in training, of one lane; its decisions are in `file`."""

    def __init__(self, seconds: float, file: Path, commands: Commands) -> None:
        self.seconds, self._file, self._commands = seconds, file, commands
        self._decided = _read(file)
        self._first: tuple[int, float] | None = None

    def go_on(self, step: int, planned: int) -> None:
        """Ask for what was decided until a `step` that a run goes on from, where it was saved just before."""
        if step in self._decided:
            self._ask(self._decided[step], planned)

    def decide(self, step: int, planned: int, taken: int, trained: float, warmup: int) -> None:
        """Ask at the outer `step` for as many steps as fit in, if those are not about as many as are `planned`.

        The `taken` ones until then took the seconds `trained`; what is left is foretold from those since the first look
        after it began, since these are recorded before they are replayed, and after the joint ones of the `warmup`.
        """
        if self._first is None and taken > warmup:
            self._first = taken, trained
        if step not in self._decided:
            steps = planned
            first, seconds = self._first or (taken, trained)
            if taken > first and trained > seconds and step < planned:
                pace = (trained - seconds) / (taken - first)
                steps = max(step, taken + round((self.seconds - trained) / pace))
            if self._decided and step < max(self._decided):  # it was not looked at then
                return
            try:
                self._write({**self._decided, step: planned if abs(steps - planned) < LEAST * planned else steps})
            except OSError:  # what could not be repeated is not done
                return
        self._ask(self._decided[step], planned)

    def _ask(self, steps: int, planned: int) -> None:
        if steps != planned:
            self._commands.change(STEPS, steps, by_clock=True)

    def _write(self, decided: dict[int, int]) -> None:
        write_atomically(self._file, json.dumps([*decided.items()]).encode())
        self._decided = decided


def _read(file: Path) -> dict[int, int]:
    """Return how many steps were decided at which; nothing where that is damaged."""
    with suppress(OSError, ValueError, TypeError, OverflowError, RecursionError):
        return {int(step): int(steps) for step, steps in json.loads(read_file(file, MAX_BYTES))}
    return {}
