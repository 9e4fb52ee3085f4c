"""The claim tester from the main window: one click, closing midway, and being told of the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from metagen_gui.engine.claims.examination.events import ClaimsFinished
from metagen_gui.gui.claims.controller import ClaimsState
from metagen_gui.gui.claims.dialog import ClaimsDialog
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.window.main_window import MainWindow
from tests.gui.claims_stand_ins import FakeExamine
from tests.gui.questions import answer
from tests.gui.stand_ins import FakeTraining, engine, letting_go


@pytest.fixture
def examine() -> FakeExamine:
    return FakeExamine()


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, examine: FakeExamine) -> MainWindow:
    folder = tmp_path / "runs"
    made = MainWindow(WindowSettings(tmp_path / "window.ini"), lambda: engine(FakeTraining(folder), folder))
    qtbot.addWidget(made, before_close_func=letting_go(qtbot))
    made.claims.controller._examine = examine
    made.show()
    qtbot.waitUntil(lambda: made.controller.state is RunState.IDLE)
    return made


def open_and_start(qtbot: QtBot, window: MainWindow) -> ClaimsDialog:
    button = window.findChild(QToolButton, "claims_button")
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    dialog = window.claims.dialog
    assert dialog is not None and dialog.isVisible()
    qtbot.mouseClick(dialog.form.start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.claims.controller.state is ClaimsState.RUNNING)
    return dialog


def test_two_clicks_test_the_experiment_of_the_window(
    qtbot: QtBot, window: MainWindow, examine: FakeExamine, tmp_path: Path
) -> None:
    window.panel.set_value("algorithm.inner_lr", 0.0123)
    open_and_start(qtbot, window)
    qtbot.waitUntil(lambda: bool(examine.asked))
    ((plan, folder),) = examine.asked
    assert plan.experiment == window.panel.experiment()
    assert plan.settings.seconds == 45 and folder.parent == tmp_path / "claims"


def test_the_form_follows_the_experiment_and_opens_but_once(qtbot: QtBot, window: MainWindow) -> None:
    window.claims.open()
    dialog = window.claims.dialog
    assert dialog is not None and "MAML" in dialog.form.intro.text()
    dialog.close()
    window.panel.set_value("algorithm.name", "reptile")
    window.claims.open()
    assert window.claims.dialog is dialog and "Reptile" in dialog.form.intro.text()


def test_closing_midway_asks_and_stops_cleanly(qtbot: QtBot, window: MainWindow, examine: FakeExamine) -> None:
    open_and_start(qtbot, window)
    qtbot.waitUntil(lambda: bool(examine.asked))
    answer("Keep testing")
    window.close()
    assert window.isVisible() and window.claims.controller.state is ClaimsState.RUNNING
    answer("Stop and quit")
    window.close()
    assert window.isVisible(), "alive until the test has stopped"
    qtbot.waitUntil(lambda: not window.isVisible())
    assert examine.closed == 1 and window.claims.controller.state is ClaimsState.IDLE


def test_quitting_quietly_asks_nothing(qtbot: QtBot, window: MainWindow, examine: FakeExamine) -> None:
    open_and_start(qtbot, window)
    qtbot.waitUntil(lambda: bool(examine.asked))
    window.quit_quietly()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert examine.closed == 1


def test_a_test_that_ends_unseen_is_told_of(
    qtbot: QtBot, window: MainWindow, examine: FakeExamine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examine.steps, examine.result = 300, ClaimsFinished(tmp_path / "report.html", None)  # type: ignore[arg-type]
    dialog = open_and_start(qtbot, window)
    monkeypatch.setattr(dialog.results, "show_result", lambda *_: None)
    dialog.close()
    qtbot.waitUntil(lambda: bool(window.banner.text()))
    assert window.banner.text() == "The test of claims is done."
    show = window.banner.findChild(QPushButton, "banner_button")
    assert show is not None
    qtbot.mouseClick(show, Qt.MouseButton.LeftButton)
    assert dialog.isVisible() and dialog.pages.currentWidget() is dialog.results
