"""The folder that runs are kept in: can it be written, how much room is there, how long does certainty take."""

from __future__ import annotations

import os
import shutil
import statistics
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from metagen_gui.engine.doctor.findings import Line
from metagen_gui.engine.files import write_atomically
from metagen_gui.engine.store.names import runs_folder

WRITES, BYTES = 10, 65_536
SLOW = 0.1
"""Seconds for one checkpoint of a small model to be certain; beyond that a run is held up by its disk."""
LITTLE, TOO_LITTLE = 2**31, 2**27


def look(folder: Path) -> Iterator[Line]:
    """Write into the data folder as a run does, in the time it takes; nothing of it stays."""
    data = runs_folder().parent
    made = [parent for parent in (data, *data.parents) if not parent.exists()]
    try:
        data.mkdir(parents=True, exist_ok=True)
        took = _time_writes(data)
        free = shutil.disk_usage(data).free
    except OSError as error:
        advice = "Give yourself the right to write there, or name another place with --out or XDG_DATA_HOME."
        yield Line("problem", f"Runs cannot be kept in the data folder: {error.strerror or error}", advice)
        return
    finally:
        for parent in made:  # the deepest first; nobody asked for a folder
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()
    said = f"{free / 2**30:,.1f} GB are free where runs are kept"
    if free < LITTLE:
        yield Line("problem" if free < TOO_LITTLE else "note", said, "Throw away runs that you do not need.")
    else:
        yield Line("ok", said)
    said = f"{BYTES // 1024} kB are written, certain and read back in {1000 * took:.1f} ms (fsync, median of {WRITES})"
    if took > SLOW:
        yield Line("note", said, "Checkpoints hold up runs here; keep runs on another disk with --out.")
    else:
        yield Line("ok", said)


def _time_writes(data: Path) -> float:
    path, times = data / f".doctor-{uuid.uuid4().hex}", []
    try:
        for _ in range(WRITES):
            began = time.perf_counter()
            write_atomically(path, os.urandom(BYTES))
            times.append(time.perf_counter() - began)
    finally:
        path.unlink(missing_ok=True)
    return statistics.median(times)
