from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot


@pytest.fixture(autouse=True)
def swept() -> Iterator[None]:
    """Let closed windows go and what is left be swept between tests: Qt goes through all there are at a new look."""
    gc.disable()
    yield
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QMenu) and widget.parent() is None:  # of plots: pyqtgraph lets go of none of them
            widget.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect(1)  # of this test and the one before: all that there is would take longer than most tests
    gc.enable()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait as long as a computer with much to do may take; what comes is not waited for any longer."""
    for wait in (QtBot.waitUntil, QtBot.waitSignal, QtBot.waitSignals, QtBot.waitActive, QtBot.waitExposed):
        monkeypatch.setitem(wait.__kwdefaults__, "timeout", 60_000)
