"""Thousands of runs begun and stopped in one process: memory, threads and open files stay as they were."""

from __future__ import annotations

import gc
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

from metagen_gui.engine.devices import memory_used
from metagen_gui.engine.events import StepReport
from metagen_gui.engine.run.outer_loop import meta_train

from .children import Child, Tell
from .outcome import Laboratory, Outcome, fault
from .small_runs import small

MEGABYTES = 10
"""By how much memory may differ between a tenth of the cycles and all of them."""


@fault("cycles", tries=10_000)
def cycles(laboratory: Laboratory) -> Iterator[Outcome]:
    """Start and stop; one cycle in twenty takes three steps."""
    told, early = Outcome("start/stop cycles in one process"), max(1, laboratory.tries // 10)

    def work(tell: Tell) -> None:
        for number in range(1, laboratory.tries + 1):
            run = meta_train(small(), out=laboratory.folder / "run", previews=False)
            for event in run:
                if number % 20 or (isinstance(event, StepReport) and event.meta_step == 3):
                    break
            run.close()
            shutil.rmtree(laboratory.folder / "run")
            if number in (early, laboratory.tries):
                tell(f"{number} {_counted()}")

    child = Child(work)
    assert child.end() == 0
    first, last = (line.split() for line in child.lines())
    grown = (int(last[1]) - int(first[1])) / 1e6
    told.tries = told.survived = int(last[0])
    if grown > MEGABYTES or first[2:] != last[2:]:
        told.survived = 0
    told.details = "; ".join(
        f"after {int(cycle):,}: {int(memory) / 1e6:.1f} MB, {threads} threads, {files} open files"
        for cycle, memory, threads, files in (first, last)
    )
    yield told


def _counted() -> str:
    gc.collect()
    files = Path("/proc/self/fd")
    tasks = Path("/proc/self/task")
    threads = len(list(tasks.iterdir())) if tasks.exists() else threading.active_count()
    return f"{memory_used('cpu')} {threads} {len(list(files.iterdir())) if files.exists() else 0}"
