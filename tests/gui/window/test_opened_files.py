"""Files that are dropped, opened or remembered: experiments, layouts, devices; what cannot be is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
)
from pytestqt.qtbot import QtBot

from metagen_gui.engine.devices import Device
from metagen_gui.gui.run.device_picker import DevicePicker
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.window.main_window import MainWindow
from tests.gui.window.conftest import Open


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
