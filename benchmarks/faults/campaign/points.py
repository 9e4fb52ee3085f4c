"""Ten million rows: the disk has them all, memory does not grow, and whoever reads them gets an even choice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from metagen_gui.engine.devices import memory_used
from metagen_gui.engine.events import StepReport
from metagen_gui.engine.store.metrics_file import read_curves
from metagen_gui.engine.store.run_folder import RunFolder
from metagen_gui.gui.run.mailbox import RunMailbox

from .children import Child, Tell
from .outcome import Laboratory, Outcome, fault
from .small_runs import small

COLUMNS = ["train/query_loss/vae", "train/diverged", "validation/query_loss/vae/0"]
FLAT = 5e6
"""Bytes by which memory may differ."""
READ = 150e6
"""Bytes that a reader may need, however long the file is."""


@fault("points", tries=10_000_000)
def points(laboratory: Laboratory) -> Iterator[Outcome]:
    """Write rows as a run does, read them as the window does, and post reports that a frozen window does not fetch."""
    for what, work in (("rows of metrics", _rows), ("reports into the mailbox of a frozen window", _reports)):
        told = Outcome(f"{laboratory.tries:,} {what}")

        def child_work(tell: Tell, work=work) -> None:  # type: ignore[no-untyped-def]
            work(laboratory.tries, laboratory.folder, tell)

        child = Child(child_work)
        status = child.end()
        told.count(None if status == 0 and "flat" in child.lines() else f"status {status}: {child.lines()}")
        told.details = "; ".join(line for line in child.lines() if line != "flat")
        yield told


def _rows(count: int, folder: Path, tell: Tell) -> None:
    began, grown = time.monotonic(), _Growth()
    run = RunFolder.create(small(), folder / "run", COLUMNS)
    for step in range(count):
        run.write_metrics(step, step / 1000, {COLUMNS[0]: 1 / (step + 1), COLUMNS[1]: 0})
        if step == 10_000:
            grown.begin()
    written = grown.now()
    tell(f"memory {written / 1e6:+.1f} MB, {(time.monotonic() - began) / count * 1e6:.0f} µs a row")
    run.close()
    size = (folder / "run" / "metrics.csv").stat().st_size
    with (folder / "run" / "metrics.csv").open("rb") as file:
        lines = sum(1 for _ in file)
    tell(f"{lines - 1:,} rows on disk ({size / 1e6:.0f} MB)")
    began, grown = time.monotonic(), _Growth()
    grown.begin()
    curves = read_curves(folder / "run")
    reading = grown.now()
    tell(f"read as {len(curves.meta_step):,} in {time.monotonic() - began:.0f} s, memory {reading / 1e6:+.1f} MB")
    shown = 0 < len(curves.meta_step) <= 100_000 and int(curves.meta_step[-1]) > 0.99 * (count - 1)
    if written < FLAT and reading < READ and lines == count + 1 and shown:
        tell("flat")


def _reports(count: int, folder: Path, tell: Tell) -> None:
    mailbox, began, grown = RunMailbox(), time.monotonic(), _Growth()
    for step in range(count):
        mailbox.put(StepReport(step, step / 1000, {"vae": 1 / (step + 1)}))
        if step == 10_000:
            grown.begin()
    held = grown.now()
    steps = mailbox.take().steps
    tell(f"memory {held / 1e6:+.1f} MB, {(time.monotonic() - began) / count * 1e6:.1f} µs each, {len(steps):,} held")
    if held < FLAT and steps[-1].meta_step == count - 1:
        tell("flat")


class _Growth:
    """By how many bytes this process has grown since `begin`."""

    def begin(self) -> None:
        self._then = memory_used("cpu")

    def now(self) -> int:
        return memory_used("cpu") - self._then
