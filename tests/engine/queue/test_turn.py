"""A run's own process: when it stands back for memory, heeds a pause, and what it says of its end."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from metagen_gui.engine.events import MemoryPlan
from metagen_gui.engine.queue.entry import Entry
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.queue.turn import Turn, taken
from metagen_gui.engine.queue.worker import Worker, has_room
from tests.engine.queue.stand_ins import DOCUMENT, StandIn

GB = 10**9


@pytest.fixture
def line(tmp_path: Path) -> Line:
    """Two runs, both of which were started."""
    line = Line(tmp_path)
    for name in ("beside", "mine"):
        line.add(DOCUMENT, "{}", name)
    Worker(line, 2, StandIn).look()
    return line


def stands_back(line: Line, plan: MemoryPlan | None, *, beside: int, on: str = "cuda:0") -> bool:
    with line.held():
        line.change(line.entry("1"), needs=beside, device="cuda:0")
    return Turn(line, line.entry("2")).stands_back(on, plan)


@pytest.mark.parametrize(
    ("plan", "beside", "back"),
    [
        (None, 50 * GB, False),  # so little that nobody asks
        (MemoryPlan(20 * GB, 60 * GB, 8, 8), 20 * GB, False),
        (MemoryPlan(20 * GB, 60 * GB, 8, 8), 40 * GB, True),  # others may yet take what is free now
        (MemoryPlan(20 * GB, 60 * GB, 2, 8), 1 * GB, True),  # only a few tasks at a time would fit beside others
    ],
)
def test_a_run_stands_back_if_memory_would_not_do_for_all(
    line: Line, plan: MemoryPlan | None, beside: int, back: bool
) -> None:
    assert stands_back(line, plan, beside=beside) is back
    entry = line.entry("2")
    assert entry.device == "cuda:0" and bool(entry.room) is back
    assert has_room(entry, [line.entry("1")]) is not back  # and is not started before there is room
    assert has_room(entry, [])


def test_what_goes_on_elsewhere_takes_no_memory_here(line: Line) -> None:
    assert not stands_back(line, MemoryPlan(20 * GB, 60 * GB, 8, 8), beside=40 * GB, on="cuda:1")


def test_by_itself_a_run_never_stands_back(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.add(DOCUMENT, "{}", "mine")
    Worker(line, 2, StandIn).look()
    assert not Turn(line, line.entry("1")).stands_back("cuda:0", MemoryPlan(20 * GB, GB, 1, 8))


def test_a_run_that_is_asked_to_pause_is_told_and_is_paused_when_it_has_ended(line: Line) -> None:
    entry, asked = line.entry("2"), threading.Event()
    with taken(line, "2", entry.claim) as turn, turn.heeding(asked.set):
        line.pause("2")
        assert line.entry("2").state == "running" and asked.wait(10)
    assert line.entry("2").state == "paused"


def test_what_breaks_is_why_it_failed(line: Line) -> None:
    entry: Entry = line.entry("2")
    with pytest.raises(RuntimeError), taken(line, "2", entry.claim):
        raise RuntimeError("out\nof luck")
    assert (line.entry("2").state, line.entry("2").problem) == ("failed", "out of luck")
    with pytest.raises(KeyboardInterrupt), taken(line, "1", line.entry("1").claim):
        raise KeyboardInterrupt
    assert line.entry("1").state == "waiting"  # ended from outside: it goes on another time
