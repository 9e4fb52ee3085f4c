"""The cores that there are, and how many of them one run computes with; known without torch."""

from __future__ import annotations

import os

MOST_THREADS = 4


def cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


def threads() -> int:
    """Return how many threads a run computes with that is told nothing else.

    One core is left to the window, and at most four are used: the matrices of a meta-batch are small, and on two cores
    a second thread made a step no faster while it doubled its cost.
    """
    return min(max(cores() - 1, 1), MOST_THREADS)


def threads_each(processes: int) -> int:
    """Return how many threads each of several processes computes with that share a run: all cores are divided."""
    return max(1, min((told_threads() or cores()) // processes, MOST_THREADS))


def told_threads() -> int:
    """Return how many threads `OMP_NUM_THREADS` asks for, 0 where it says nothing."""
    outermost = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()  # a list, one per level
    return int(outermost) if outermost.isdecimal() else 0
