"""The process of a run in the line: `metagen queue run`, detached from whoever starts it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping

from metagen_gui.engine.files import open_regular
from metagen_gui.engine.processors import cores, threads
from metagen_gui.engine.program import program
from metagen_gui.engine.queue.entry import Entry


def start_process(entry: Entry, at_once: int, changed: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start the process of an entry, one of `at_once`, with variables that are `changed`; raise OSError.

    It has no terminal, and goes on when the one that whoever starts it sits at is closed. What it prints is appended
    to a file of the entry. More runs than there are cores for share these, or all of them would come to a crawl.
    """
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", **(changed or {})}
    if entry.threads:
        environment["OMP_NUM_THREADS"] = str(entry.threads)
    elif at_once * threads() > cores():
        environment.setdefault("OMP_NUM_THREADS", str(max(1, cores() // at_once)))
    said = open_regular(entry.said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        return subprocess.Popen(
            [*program(), "queue", "run", entry.id, "--claim", entry.claim, "--line", str(entry.folder.parent)],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env=environment,
            start_new_session=True,
            creationflags=getattr(subprocess, "DETACHED_PROCESS", 0),
        )
    finally:
        os.close(said)
