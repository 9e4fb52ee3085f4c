"""Presets, recent files, dropped paths and the command line of an experiment."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QUrl
from pytestqt.qtbot import QtBot

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.resources import resources_folder
from metagen_gui.gui.experiment.command_line import command_for
from metagen_gui.gui.experiment.presets import PresetMenu, presets
from metagen_gui.gui.experiment.recents import MOST, Recents
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.widgets.dropped import Dropped, dropped_path, what_is


def test_every_preset_is_a_sound_experiment() -> None:
    found = presets()
    assert found
    assert len(found) == len(list((resources_folder() / "presets").glob("*.json")))
    for preset in found:
        Experiment.load(preset.path).check()
        assert preset.title
        assert preset.text.endswith(".")


def test_files_that_are_no_presets_are_left_out(qtbot: QtBot, tmp_path: Path) -> None:
    good = {"about": {"title": "Rings", "text": "Good for rings."}}
    for name, text in (("a.json", "{"), ("b.json", "[]"), ("c.json", '{"about": 3}'), ("d.json", json.dumps(good))):
        (tmp_path / name).write_text(text)
    menu = PresetMenu(tmp_path)
    with qtbot.waitSignal(menu.chosen) as chosen:
        menu.menu.actions()[0].trigger()
    assert [action.text() for action in menu.menu.actions()] == ["Rings"]
    assert menu.menu.actions()[0].toolTip() == "Good for rings."
    assert chosen.args is not None
    assert chosen.args[0].path.name == "d.json"


def test_recent_files_are_few_unique_and_newest_first(qtbot: QtBot, tmp_path: Path) -> None:
    settings = WindowSettings(tmp_path / "window.ini")
    recents = Recents(settings)
    for number in [*range(15), 7]:
        recents.add(tmp_path / f"{number}.json")
    assert len(recents.paths()) == MOST
    assert [path.stem for path in recents.paths()[:3]] == ["7", "14", "13"]
    (tmp_path / "7.json").touch()
    settings.write()
    again = Recents(WindowSettings(tmp_path / "window.ini"))
    assert again.paths() == recents.paths()
    first, second = again.menu.actions()[:2]
    assert first.isEnabled()
    assert not second.isEnabled()
    with qtbot.waitSignal(again.chosen) as chosen:
        first.trigger()
    assert chosen.args == [tmp_path / "7.json"]
    again.clear()
    assert not again.paths()


@pytest.mark.parametrize("path", ["plain", "with space/and'quote", "ünï/日本", "a=b; rm -rf $HOME", "tab\tand\nline"])
def test_the_command_reproduces_the_experiment(path: str) -> None:
    experiment = (
        Experiment()
        .with_plugin("tasks", "images")
        .with_plugin("algorithm", "reptile")
        .with_value("tasks.path", path)
        .with_value("algorithm.inner_lr", 1e-7)
        .with_value("algorithm.group_rates", {"decoder": 0.5})
        .with_value("training.meta_steps", 12)
    )
    words = shlex.split(command_for(experiment))
    assert words[:2] == ["metagen", "train"]
    again = Experiment()
    for flag, assignment in zip(words[2::2], words[3::2], strict=True):
        assert flag == "--set"
        again = again.with_text(assignment)
    assert again.document() == experiment.document()


def test_what_a_path_is(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    assert what_is(run) is Dropped.IMAGES
    (run / "experiment.json").touch()
    assert what_is(run) is Dropped.EXPERIMENT
    assert what_is(tmp_path / "x.JSON") is Dropped.EXPERIMENT
    assert what_is(tmp_path / "x.zip") is Dropped.IMAGES
    assert what_is(tmp_path / "x.txt") is None


def test_only_one_local_path_can_be_dropped(tmp_path: Path) -> None:
    data = QMimeData()
    assert dropped_path(data) is None
    data.setUrls([QUrl("https://example.org/x.json")])
    assert dropped_path(data) is None
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    assert dropped_path(data) == tmp_path
    data.setUrls([QUrl.fromLocalFile(str(tmp_path)), QUrl.fromLocalFile("/")])
    assert dropped_path(data) is None
