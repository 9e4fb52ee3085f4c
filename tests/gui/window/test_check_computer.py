from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from metagen_gui.engine.doctor.findings import Check, Findings, Line
from metagen_gui.gui.program.job import Job
from metagen_gui.gui.window.check_computer import CheckComputerDialog


def look(folder: Path) -> Iterator[Line]:
    yield from ()


CHECK = Check("disk", "Disk", look)


def test_what_is_found_can_be_read_and_copied(qtbot: QtBot) -> None:
    go_on = threading.Event()

    def examine() -> Iterator[Check | Findings]:
        yield CHECK
        yield Findings(CHECK, (Line("note", "<b>slow</b>", "another one"),))
        yield CHECK
        go_on.wait(20)
        yield Findings(CHECK, (Line("problem", "full"),))

    dialog = CheckComputerDialog(examine)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: "slow" in dialog.text.toPlainText() and dialog.said.text() == "Disk…")
    assert 0 < dialog.bar.value() < dialog.bar.maximum()
    go_on.set()
    qtbot.waitUntil(lambda: dialog.bar.isHidden())
    found = "Disk\n  note    <b>slow</b>\n          → another one\nDisk\n  problem full\n1 problem, 1 note."
    assert dialog.said.text() == "1 problem, 1 note."
    qtbot.mouseClick(dialog.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == found


def test_what_cannot_be_imported_is_told(qtbot: QtBot) -> None:
    def examine() -> Iterator[Check | Findings]:
        raise ImportError("libtorch.so is not there")

    dialog = CheckComputerDialog(examine)
    qtbot.addWidget(dialog)
    qtbot.waitUntil(lambda: "libtorch" in dialog.said.text())


def test_closing_it_ends_the_looking(qtbot: QtBot) -> None:
    looked, closed = [], threading.Event()

    def examine() -> Iterator[Check | Findings]:
        for number in range(1000):
            looked.append(number)
            yield CHECK
            closed.wait(20)

    dialog = CheckComputerDialog(examine)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: bool(looked))
    dialog.close()
    closed.set()
    qtbot.waitUntil(lambda: not QGuiApplication.instance().findChildren(Job))
    assert len(looked) < 5
