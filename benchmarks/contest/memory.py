"""How much memory a stretch of computation takes at its worst, above what was there before it."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import torch

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class PeakMemory:
    """Begun after imports and set-up; `grown` tells the highest that memory has stood since, in bytes.

    On a GPU that is what tensors took. On the CPU it is what the process took: the kernel's mark of the highest, which
    Linux lets a process set back. (`ru_maxrss` cannot be set back, and begins where the parent process stood.)
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        elif CLEAR.exists():
            CLEAR.write_text("5")
        self.before = self._highest()

    def grown(self) -> int:
        """Return by how many bytes the highest exceeds the beginning."""
        return self._highest() - self.before

    def _highest(self) -> int:
        if self.device.type == "cuda":
            return int(torch.cuda.max_memory_allocated(self.device))
        if STATUS.exists():
            line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
            return int(line.split()[1]) * 1024
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
