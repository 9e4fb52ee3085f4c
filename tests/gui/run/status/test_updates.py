from __future__ import annotations

import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from metagen_gui.gui.run.progress import RunProgress
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.run.status.bar import StatusBar
from metagen_gui.gui.run.status.updates import StatusUpdates


class Steered(QObject):
    """As much of a controller as the status line asks."""

    state_changed = Signal(object)
    branch_changed = Signal()
    stood = Signal()
    state, progress, stepping, discarding, branch, engine = RunState.IDLE, RunProgress(), False, False, None, None
    words = ""

    def change(self, state: RunState) -> None:
        self.state = state
        self.state_changed.emit(state)


def test_a_failure_is_announced_by_the_banner_that_tells_why_and_not_here_again(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(StatusBar, "announce", lambda bar: said.append(bar._label.text()))
    controller, bar = Steered(), StatusBar()
    qtbot.addWidget(bar)
    StatusUpdates(controller, bar)  # type: ignore[arg-type]
    controller.change(RunState.DONE)
    controller.change(RunState.FAILED)
    assert len(said) == 1 and said[0].startswith("Done")
    assert bar._label.text().startswith("Failed")
