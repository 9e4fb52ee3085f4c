from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDropEvent, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDialog,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from metagen_gui.engine.devices import Device
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.registry import Problem
from metagen_gui.gui.program.engine import Engine
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.run.device_picker import DevicePicker
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.window.actions import COMMANDS
from metagen_gui.gui.window.main_window import MainWindow
from tests.gui.questions import answer
from tests.gui.stand_ins import FakeTraining, engine, letting_go

Open = Callable[..., MainWindow]


@pytest.fixture
def training(tmp_path: Path) -> FakeTraining:
    return FakeTraining(tmp_path / "runs")


@pytest.fixture
def open_window(qtbot: QtBot, training: FakeTraining, tmp_path: Path) -> Open:
    def make(load: Callable[[], Engine] | None = None, *, ready: bool = True) -> MainWindow:
        settings = WindowSettings(tmp_path / "window.ini")
        window = MainWindow(settings, load or (lambda: engine(training, tmp_path / "runs")))
        qtbot.addWidget(window, before_close_func=letting_go(qtbot))
        window.show()
        if ready:
            qtbot.waitUntil(lambda: window.controller.state is not RunState.LOADING)
        return window

    return make


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


def drop(window: MainWindow, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(event)


def test_files_can_be_dropped(open_window: Open, tmp_path: Path) -> None:
    window = open_window()
    good = tmp_path / "good.json"
    good.write_text(json.dumps({"algorithm": {"name": "reptile"}}))
    drop(window, good)
    assert window.panel.experiment().algorithm == "reptile"
    assert window.windowTitle() == "good.json"
    window.panel.set_value("training.shots", 3)
    assert window.windowTitle() == "good.json (changed)"
    window.files.save()
    assert window.windowTitle() == "good.json"
    for name, text in (("bad.json", "{"), ("notes.txt", "hello"), ("wrong.json", '{"training": {"shots": 0}}')):
        (tmp_path / name).write_text(text)
        drop(window, tmp_path / name)
        assert window.banner.text()
        assert window.panel.experiment().algorithm == "reptile"
    assert "training.shots" in window.banner.text()
    images = tmp_path / "images of mine"
    images.mkdir()
    drop(window, images)
    assert window.panel.experiment().tasks == "images"
    assert window.panel.experiment().values["tasks"]["path"] == str(images)
    window.actions_by_name["undo"].trigger()
    assert window.panel.experiment().tasks == "strokes"


def test_a_file_that_cannot_be_opened_is_named(open_window: Open, tmp_path: Path) -> None:
    window = open_window()
    said: list[str] = []
    window.files.problem_found.connect(said.append)
    path = tmp_path / "mistyped.json"
    path.write_text('{"version": 1, "tasks": {"name": "strkes"}}', encoding="utf-8")
    window.files.open(path)
    window.files.open(tmp_path / "gone.json")
    assert said[0].startswith("mistyped.json: tasks.name: ")
    assert said[1].count("gone.json") == 1


def test_the_device_is_a_setting_of_the_experiment(
    qtbot: QtBot, open_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("metagen_gui.gui.run.device_picker.cores", lambda: 6)
    window = open_window()
    picker = window.findChild(QComboBox, "device_picker")
    assert isinstance(picker, QComboBox)
    offered = [picker.itemData(i) for i in range(picker.count())]
    assert offered == ["auto", "cpu", "2 × cpu", "4 × cpu", "6 × cpu", None, "at "]
    for place, said in ((1, {"device": "cpu"}), (3, {"device": "cpu", "processes": 4}), (0, {})):
        picker.setCurrentIndex(place)
        picker.activated.emit(place)
        training = window.panel.experiment().values["training"]
        assert {name: training[name] for name in ("device", "processes") if name in training} == said
    window.actions_by_name["undo"].trigger()
    assert picker.currentText() == "4 processes"
    window.panel.replace_experiment(window.panel.experiment().with_value("training.processes", 9), "edit")
    assert (picker.currentText(), picker.currentData()) == ("9 processes", "9 × cpu")
    window.panel.replace_experiment(window.panel.experiment().with_value("training.device", "cuda"), "edit")
    assert picker.currentText() == "9 × GPU (not found)"


def test_several_gpus_are_offered_together(open_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metagen_gui.gui.run.device_picker.cores", lambda: 1)
    picker = DevicePicker(open_window().panel)
    picker.set_devices([*(Device(f"cuda:{i}", f"GPU {i}") for i in range(2)), Device("cpu", "CPU (1 core)")])
    assert [picker.itemText(i) for i in range(3, picker.count())] == ["2 × GPU", "CPU (1 core)"]
    picker.setCurrentIndex(3)
    picker.activated.emit(3)
    training = picker._panel.experiment().values["training"]
    assert (training["device"], training["processes"]) == ("cuda", 2)


def test_the_last_experiment_and_layout_return(open_window: Open, tmp_path: Path) -> None:
    first = open_window()
    first.panel.replace_experiment(first.panel.experiment().with_value("algorithm.inner_lr", 0.03), "edit")
    first.layouts.presenting()
    first.close()
    second = open_window()
    assert second.panel.experiment().values["algorithm"]["inner_lr"] == 0.03
    assert second.layouts.form == "presenting"
    assert second.layouts.docks["experiment"].isHidden()
    second.layouts.wide()
    assert not second.layouts.docks["experiment"].isHidden()


@pytest.mark.parametrize("damage", [b"\x00\xff" * 50, b"[General]\nexperiment=42\ngeometry=@ByteArray(x)\nrecents=7\n"])
def test_damaged_settings_are_ignored(open_window: Open, tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "window.ini").write_bytes(damage)
    window = open_window()
    assert window.controller.state is RunState.IDLE
    assert window.panel.experiment().algorithm == "maml"


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


def test_copy_as_command(open_window: Open) -> None:
    window = open_window()
    window.actions_by_name["copy_command"].trigger()
    assert QGuiApplication.clipboard().text().startswith("metagen train --set tasks.name=strokes")


def test_a_file_with_a_setting_that_was_taken_out_opens_with_a_notice(open_window: Open, tmp_path: Path) -> None:
    window = open_window()
    said = list[str]()
    window.files.problem_found.connect(said.append)
    file = tmp_path / "older.json"
    file.write_text('{"training": {"compile": "never", "seed": 5}}', encoding="utf-8")
    window.files.open(file)
    assert window.panel.experiment().values["training"]["seed"] == 5
    assert len(said) == 1 and "training.compile" in said[0]
