"""A run is moved from the window: where to, how far it is, broken off, refused, and what is said of it afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from metagen_gui.engine.hosts import runs
from metagen_gui.engine.hosts.known import Host, add_host
from metagen_gui.engine.hosts.link import LinkLost
from metagen_gui.engine.progress import Ended
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.library import read_entry
from metagen_gui.gui.library.moving import MoveDialog, move_run
from metagen_gui.gui.program.job import end_jobs
from tests.kept_runs import keep_run


@dataclass
class Moving:
    """In place of a move: it says what it is at and how far it is, once it may."""

    may: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[Path, str]] = field(default_factory=list)
    ended: list[bool] = field(default_factory=list)

    def __call__(self, folder: Path, to: str, progress: Callable[..., object], say: Callable[..., object]) -> None:
        self.asked.append((folder, to))
        if to == "gone":
            raise BadInput("gone", "does not answer")
        say(f"sending to {to}")
        progress(25, 100)
        self.may.wait(60)
        try:
            progress(100, 100)
        except Ended:
            self.ended.append(True)
            raise


@pytest.fixture
def moving() -> Moving:
    return Moving()


@pytest.fixture
def open_dialog(qtbot: QtBot, tmp_path: Path, moving: Moving) -> Callable[..., tuple[MoveDialog, list[str]]]:
    folder = keep_run(tmp_path / "runs", "mine", state="stopped")
    add_host(Host("gpu", "me@10.0.0.7", ""))

    def make(**changed: Any) -> tuple[MoveDialog, list[str]]:
        entry = read_entry(folder)
        for name, value in changed.items():
            object.__setattr__(entry, name, value)
        dialog, moved = MoveDialog(entry, moving), list[str]()
        qtbot.addWidget(dialog)
        dialog.moved.connect(moved.append)
        dialog.show()
        return dialog, moved

    return make


def cancel(dialog: MoveDialog) -> Any:
    return dialog.buttons.button(QDialogButtonBox.StandardButton.Cancel)


def test_it_tells_how_far_it_is_and_where_the_run_is_then(
    qtbot: QtBot, moving: Moving, open_dialog: Callable[..., tuple[MoveDialog, list[str]]]
) -> None:
    dialog, moved = open_dialog()
    assert dialog.place.currentText() == "gpu" and dialog.place.count() == 1
    dialog.place.setEditText("  ")
    assert not dialog.move_button.isEnabled()
    dialog.begin()
    assert not moving.asked
    dialog.place.setEditText("gpu")
    qtbot.mouseClick(dialog.move_button, Qt.MouseButton.LeftButton)
    dialog.begin()  # a double click
    qtbot.waitUntil(lambda: dialog.bar.value() == 25 and dialog.said.text() == "Sending to gpu")
    assert not dialog.move_button.isEnabled() and not dialog.place.isEnabled() and dialog.bar.isVisible()
    moving.may.set()
    qtbot.waitUntil(lambda: bool(moved))
    assert moved == ["gpu"] and [to for _, to in moving.asked] == ["gpu"] and not dialog.isVisible()


def test_it_can_be_broken_off_and_begun_again(
    qtbot: QtBot, moving: Moving, open_dialog: Callable[..., tuple[MoveDialog, list[str]]]
) -> None:
    dialog, moved = open_dialog()
    dialog.begin()
    qtbot.waitUntil(lambda: dialog.bar.value() == 25)
    qtbot.mouseClick(cancel(dialog), Qt.MouseButton.LeftButton)
    assert dialog.isVisible() and not cancel(dialog).isEnabled()
    moving.may.set()
    qtbot.waitUntil(lambda: "Broken off" in dialog.said.text())
    assert moving.ended == [True] and not moved and dialog.move_button.isEnabled()
    dialog.begin()
    qtbot.waitUntil(lambda: moved == ["gpu"])


def test_what_keeps_it_from_moving_is_said(
    qtbot: QtBot, open_dialog: Callable[..., tuple[MoveDialog, list[str]]]
) -> None:
    dialog, moved = open_dialog()
    dialog.place.setEditText("gone")
    dialog.begin()
    qtbot.waitUntil(lambda: dialog.said.text() == "gone: does not answer")
    assert dialog.isVisible() and not moved
    dialog.reject()
    assert not dialog.isVisible()


def test_from_another_machine_it_can_come_here(
    qtbot: QtBot, moving: Moving, open_dialog: Callable[..., tuple[MoveDialog, list[str]]]
) -> None:
    dialog, moved = open_dialog(host="gpu")
    assert [dialog.place.itemText(row) for row in range(dialog.place.count())] == ["this computer"]
    moving.may.set()
    dialog.begin()
    qtbot.waitUntil(lambda: moved == [""])
    assert [to for _, to in moving.asked] == ["here"]


def test_closed_with_the_program_it_ends(
    qtbot: QtBot, moving: Moving, open_dialog: Callable[..., tuple[MoveDialog, list[str]]]
) -> None:
    dialog, moved = open_dialog()
    dialog.begin()
    qtbot.waitUntil(lambda: dialog.bar.value() == 25)
    threading.Timer(0.05, moving.may.set).start()
    end_jobs()
    assert moving.ended == [True] and not moved


def test_a_link_that_is_lost_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(*_: object) -> None:
        raise LinkLost("gpu", "has ended the link")

    monkeypatch.setattr(runs, "move", lose)
    with pytest.raises(BadInput, match="gpu: has ended the link"):
        move_run(tmp_path, "gpu", str, str)
