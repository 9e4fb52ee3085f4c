"""The window and a run in it: started, steered, closed, failed, and what it shows of that."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QDialog,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.registry import Problem
from metagen_gui.gui.program.engine import Engine
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.window.actions import COMMANDS
from metagen_gui.gui.window.main_window import MainWindow
from tests.gui.questions import answer
from tests.gui.stand_ins import FakeTraining, engine
from tests.gui.window.conftest import Open


def button(window: MainWindow, name: str) -> QToolButton:
    found = window.findChild(QToolButton, f"{name}_button")
    assert isinstance(found, QToolButton)
    return found


def press(qtbot: QtBot, window: MainWindow, name: str) -> None:
    qtbot.mouseClick(button(window, name), Qt.MouseButton.LeftButton)


def wait_for(qtbot: QtBot, window: MainWindow, *states: RunState) -> None:
    qtbot.waitUntil(lambda: window.controller.state in states)


def test_a_person_runs_from_start_to_finish(qtbot: QtBot, open_window: Open) -> None:
    window = open_window()
    assert window.status.text().startswith("Ready")
    assert not button(window, "pause").isEnabled()
    press(qtbot, window, "start")
    wait_for(qtbot, window, RunState.RUNNING)
    qtbot.waitUntil(lambda: "Running: step" in window.status.text())
    qtbot.waitUntil(lambda: window.panels.samples.shown is not None)
    press(qtbot, window, "pause")
    assert button(window, "pause").text() == "Resume"
    press(qtbot, window, "pause")
    wait_for(qtbot, window, RunState.RUNNING)
    press(qtbot, window, "finish")
    wait_for(qtbot, window, RunState.DONE)
    assert str(window.controller.folder) in window.status.text()
    assert button(window, "start").isEnabled()


def test_fifty_clicks_start_one_run(qtbot: QtBot, open_window: Open, training: FakeTraining) -> None:
    window = open_window()
    for _ in range(50):
        press(qtbot, window, "start")
    wait_for(qtbot, window, RunState.RUNNING)
    assert training.begun == 1


def test_start_is_remembered_while_the_engine_loads(
    qtbot: QtBot, open_window: Open, training: FakeTraining, tmp_path: Path
) -> None:
    here = threading.Event()

    def load() -> Engine:
        here.wait(10)
        return engine(training, tmp_path)

    window = open_window(load, ready=False)
    assert window.controller.state is RunState.LOADING
    assert "loading the engine" in window.status.text()
    press(qtbot, window, "start")
    press(qtbot, window, "start")
    assert "as soon as" in window.status.text()
    here.set()
    wait_for(qtbot, window, RunState.RUNNING)
    assert training.begun == 1


def test_an_engine_that_does_not_load_is_told_and_tried_again(
    qtbot: QtBot, open_window: Open, training: FakeTraining, tmp_path: Path
) -> None:
    attempts: list[int] = []

    def load() -> Engine:
        attempts.append(1)
        if len(attempts) == 1:
            raise ImportError("libtorch is not what it was")
        return engine(training, tmp_path)

    window = open_window(load)
    assert window.controller.state is RunState.FAILED
    assert "libtorch is not what it was" in window.banner.text() and window.status.text() == "Failed."
    press(qtbot, window, "start")
    wait_for(qtbot, window, RunState.RUNNING)


def test_plugins_that_could_not_be_loaded_are_told_and_nothing_breaks(
    qtbot: QtBot, open_window: Open, training: FakeTraining, tmp_path: Path
) -> None:
    """In a line that a run's own messages do not take away."""
    kite = Problem("model", "kite", "toys", "RuntimeError: no string", "bad_toys.py, line 1")
    lost = Problem("metric", "lost", "toys", "ImportError: nowhere")
    window = open_window(lambda: engine(training, tmp_path / "runs", problems=[kite, lost]))
    said = "The model “kite” of the package “toys” could not be loaded: RuntimeError: no string"
    assert window.plugins_banner.text() == f"2 plugins could not be loaded, the first of them: {said}"
    press(qtbot, window, "start")
    wait_for(qtbot, window, RunState.RUNNING)
    assert window.plugins_banner.isVisible() and not window.banner.isVisible()
    details = window.findChild(QPushButton, "plugins_banner_button")
    assert details.isVisible()
    qtbot.mouseClick(details, Qt.MouseButton.LeftButton)
    (dialog,) = window.findChildren(QDialog, "fault_dialog")
    text = dialog.findChild(QPlainTextEdit).toPlainText()
    assert "bad_toys.py, line 1" in text and "The metric “lost”" in text
    dialog.close()
    assert not window.plugins_banner.isVisible()


def test_a_layout_kept_while_a_plugin_was_missing_gives_no_line_to_nothing(
    open_window: Open, training: FakeTraining, tmp_path: Path
) -> None:
    lost = Problem("metric", "lost", "toys", "ImportError: nowhere")
    window = open_window(lambda: engine(training, tmp_path / "runs", problems=[lost]))
    assert window.plugins_banner.isVisible()
    window.close()
    assert not open_window().plugins_banner.isVisible()


