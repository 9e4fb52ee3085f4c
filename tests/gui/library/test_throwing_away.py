"""Runs go to the trash after a question and come back from it; where there is none, nothing is deleted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QLabel
from pytestqt.qtbot import QtBot

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.store.lock import RunLock
from metagen_gui.engine.store.trash import throw_away, thrown_away
from metagen_gui.gui.library.thrown import TrashDialog
from metagen_gui.gui.run.states import RunState
from tests.gui.library.conftest import Open, do
from tests.gui.library.test_panel import choose, shown
from tests.gui.questions import answer
from tests.gui.stand_ins import FakeTraining
from tests.kept_runs import keep_run


def test_a_run_goes_to_the_trash_only_after_a_yes(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    folders = [keep_run(tmp_path / "runs", name) for name in ("one", "two", "three")]
    window = open_window()
    answer("Keep")
    do(window, "trash", "one", "two")
    assert all(folder.is_dir() for folder in folders)
    answer("Move to trash")
    do(window, "trash", "one", "two")
    assert [folder.is_dir() for folder in folders] == [False, False, True]
    assert shown(window.runs_panel) == ["three"]
    assert window.banner.text() == "2 runs are in the trash (Runs, Trash…)."
    window.banner._action.click()
    assert [folder.is_dir() for folder in folders] == [True, True, True]
    qtbot.waitUntil(lambda: set(shown(window.runs_panel)) == {"one", "two", "three"})


def test_what_lies_in_the_trash_comes_back_after_a_restart_or_is_deleted_after_a_question(
    qtbot: QtBot, open_window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folders = [keep_run(tmp_path / "runs", name) for name in ("one", "two")]
    for folder in folders:
        throw_away(folder)
    dialog = TrashDialog(open_window())
    qtbot.addWidget(dialog)
    assert dialog.list.count() == 2 and not dialog.back_button.isEnabled()
    dialog.list.item(0).setSelected(True)
    dialog.back_button.click()
    assert [folder.is_dir() for folder in folders] == [False, True], "the newest stands first"
    dialog.list.item(0).setSelected(True)
    answer("Keep")
    dialog.delete_button.click()
    assert dialog.list.count() == 1 and thrown_away()
    answer("Delete")
    dialog.list.item(0).setSelected(True)
    dialog.delete_button.click()
    assert not thrown_away() and dialog.said.text() == "The trash is empty."


def test_the_run_last_shown_is_forgotten_when_it_goes_to_the_trash(
    qtbot: QtBot, open_window: Open, training: FakeTraining
) -> None:
    training.steps = 3
    window = open_window()
    window.controller.start(Experiment())
    qtbot.waitUntil(lambda: window.controller.state is RunState.DONE)
    folder = window.controller.folder
    assert folder is not None
    (folder / "experiment.json").write_text(Experiment().to_json(complete=True))
    window.runs.listing.refresh()
    qtbot.waitUntil(lambda: bool(shown(window.runs_panel)))
    answer("Move to trash")
    do(window, "trash", *shown(window.runs_panel))
    assert window.controller.folder is None
    assert window.controller.state is RunState.IDLE
    assert not window.actions_by_name["discard"].isEnabled()


def test_a_run_that_was_started_meanwhile_is_not_thrown_away(open_window: Open, tmp_path: Path) -> None:
    folder = keep_run(tmp_path / "runs", "mine")
    window = open_window()
    choose(window.runs_panel, "mine")
    lock = RunLock(folder)
    record = json.loads((folder / "state.json").read_text())
    (folder / "state.json").write_text(json.dumps({**record, "state": "running"}))
    answer("Move to trash")
    window.runs_panel.actions_by_name["trash"].trigger()
    assert folder.is_dir()
    assert "mine is going on" in window.banner.text()
    lock.release()


def test_where_there_is_no_trash_nothing_is_deleted(
    open_window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = keep_run(tmp_path / "runs", "mine")
    window = open_window()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "metagen").write_text("no folder")
    answer("Move to trash")
    do(window, "trash", "mine")
    assert folder.is_dir() and shown(window.runs_panel) == ["mine"]
    assert "could not be moved to the trash" in window.banner.text()


def test_a_resumed_run_is_discarded_only_after_a_question(
    qtbot: QtBot, open_window: Open, training: FakeTraining, tmp_path: Path
) -> None:
    folder = keep_run(tmp_path / "runs", "mine")
    training.resumed_from = 100
    window = open_window()
    do(window, "resume", "mine")
    qtbot.waitUntil(lambda: window.controller.state is RunState.RUNNING)
    answer("Keep")
    window.discard()
    assert folder.is_dir() and not window.controller.discarding


@pytest.mark.parametrize("name", ["branch", "trash"])
def test_a_name_in_a_question_is_no_markup(open_window: Open, tmp_path: Path, name: str) -> None:
    keep_run(tmp_path / "runs", "<b>mine")
    window = open_window()
    formats: list[Qt.TextFormat] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QDialog)
        formats.extend(label.textFormat() for label in dialog.findChildren(QLabel) if "mine" in label.text())
        dialog.reject()

    QTimer.singleShot(50, look)
    do(window, name, "<b>mine")
    assert formats == [Qt.TextFormat.PlainText]
