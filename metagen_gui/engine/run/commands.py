"""What whoever watches a run may ask of it while it goes on; read between outer steps."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Command:
    """One request: change a live setting, take a snapshot now, or save a checkpoint now."""

    what: Literal["change", "sample", "save"]
    path: str = ""
    value: Any = None
    by_clock: bool = False
    """Whether a change is no person's wish, but what a clock has decided."""


class Commands:
    """A mailbox that any thread may post to."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._finish = threading.Event()

    def change(self, path: str, value: Any, *, by_clock: bool = False) -> None:
        """Ask for a new value of a setting that is marked as changeable during a run."""
        self._waiting.put(Command("change", path, value, by_clock))

    def sample_now(self) -> None:
        """Ask for a snapshot."""
        self._waiting.put(Command("sample"))

    def save_now(self) -> None:
        """Ask for a checkpoint."""
        self._waiting.put(Command("save"))

    def post(self, command: Command) -> None:
        """Ask for what somebody else was asked for."""
        self._waiting.put(command)

    def finish(self) -> None:
        """Ask for no further outer step: the run saves what it learned, looks at it, and ends, to be resumed or not."""
        self._finish.set()

    @property
    def finishing(self) -> bool:
        """Whether no further outer step is wanted."""
        return self._finish.is_set()

    def take(self) -> list[Command]:
        """Return all requests that wait, oldest first, and forget them."""
        taken: list[Command] = []
        while True:
            try:
                taken.append(self._waiting.get_nowait())
            except queue.Empty:
                return taken
