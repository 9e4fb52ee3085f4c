from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot


@pytest.fixture(autouse=True)
def swept() -> Iterator[None]:
    """Let what an earlier test has left be swept between tests, and no widget while Qt goes through them all."""
    gc.disable()
    yield
    gc.collect(1)
    gc.enable()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait as long as a computer with much to do may take; what comes is not waited for any longer."""
    for wait in (QtBot.waitUntil, QtBot.waitSignal, QtBot.waitSignals, QtBot.waitActive, QtBot.waitExposed):
        monkeypatch.setitem(wait.__kwdefaults__, "timeout", 60_000)
