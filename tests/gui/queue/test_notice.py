"""What is told of the line: within the window always, on the desktop where it takes messages and nobody looks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from metagen_gui.engine.queue.entry import Entry
from metagen_gui.gui.queue import notice
from metagen_gui.gui.queue.notice import Notices
from metagen_gui.gui.widgets.banner import Banner


class Tray(QObject):
    """Stands in for the desktop's place of messages."""

    there = True
    said: list[str]

    def __init__(self, *_: Any) -> None:
        super().__init__()

    @classmethod
    def isSystemTrayAvailable(cls) -> bool:
        return cls.there

    def supportsMessages(self) -> bool:
        return True

    def showMessage(self, title: str, text: str) -> None:
        self.said.append(text)

    def setToolTip(self, text: str) -> None: ...
    def show(self) -> None: ...


@pytest.mark.parametrize(("there", "looks", "told"), [(True, False, True), (True, True, False), (False, False, False)])
def test_a_line_that_is_done_is_told_where_nobody_looks(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, there: bool, looks: bool, told: bool
) -> None:
    banner = Banner()
    qtbot.addWidget(banner)
    Tray.there, Tray.said = there, []
    monkeypatch.setattr(notice, "QSystemTrayIcon", Tray)
    monkeypatch.setattr(QApplication, "activeWindow", lambda: banner if looks else None)
    notices, entry = Notices(banner, banner), Entry(folder=Path("1"), name="kites", state="running")
    notices.tell([entry])
    assert banner.text() == ""
    notices.tell([entry.model_copy(update={"state": "done"})])
    assert "1 done, 0 failed" in banner.text()
    assert Tray.said == ([banner.text()] if told else [])
    notices.tell([entry.model_copy(update={"state": "done"})])
    assert len(Tray.said) == told  # once
