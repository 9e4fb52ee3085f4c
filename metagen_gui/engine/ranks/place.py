"""Which of a run's processes this one is, where torchrun or another launcher has started them; known without torch."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import dataclass

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import quoted

RANK, RANKS, LOCAL_RANK, LOCAL_RANKS = "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"
MEANT = (RANK, RANKS, "MASTER_ADDR")
"""What every launcher sets; one of them alone may mean anything."""
LEFT = 75
"""The status of a process that ended because another one was gone; it is not to blame."""


@dataclass(frozen=True)
class Place:
    """Process `rank` of `ranks`, and which of the `here` that are on this machine; both count from 0."""

    rank: int
    ranks: int
    local: int
    here: int


def told_place() -> Place | None:
    """Return what the variables of a launcher say; None where there is none, or this process is alone.

    Raises `BadInput` for what no launcher would say.
    """
    if not all(name in os.environ for name in MEANT):
        return None
    rank, ranks = _number(RANK), _number(RANKS)
    if rank >= ranks:
        raise BadInput(RANK, f"is {rank}; of {ranks} processes the last is {ranks - 1}")
    local, here = _number(LOCAL_RANK, rank), _number(LOCAL_RANKS, ranks)
    return Place(rank, ranks, local, here) if ranks > 1 else None


def end_with_the_first() -> None:
    """Let this process end as soon as the one is gone that has started it and holds its standard input open."""

    def wait() -> None:
        with suppress(OSError):
            while os.read(0, 1):
                pass
        os._exit(LEFT)

    threading.Thread(target=wait, daemon=True).start()


def _number(name: str, otherwise: int | None = None) -> int:
    """Return what a variable says, or what is known where it is not set."""
    if otherwise is not None and name not in os.environ:
        return otherwise
    said = os.environ[name].strip()
    if not said.isdecimal():
        raise BadInput(name, f"is {quoted(said)}, not a number")
    return int(said)
