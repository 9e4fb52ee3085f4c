"""How much memory there is, and how much of it is free."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from metagen_gui.engine.doctor.findings import Line

LITTLE = 2**30
"""Free bytes below which larger experiments do not fit: torch and the window take half of it."""
LIMIT = Path("/sys/fs/cgroup/memory.max")
"""What a container may take."""


def look(folder: Path) -> Iterator[Line]:
    """Tell total and free memory; little of it is worth knowing."""
    import torch

    from metagen_gui.engine.beneath_autograd.memory import free_bytes

    total, free = _total(), free_bytes(torch.device("cpu"))
    with suppress(OSError, ValueError):  # no container, or none with a limit
        total = min(total, int(LIMIT.read_text()))
        free = min(free, total)
    if not free:
        yield Line("ok", "This system does not tell how much memory is free.")
        return
    said = f"{free / 2**30:,.1f} of {total / 2**30:,.1f} GB are free"
    if free < LITTLE:
        yield Line("note", said, "Close other programs, or train smaller models and fewer tasks at a time.")
    else:
        yield Line("ok", said)


def _total() -> int:
    if "SC_PHYS_PAGES" in getattr(os, "sysconf_names", ()):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 0