def test_bad_input_is_shown_beside_its_control(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> Iterator[None]:
        raise BadInput("training.shots", "tasks have only 3 examples")
        yield

    window = open_window(lambda: engine(refuse, tmp_path))
    press(qtbot, window, "start")
    qtbot.waitUntil(lambda: "training.shots" in window.status.text())
    assert window.controller.state is RunState.IDLE
    assert "Not started: training.shots: tasks have only 3 examples" in window.status.text()
    said = [label.text() for label in window.panel.findChildren(QLabel) if label.isVisible()]
    assert "tasks have only 3 examples" in said
    window.panel.replace_experiment(window.panel.experiment().with_value("training.shots", 3), "Fewer shots")
    assert window.status.text() == "Ready. Press Start to train."


def test_a_failure_offers_its_details(qtbot: QtBot, open_window: Open, training: FakeTraining) -> None:
    def fail(number: int) -> None:
        if number == 3:
            raise RuntimeError("no more")

    training.before_step = fail
    window = open_window()
    press(qtbot, window, "start")
    wait_for(qtbot, window, RunState.FAILED)
    assert window.banner.text() == "RuntimeError: no more"
    assert window.status.text() == "Failed at step 2 of 1,000.", "said once"
    offered = window.banner.findChild(QAbstractButton, "banner_button")
    assert isinstance(offered, QAbstractButton)
    qtbot.mouseClick(offered, Qt.MouseButton.LeftButton)
    details = window.findChild(QDialog, "fault_dialog")
    assert isinstance(details, QDialog)
    copy = details.findChild(QAbstractButton, "copy_details_button")
    assert isinstance(copy, QAbstractButton)
    qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert "Traceback" in QGuiApplication.clipboard().text()
    details.close()


def test_closing_asks_and_waits(qtbot: QtBot, open_window: Open, training: FakeTraining) -> None:
    window = open_window()
    press(qtbot, window, "start")
    wait_for(qtbot, window, RunState.RUNNING)
    answer("Keep running")
    assert not window.close()
    assert window.controller.state is RunState.RUNNING
    answer("Finish and quit")
    assert not window.close()
    assert window.controller.state is RunState.FINISHING
    qtbot.waitUntil(lambda: not window.isVisible())
    assert window.controller.state is RunState.DONE
    assert training.closed == 1


def test_discarding_asks_only_when_much_would_be_lost(
    qtbot: QtBot, open_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    press(qtbot, window, "start")
    wait_for(qtbot, window, RunState.RUNNING)
    qtbot.waitUntil(lambda: window.panels.samples.shown is not None)
    folder = window.controller.folder
    assert folder is not None
    monkeypatch.setattr("metagen_gui.gui.window.main_window.ASK_BEFORE_DISCARDING", 0.0)
    answer("Keep")
    press(qtbot, window, "discard")
    assert window.controller.state is RunState.RUNNING
    answer("Discard")
    press(qtbot, window, "discard")
    wait_for(qtbot, window, RunState.IDLE)
    assert not folder.exists()
    assert window.panels.samples.shown is None, "a run that is gone is still shown"
    assert not window.panels.outer.canvas.isVisible()
    assert not window.panels.inner.canvas.isVisible()


def test_live_changes_reach_the_run(qtbot: QtBot, open_window: Open, training: FakeTraining) -> None:
    window = open_window()
    press(qtbot, window, "start")
    wait_for(qtbot, window, RunState.RUNNING)
    window.panel.live_change.emit("algorithm.inner_lr", 0.5)
    qtbot.waitUntil(lambda: training.changes == [("algorithm.inner_lr", 0.5)])


def test_hidden_panels_get_their_data_when_shown(qtbot: QtBot, open_window: Open, training: FakeTraining) -> None:
    training.steps = 60
    window = open_window()
    window.layouts.docks["samples"].hide()
    press(qtbot, window, "start")
    wait_for(qtbot, window, RunState.DONE)
    assert window.panels.samples.shown is None
    window.layouts.docks["samples"].toggleViewAction().trigger()
    qtbot.waitUntil(lambda: window.panels.samples.shown is not None)
    assert window.panels.samples.shown is not None
    assert window.panels.samples.shown.meta_step == 50


def test_every_named_control_is_there_and_can_be_read_aloud(open_window: Open) -> None:
    window = open_window()
    for name in ("start", "pause", "step", "finish", "discard"):
        found = button(window, name)
        assert found.accessibleName()
        assert found.toolTip()
        assert found.focusPolicy() & Qt.FocusPolicy.TabFocus
    for name in (
        "algorithm_picker",
        "model_picker",
        "tasks_picker",
        "outer_loss_plot",
        "inner_loss_plot",
        "rates_view",
        "sample_view",
        "status_label",
    ):
        assert window.findChild(QWidget, name) is not None, name
    assert window.findChild(QAction, "export_action") is not None


def test_no_two_commands_share_a_shortcut_and_all_have_texts() -> None:
    keys = [key for command in COMMANDS for key in command.shortcuts]
    assert len(keys) == len(set(keys))
    assert all(command.tip and "&" in command.text for command in COMMANDS)
