"""Where a run can compute: every CUDA device and MPS by name, and the CPU."""

from __future__ import annotations

import ctypes
import mmap
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray

from metagen_gui.engine.processors import cores, threads, told_threads
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import quoted


@dataclass(frozen=True)
class Device:
    """A device: `id` as torch and `training.device` write it, `name` as a person reads it."""

    id: str
    name: str


def devices() -> list[Device]:
    """Return the devices of this machine, the best first; the CPU is always last."""
    found = [Device(f"cuda:{i}", torch.cuda.get_device_name(i)) for i in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append(Device("mps", "Apple GPU (MPS)"))
    return [*found, Device("cpu", "CPU (1 core)" if (count := cores()) == 1 else f"CPU ({count} cores)")]


def choose_device(wanted: str) -> torch.device:
    """Return the device called `wanted` (`auto` takes the best); raise `BadInput` where there is none such."""
    available = [device.id for device in devices()]
    if wanted == "auto":
        return torch.device(available[0])
    name = "cuda:0" if wanted == "cuda" else wanted
    if name not in available:
        here = f"there is no {quoted(wanted)} here; there are auto, {', '.join(available)} (as in --device cpu)"
        raise BadInput("training.device", here)
    return torch.device(name)


def warm_up() -> None:
    """Take a first derivative: torch imports its compiler then, which takes a second of whoever waits for a step."""
    torch.func.vmap(torch.func.grad(torch.square))(torch.ones(1))


def to_device(values: NDArray[Any], device: torch.device) -> torch.Tensor:
    """Return an array as a tensor on `device`; a GPU fetches it while the program goes on."""
    tensor = torch.from_numpy(values)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # as malloc.h numbers them


def use_threads(count: int | None = None) -> int:
    """Let torch compute with `count` threads in the calling thread; return how many.

    By default as many as the variable asks for, or `processors.threads`. The setting belongs to the thread that makes
    it: a worker must call this itself, first thing.
    """
    wanted = count or told_threads() or threads()
    torch.set_num_threads(wanted)
    return wanted


def keep_memory() -> None:
    """Let this process keep the memory that tensors give back, instead of asking the system for it again.

    glibc returns every block above 32 MB at once, and the system clears it anew for the next tensor: up to a sixth of a
    step's time. Where there is no glibc nothing is done.
    """
    try:
        allocator = ctypes.CDLL("libc.so.6")
    except OSError:
        return
    allocator.mallopt(M_MMAP_THRESHOLD, 2**31 - 1)
    allocator.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def memory_used(device: str) -> int:
    """Return the bytes of memory in use: by tensors on a GPU, by this process on the CPU (0 on Windows: not told)."""
    if device.startswith("cuda"):
        return int(torch.cuda.memory_allocated(device))
    if device == "mps":
        return int(torch.mps.current_allocated_memory())
    pages = Path("/proc/self/statm")
    if pages.exists():
        return int(pages.read_text().split()[1]) * mmap.PAGESIZE
    if sys.platform == "win32":
        return 0
    import resource  # Windows has no such module

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
