"""Where it can compute, with how many threads, and whether something else takes the processor."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from pathlib import Path

from metagen_gui.engine.doctor.findings import Line

NVIDIA = Path("/proc/driver/nvidia/version")


def look(folder: Path) -> Iterator[Line]:
    """Name every device; a GPU that torch cannot use is worth knowing, and so are too many threads."""
    import torch

    from metagen_gui.engine.devices import devices, use_threads

    yield Line("ok", ", ".join(f"{device.id}: {device.name}" for device in devices()) + _model())
    for index in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(index)
        yield Line("ok", f"cuda:{index}: {free / 2**30:,.1f} of {total / 2**30:,.1f} GB are free")
    if NVIDIA.exists() and not torch.cuda.is_available():
        built = f"is built for CUDA {torch.version.cuda}" if torch.version.cuda else "is built without CUDA"
        advice = "Install a torch for the CUDA of your driver, or train on the CPU."
        yield Line("note", f"There is an NVIDIA driver, but this torch {built} and finds no GPU.", advice)
    yield from _threads(use_threads(), os.cpu_count() or 1)


def _threads(threads: int, cores: int) -> Iterator[Line]:
    asked = os.environ.get("OMP_NUM_THREADS", "")
    said = f"{threads} thread{'' if threads == 1 else 's'} of {cores} cores"
    said += f", OMP_NUM_THREADS={asked}" if asked else ""
    if threads > cores:
        yield Line("note", said, "More threads than cores make it slower; unset OMP_NUM_THREADS.")
    else:
        yield Line("ok", said)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if load > cores:
        said = f"Other programs want the processor as well: a load of {load:.1f} on {cores} cores"
        yield Line("note", said, "Times that are told here, and runs, are slower than they need be.")


def _model() -> str:
    try:
        listed = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        listed = f"model name: {platform.processor()}"
    names = [line.partition(":")[2].strip() for line in listed.splitlines() if line.startswith("model name")]
    return f" ({names[0]})" if names and names[0] else ""
