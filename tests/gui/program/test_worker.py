"""The latest plan wins: nothing of an older one comes, and no two pieces run at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator
from typing import Any

from pytestqt.qtbot import QtBot

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.program.worker import Worker


def made() -> tuple[Worker, list[Any]]:
    worker, came = Worker(lambda: None), list[Any]()
    worker.came.connect(came.append)
    return worker, came


def test_pieces_come_in_order_and_one_at_a_time(qtbot: QtBot) -> None:
    worker, came = made()
    inside = list[int]()

    def piece(number: int) -> int:
        inside.append(1)
        assert len(inside) == 1
        time.sleep(0.002)
        inside.pop()
        return number

    worker.do([lambda number=number: piece(number) for number in range(5)])
    assert worker.busy
    qtbot.waitUntil(lambda: not worker.busy)
    assert came == [0, 1, 2, 3, 4]


def test_a_newer_plan_drops_what_is_running_and_what_is_planned(qtbot: QtBot) -> None:
    worker, came = made()
    gate = threading.Event()
    worker.do([lambda: gate.wait(5) and "old", lambda: "older still"])
    worker.do([lambda: "dropped"])
    worker.do([lambda: "new"])
    gate.set()
    qtbot.waitUntil(lambda: not worker.busy)
    assert came == ["new"]


def test_whoever_hears_may_begin_another_plan(qtbot: QtBot) -> None:
    worker, came = made()
    worker.came.connect(lambda value: worker.do([lambda: value + 1]) if value < 3 else None)
    worker.do([lambda: 0, lambda: "never"])
    qtbot.waitUntil(lambda: not worker.busy)
    assert came == [0, 1, 2, 3]


def test_a_failure_is_told_and_ends_the_plan(qtbot: QtBot) -> None:
    worker, came = made()
    told = list[str]()
    worker.failed.connect(told.append)

    def refuse() -> None:
        raise BadInput("algorithm.adapts", "leaves nothing")

    worker.do([refuse, lambda: "never"])
    qtbot.waitUntil(lambda: not worker.busy)
    assert told == ["algorithm.adapts: leaves nothing"] and came == []


def test_waiting_leaves_no_thread(qtbot: QtBot) -> None:
    worker, came = made()
    ended = threading.Event()
    worker.do([lambda: (time.sleep(0.05), ended.set()), lambda: "never"])
    worker.wait()
    assert ended.is_set()
    qtbot.wait(20)
    assert came == [] and not worker.busy


def test_what_a_dropped_plan_fails_at_is_nobodys_concern(qtbot: QtBot) -> None:
    worker, came = made()
    told, gate = list[str](), threading.Event()
    worker.failed.connect(told.append)

    def refuse() -> None:
        gate.wait(5)
        raise BadInput("algorithm.adapts", "leaves nothing")

    worker.do([refuse])
    worker.do([lambda: "new"])
    gate.set()
    qtbot.waitUntil(lambda: not worker.busy)
    assert told == [] and came == ["new"]


def test_a_generator_tells_how_far_it_is_and_is_broken_off_for_a_newer_plan(qtbot: QtBot) -> None:
    worker, came = made()
    told, gate, closed = list[Any](), threading.Event(), list[str]()
    worker.came_on.connect(told.append)

    def long() -> Iterator[int]:
        try:
            yield 1
            gate.wait(5)
            yield 2
            raise AssertionError("nobody asked for more")
        finally:
            closed.append("long")

    def short() -> Generator[int, None, str]:
        yield 3
        return "done"

    worker.do([long])
    qtbot.waitUntil(lambda: told == [1])
    worker.do([short])
    gate.set()
    qtbot.waitUntil(lambda: not worker.busy)
    assert closed == ["long"] and came == ["done"] and told[-1] == 3
