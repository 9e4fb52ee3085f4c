from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.play.lesson import Lesson
from metagen_gui.gui.playground.tool import Playground
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.race.tool import RaceTool
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.teaching.telling import TellingDialog
from metagen_gui.gui.window.main_window import MainWindow
from tests.gui.stand_ins import FakeTraining, engine, letting_go


def opened(qtbot: QtBot, folder: Path) -> MainWindow:
    """Return a window with its engine, remembering what is in `folder`."""
    training = FakeTraining(folder / "runs")
    window = MainWindow(WindowSettings(folder / "window.ini"), lambda: engine(training, folder / "runs"))
    qtbot.addWidget(window, before_close_func=letting_go(qtbot))
    window.resize(1400, 900)
    window.show()
    qtbot.waitUntil(lambda: window.controller.state is not RunState.LOADING)
    return window


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    yield opened(qtbot, tmp_path)


def drawing(qtbot: QtBot, window: MainWindow) -> Playground:
    """Return the playground, with a model open."""
    tool = window.tools.by_name["playground"]
    assert isinstance(tool, Playground)
    qtbot.waitUntil(lambda: tool.page is not None and tool.page.ready is not None)
    return tool


def test_a_whole_lesson_comes_back_in_another_window(
    qtbot: QtBot, window: MainWindow, tmp_path_factory: pytest.TempPathFactory
) -> None:
    window.panel.set_experiment(Experiment("strokes", "vae", "reptile").with_value("training.shots", 3))
    window.layouts.narrow()
    window.layouts.toggle("race")
    race = window.tools.by_name["race"]
    assert isinstance(race, RaceTool)
    qtbot.waitUntil(lambda: race.contents is not None)
    race.setup.add(Experiment().with_value("training.shots", 3))
    window.layouts.toggle("playground")
    page = drawing(qtbot, window).page
    assert page is not None and page.ready is not None
    model, spec = page.ready.folder, page.ready.spec
    support = np.zeros((2, *spec.shape), np.float32)
    support[..., 4:9] = 1.0
    page.hand.give(support, anew=True)
    page.steps.count.setValue(4)
    window.layouts.docks["outer_loss"].hide()
    window.lessons.hide(("training", "algorithm.inner_lr"))
    lesson = window.lessons.lesson("One", "Draw.")
    word = lesson.to_text()

    other = opened(qtbot, tmp_path_factory.mktemp("other"))
    QGuiApplication.clipboard().setText(word)
    other.actions_by_name["paste_lesson"].trigger()
    assert other.panel.experiment() == window.panel.experiment()
    assert other.layouts.form == "narrow" and other.layouts.docks["outer_loss"].isHidden()
    assert other.panel.column.hidden == {"training", "algorithm.inner_lr"} and "One. Draw." in other.banner.text()
    page = drawing(qtbot, other).page
    assert page is not None and page.isVisible()
    qtbot.waitUntil(lambda: page.hand.support() is not None)
    given = page.hand.support()
    assert given is not None and page.ready is not None and page.ready.folder == model
    np.testing.assert_array_equal(given, support)
    assert page.steps.count.value() == 4
    again = other.tools.by_name["race"]
    assert isinstance(again, RaceTool)
    other.layouts.bring("race")
    qtbot.waitUntil(lambda: again.contents is not None)
    assert again.setup.race() == race.setup.race()
    other.layouts.bring("playground")
    qtbot.waitUntil(page.isVisible)
    assert other.lessons.lesson("One", "Draw.").document() == lesson.document()


def test_lessons_are_files_and_what_is_none_is_told(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    file = tmp_path / "one.metagen-lesson"
    window.lessons.save_to(file, "One")
    assert Lesson.load(file).title == "One" and "Saved one.metagen-lesson" in window.banner.text()
    window.panel.set_experiment(Experiment(algorithm="reptile"))
    window.lessons.first = file
    window.lessons.open_first()
    assert window.panel.experiment() == Experiment()
    file.write_text("{")
    window.lessons.open_file(file)
    assert "not JSON" in window.banner.text()
    QGuiApplication.clipboard().setText("metagen-lesson:abc")
    window.lessons.paste()
    assert "this is no lesson" in window.banner.text()
    odd = {"race": {"race": 1}, "nothing": {}}
    window.lessons.show(Lesson(Experiment(), layout="narrow", tools=odd, panels=("race", "nothing")))
    qtbot.waitUntil(lambda: "a race is a JSON object" in window.banner.text())
    window.lessons.show(
        Lesson(Experiment(), layout="narrow", tools={"playground": {"steps": 10**30}}, panels=("playground",))
    )
    qtbot.waitUntil(lambda: "is no number of 1 to 100" in window.banner.text())


def test_hidden_controls_stay_so_until_all_are_shown(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    window.lessons.hide(("training",))
    window.close()
    later = opened(qtbot, tmp_path)
    assert later.panel.column.sections["training"].isHidden()
    later.actions_by_name["show_controls"].trigger()
    assert not later.panel.column.sections["training"].isHidden()
    assert WindowSettings(tmp_path / "window.ini").texts("hidden_settings") == []


def test_a_lesson_is_told_of_once_it_is_asked_for(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def agree(dialog: TellingDialog) -> int:
        dialog.title.setText("Two")
        return int(QDialog.DialogCode.Accepted)

    monkeypatch.setattr(TellingDialog, "exec", agree)
    window.actions_by_name["copy_lesson"].trigger()
    assert Lesson.from_text(QGuiApplication.clipboard().text()).title == "Two"
    monkeypatch.setattr(TellingDialog, "exec", lambda dialog: 0)
    QGuiApplication.clipboard().setText("kept")
    window.actions_by_name["copy_lesson"].trigger()
    assert QGuiApplication.clipboard().text() == "kept"
