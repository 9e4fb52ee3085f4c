"""The clock that everyone is timed by."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch


def clock_for(device: torch.device) -> Callable[[], float]:
    """Return the processor's time where one thread computes, so that others on the machine do not count; else time."""
    alone = device.type == "cpu" and torch.get_num_threads() == 1
    return time.process_time if alone else time.perf_counter
