"""How much memory tensors take, counted as they come and go, and how much is free."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from metagen_gui.engine.beneath_autograd.operations import Operations


class Counting(Operations):
    """Counts the bytes of all tensors that are made and still alive: `now`, and the `course` of that by operation."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.course: list[int] = []
        self._alive: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for tensor in out if isinstance(out, tuple | list) else (out,):
            if isinstance(tensor, Tensor):
                self._note(tensor.untyped_storage())
        self.course.append(self.now)
        return out

    def _note(self, storage: torch.UntypedStorage) -> None:
        if storage._cdata not in self._alive:
            self._alive.add(storage._cdata)
            weakref.finalize(storage, self._gone, storage._cdata, storage.nbytes())
            self.now += storage.nbytes()

    def _gone(self, which: int, size: int) -> None:
        self._alive.discard(which)
        self.now -= size


def course_of_bytes(step: Callable[[], Any]) -> list[int]:
    """Compute `step` and return how many bytes its tensors took after each operation, beyond those before it."""
    counting = Counting()
    with counting:
        step()
    return counting.course


def free_bytes(device: torch.device) -> int:
    """Return how much memory is free on `device`, 0 where that is not told."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    if device.type != "cpu":
        return 0
    listed = Path("/proc/meminfo")
    if listed.exists():
        for line in listed.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                kilobytes = int(line.split()[1])
                return 1024 * kilobytes
    if hasattr(os, "sysconf") and "SC_AVPHYS_PAGES" in os.sysconf_names:
        pages, size = os.sysconf("SC_AVPHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
        return int(pages * size)
    return 0


def is_shortage(error: BaseException) -> bool:
    """Return whether an exception says that memory was too short; torch has no type of its own for that on the CPU."""
    told = ("can't allocate memory", "not enough memory", "out of memory")
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or (
        isinstance(error, RuntimeError) and any(words in str(error) for words in told)
    )
