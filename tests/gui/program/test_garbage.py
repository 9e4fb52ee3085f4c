"""Rubbish that goes round in a circle goes in the window's thread, however much is made in others."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator
from types import ModuleType

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from metagen_gui.gui.program.garbage import MANY, Garbage


class Circle:
    """Holds itself and says in which thread it goes."""

    def __init__(self, went: list[threading.Thread]) -> None:
        self.self, self.went = self, went

    def __del__(self) -> None:
        self.went.append(threading.current_thread())


@pytest.fixture
def garbage(qtbot: QtBot) -> Iterator[Garbage]:
    parent = QObject()
    gc.enable()
    yield Garbage(parent)
    gc.unfreeze()


def make_much() -> None:
    kept = [[number] for number in range(50_000)]
    assert len(kept) == 50_000


def test_a_thread_that_makes_much_sweeps_nothing(garbage: Garbage, qtbot: QtBot) -> None:
    went: list[threading.Thread] = []
    Circle(went)
    thread = threading.Thread(target=make_much)
    thread.start()
    thread.join()
    assert not went
    kept = [[number] for number in range(1_000)]
    qtbot.waitUntil(lambda: bool(went))
    assert went == [threading.main_thread()] and kept


def test_old_rubbish_is_found_but_not_time_and_again(garbage: Garbage, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    monkeypatch.setattr(gc, "get_count", lambda: (701, 11, 11))
    monkeypatch.setattr(gc, "collect", lambda generation=2: looked.append(generation))
    clock = iter([100.0, 100.5, 100.6, 151.0, 151.1])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    garbage.look()  # takes half a second, so that the next one is 50 seconds later
    garbage.look()
    garbage.look()
    assert looked == [2, 1, 2]


def test_what_has_been_imported_is_not_looked_through_again(garbage: Garbage, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    monkeypatch.setattr(gc, "get_count", lambda: (701, 11, 11))
    monkeypatch.setattr(gc, "collect", lambda generation=2: looked.append(generation))
    monkeypatch.setattr(gc, "freeze", lambda: looked.append(-1))
    for number in range(MANY):
        monkeypatch.setitem(sys.modules, f"imported{number}", ModuleType("imported"))
    garbage.look()
    garbage.look()
    garbage.look()
    assert looked == [0, -1, 2]
