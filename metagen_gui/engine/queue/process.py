"""The process of a run in the line: `metagen queue run`, detached from whoever starts it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from metagen_gui.engine.files import open_regular
from metagen_gui.engine.processors import cores, threads
from metagen_gui.engine.program import program
from metagen_gui.engine.queue.entry import Entry

OF_WINDOWS = "DETACHED_PROCESS", "BELOW_NORMAL_PRIORITY_CLASS"
BEHIND = 10
"""By how much less is computed of what stands back, as `nice` counts."""


def start_process(entry: Entry, at_once: int, changed: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start the process of an entry, one of `at_once`, with variables that are `changed`; raise OSError.

    It has no terminal, and goes on when the one that whoever starts it sits at is closed. What it prints is appended
    to a file of the entry. More runs than there are cores for share these, or all of them would come to a crawl, and
    all stand back behind what a person works with: a window that has to wait for a core is late.
    """
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", **(changed or {})}
    if entry.threads:
        environment["OMP_NUM_THREADS"] = str(entry.threads)
    elif at_once * threads() > cores():
        environment.setdefault("OMP_NUM_THREADS", str(max(1, cores() // at_once)))
    said = open_regular(entry.said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        process = subprocess.Popen(
            [*program(), "queue", "run", entry.id, "--claim", entry.claim, "--line", str(entry.folder.parent)],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env=environment,
            start_new_session=True,
            creationflags=sum(getattr(subprocess, flag, 0) for flag in OF_WINDOWS),
        )
    finally:
        os.close(said)
    _stand_back(process.pid)
    return process


def _stand_back(process: int) -> None:
    """Let a process compute with what others leave.

    Linux may share cores between sessions before it does between processes (autogroups), where it has to be told, too.
    """
    if hasattr(os, "setpriority"):
        with suppress(OSError):  # it is over, or stands back further
            os.setpriority(os.PRIO_PROCESS, process, max(BEHIND, os.getpriority(os.PRIO_PROCESS, 0)))
    with suppress(OSError), Path(f"/proc/{process}/autogroup").open("r+") as session:
        session.write(str(BEHIND))
