from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt
from pytestqt.qtbot import QtBot

from metagen_gui.engine.store.snapshots import write_snapshot
from metagen_gui.gui.samples import folder_reader
from metagen_gui.gui.samples.folder_reader import FolderReader
from metagen_gui.gui.samples.view import SampleView
from tests.gui.snapshots import image_snapshot
from tests.gui.stand_ins import jobs

STEPS = (0, 50, 100, 150, 200)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "samples").mkdir()
    for step in STEPS:
        write_snapshot(tmp_path, image_snapshot(step))
    return tmp_path


@pytest.fixture
def view(qtbot: QtBot, folder: Path) -> SampleView:
    made = SampleView()
    qtbot.addWidget(made)
    made.resize(560, 500)
    made.show()
    made.reset(400, folder)
    made.add_snapshot(image_snapshot(200))
    qtbot.waitUntil(lambda: list(made.history._steps) == list(STEPS))
    return made


def test_one_snapshot_came_and_all_of_the_folder_can_be_chosen(view: SampleView, qtbot: QtBot) -> None:
    assert len(view._store) == 1 and view.shown.meta_step == 200 and view.history.following
    qtbot.keyClick(view.history.slider, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: view.shown.meta_step == 0)
    assert (view.shown.samples == image_snapshot(0).samples).all() and view.history.text == "step 0 of 400"
    assert view.shown.support is view._store.get(200).support
    view.add_snapshot(image_snapshot(250))
    assert view.shown.meta_step == 0 and view.history.slider.value() == 0, "it stays where the person has put it"
    qtbot.keyClick(view.history.slider, Qt.Key.Key_End)
    assert view.shown.meta_step == 250 and view.history.following


def test_playing_shows_them_all(view: SampleView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    show = view.grid.show_snapshot
    monkeypatch.setattr(view.grid, "show_snapshot", lambda each, how: (seen.append(each.meta_step), show(each, how)))
    view.history.play_button.click()
    qtbot.waitUntil(lambda: not view.history.playing and view.shown.meta_step == 200)
    assert sorted(set(seen)) == list(STEPS)


def test_one_that_is_damaged_is_left_out_and_named(view: SampleView, folder: Path, qtbot: QtBot) -> None:
    (folder / "samples" / "step-00000100.npz").write_bytes(b"PK")
    view.history.slider.setValue(1)
    qtbot.waitUntil(lambda: view.shown.meta_step == 50)
    view.history.slider.setValue(2)
    qtbot.waitUntil(lambda: 100 not in view.history._steps)
    assert view._subtitle.text().startswith("The samples of step 100 cannot be read: ")
    assert "step-00000100.npz: damaged" in view._subtitle.text()
    assert view.shown.meta_step == 50 and view.history.slider.value() == 1
    view.reset()
    assert view._subtitle.text() == "to tasks never trained on"


def test_what_a_resumed_run_had_not_come_to_is_not_shown(view: SampleView, folder: Path, qtbot: QtBot) -> None:
    view.reset(400, folder)
    view.add_snapshot(image_snapshot(100))
    qtbot.waitUntil(lambda: list(view.history._steps) == [0, 50, 100])


def test_another_run_hears_nothing_of_the_last(view: SampleView, folder: Path, qtbot: QtBot, tmp_path: Path) -> None:
    view.history.slider.setValue(0)  # asked for
    view.reset(400, tmp_path / "another")
    view.add_snapshot(image_snapshot(7))
    qtbot.waitUntil(lambda: not jobs())
    assert view.shown.meta_step == 7 and list(view.history._steps) == [7] and len(view._store) == 1


def test_of_many_wishes_the_last_is_read(qtbot: QtBot, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, came = folder_reader.read_snapshot, []
    asked: list[int] = []
    monkeypatch.setattr(folder_reader, "read_snapshot", lambda where, step: (asked.append(step), read(where, step))[1])
    owner = QObject()
    reader = FolderReader(owner)
    reader.came.connect(lambda snapshot: came.append(snapshot.meta_step))
    reader.open(folder)
    for step in STEPS:
        reader.fetch(step)
    qtbot.waitUntil(lambda: came == [0, 200])
    qtbot.waitUntil(lambda: not jobs())
    assert asked == [0, 200]
