"""Everything that comes from outside goes by a name that is markup: no part of the window may take it for that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractItemView, QApplication, QLabel, QTextEdit, QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.engine.events import Alarm, Notice, SettingChanged
from metagen_gui.engine.settings.registry import Problem
from metagen_gui.gui.library.thrown import TrashDialog
from metagen_gui.gui.program.fault_dialog import FaultDialog
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.window.main_window import MainWindow
from tests.gui.stand_ins import FakeTraining, engine, letting_go, snapshot
from tests.kept_runs import keep_run

NAME = '<img src="x">'
FILE = "<img src='x'>"
"""A name that a folder can have."""


def texts(root: QWidget) -> Iterator[tuple[QObject, str]]:
    """Iterate over what Qt would render as rich text if it looked like it: of every widget, action and cell."""
    for widget in (root, *root.findChildren(QWidget)):
        yield widget, widget.toolTip()
        yield widget, widget.whatsThis()
        if isinstance(widget, QLabel) and widget.textFormat() is not Qt.TextFormat.PlainText:
            yield widget, widget.text()
        if isinstance(widget, QTextEdit):
            yield widget, widget.toHtml().replace("<!DOCTYPE", "")
        if isinstance(widget, QAbstractItemView) and widget.model() is not None:
            yield from ((widget, text) for text in tips(widget.model()))
    for action in root.findChildren(QAction):
        yield action, action.toolTip()


def tips(model: QAbstractItemModel) -> Iterator[str]:
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount()
    for column in range(columns):
        for row in range(model.rowCount()):
            yield str(model.index(row, column).data(Qt.ItemDataRole.ToolTipRole) or "")
        yield str(model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole) or "")


def assert_plain(*roots: QWidget) -> None:
    shown = [(type(where).__name__, where.objectName(), text) for root in roots for where, text in texts(root)]
    assert not [each for each in shown if "<img" in each[2].lower()]


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> MainWindow:
    training = FakeTraining(tmp_path / "runs")
    for name in (FILE, "other"):
        keep_run(tmp_path / "runs", name, state="failed", problem=NAME, parent=f"{NAME}@3")
    problem = Problem("model", NAME, NAME, NAME, NAME)
    made = MainWindow(
        WindowSettings(tmp_path / "window.ini"), lambda: engine(training, tmp_path / "runs", problems=[problem])
    )
    qtbot.addWidget(made, before_close_func=letting_go(qtbot))
    made.show()
    qtbot.waitUntil(lambda: made.controller.state is not RunState.LOADING, timeout=20_000)
    return made


def test_names_of_runs_files_classes_and_notes_are_text(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    file = tmp_path / f"{FILE}.json"
    file.write_text(window.panel.experiment().to_json(), "utf-8")
    window.files.open(file)
    window.files.problem_found.emit(NAME)
    assert NAME in window.banner.text()
    window._show_runs()
    library, runs = window.controller.engine.library, window.runs_panel  # type: ignore[union-attr]
    library.rename(tmp_path / "runs" / FILE, NAME)
    library.set_note(tmp_path / "runs" / FILE, NAME)
    window.runs.listing.refresh()
    qtbot.waitUntil(lambda: any(entry.note == NAME for entry in runs.model.entries()))
    runs.table.selectAll()
    runs.actions_by_name["compare"].setChecked(True)
    qtbot.waitUntil(lambda: len(runs.comparison.plot._runs) == 2)
    window.panels.samples.reset(10)
    window.panels.samples.add_snapshot(replace(snapshot(1), names=(NAME, NAME)))
    window.layouts.bring("samples")
    window.grab()  # what waits to be shown is made
    run = window.controller
    run.alarmed.emit(Alarm(3, NAME, NAME, title=NAME))
    for event in (Notice(NAME), Notice(NAME, grave=True)):
        run._hear(event)
    run.refused.emit("training.shots", NAME)
    run.refused.emit(NAME, NAME)
    run.failed.emit(NAME, NAME)
    run.setting_changed.emit(SettingChanged(1, NAME, NAME))
    window._messages.show_details()
    QApplication.processEvents()
    assert_plain(window, TrashDialog(window), FaultDialog(NAME, NAME, NAME, window))
    said = [label.text() for label in window.findChildren(QLabel) if NAME in label.text()]
    assert len(said) > 3, "they are shown, to the letter"


def test_the_walk_finds_what_would_be_taken_for_markup(qtbot: QtBot) -> None:
    root = QWidget()
    qtbot.addWidget(root)
    for label in (QLabel(NAME, root), QLabel("x", root)):
        label.setToolTip(NAME if label.text() == "x" else "")
    with pytest.raises(AssertionError, match="QLabel"):
        assert_plain(root)
