"""The process of a run in the line: it stands back, and shares cores with the others."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from metagen_gui.engine.queue import process
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.queue.worker import Worker
from tests.engine.queue.stand_ins import DOCUMENT, StandIn

SAYS = "import os; print(os.environ.get('OMP_NUM_THREADS'))"


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="this system has no such priorities")
def test_it_stands_back_and_has_its_share_of_the_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line(tmp_path)
    line.add(DOCUMENT, "{}", "one")
    Worker(line, 1, StandIn).look()
    entry = line.entry("1")
    monkeypatch.setattr(process, "BEHIND", 10)
    monkeypatch.setattr(process, "cores", lambda: 4)
    monkeypatch.setattr(process, "threads", lambda: 4)
    monkeypatch.setattr(process, "program", lambda: [sys.executable, "-c", SAYS])
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    started = process.start_process(entry, 2)
    behind = os.getpriority(os.PRIO_PROCESS, started.pid)  # of one that is over, too, until it is waited for
    assert started.wait(60) == 0
    assert behind == max(10, os.getpriority(os.PRIO_PROCESS, 0)) and entry.said.read_text() == "2\n"
