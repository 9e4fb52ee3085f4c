from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.store.library import RunEntry, list_runs
from metagen_gui.gui.library.offer import RunsOffer
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.widgets.banner import Banner
from metagen_gui.gui.window.main_window import MainWindow
from tests.engine.queue.stand_ins import DOCUMENT
from tests.gui.questions import answer
from tests.gui.stand_ins import FakeTraining, engine
from tests.kept_runs import keep_run

Ask = Callable[[], Banner]


@pytest.fixture
def settings(tmp_path: Path) -> WindowSettings:
    return WindowSettings(tmp_path / "window.ini")


@pytest.fixture
def resumed() -> list[str]:
    return []


@pytest.fixture
def ask(qtbot: QtBot, tmp_path: Path, settings: WindowSettings, resumed: list[str]) -> Ask:
    """Make the offer that a start of the window makes, of the runs there are."""

    def make() -> Banner:
        banner = Banner()
        qtbot.addWidget(banner)

        def resume(entry: RunEntry) -> None:
            resumed.append(entry.name)

        RunsOffer(banner, settings, resume, banner).make(list_runs(tmp_path / "runs"))
        return banner

    return make


def click(qtbot: QtBot, banner: Banner, name: str) -> None:
    button = banner.findChild(QAbstractButton, name)
    assert isinstance(button, QAbstractButton) and button.isVisibleTo(banner)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def crash(tmp_path: Path, name: str, **more: object) -> Path:
    known = {"state": "running", "steps": 1240, "meta_steps": 8000, "checkpoints": (1200,), **more}
    return keep_run(tmp_path / "runs", name, **known)  # type: ignore[arg-type]


def test_a_run_that_died_is_offered_in_one_sentence(qtbot: QtBot, ask: Ask, tmp_path: Path, resumed: list[str]) -> None:
    crash(tmp_path, "mine")
    banner = ask()
    assert banner.text() == "The run mine stopped unexpectedly at step 1,240 of 8,000."
    click(qtbot, banner, "banner_button")
    assert resumed == ["mine"] and banner.text() == ""


def test_a_run_that_the_queue_goes_on_with_is_not_offered(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    line, folder = Line(), crash(tmp_path, "one")
    entry = line.add(DOCUMENT, "{}", "one")
    assert "one" in ask().text()
    with line.held():
        line.change(entry, run=str(folder), state="running")
    assert ask().text() == ""


@pytest.mark.parametrize("button", ["banner_decline_button", "banner_button"])
def test_an_answer_is_remembered_for_that_run_at_that_step(qtbot: QtBot, ask: Ask, tmp_path: Path, button: str) -> None:
    folder = crash(tmp_path, "mine")
    click(qtbot, ask(), button)
    assert ask().text() == ""
    with (folder / "metrics.csv").open("a") as metrics:
        metrics.write("1300,130.0,0.1,0,,,,,,\n")  # resumed by hand, and dead again
    assert "step 1,300" in ask().text()


def test_closing_the_line_is_no_as_well(qtbot: QtBot, ask: Ask, tmp_path: Path) -> None:
    crash(tmp_path, "mine")
    banner = ask()
    banner._close.click()
    assert ask().text() == ""


def test_a_question_that_another_message_hid_is_asked_again(ask: Ask, tmp_path: Path) -> None:
    crash(tmp_path, "mine")
    ask().tell("something else")
    assert ask().text()


def test_after_an_answer_the_button_of_the_next_message_does_not_resume(
    qtbot: QtBot, ask: Ask, tmp_path: Path, resumed: list[str]
) -> None:
    crash(tmp_path, "mine")
    banner = ask()
    banner.tell("else", offer="Undo", then=lambda: None)
    click(qtbot, banner, "banner_button")
    assert resumed == []
    decline = banner.findChild(QAbstractButton, "banner_decline_button")
    assert isinstance(decline, QAbstractButton) and decline.isHidden()


def test_of_several_the_newest_is_offered_and_the_others_are_counted(ask: Ask, tmp_path: Path) -> None:
    for number in range(3):
        crash(tmp_path, f"run-{number}", began=float(number + 1))
    said = ask().text()
    assert said.startswith("The run run-2 ") and "2 others" in said


@pytest.mark.parametrize("state", ["stopped", "finished", "failed"])
def test_runs_that_ended_as_they_should_are_not_offered(ask: Ask, tmp_path: Path, state: str) -> None:
    crash(tmp_path, "mine", state=state)
    assert ask().text() == ""


def test_a_run_without_a_checkpoint_is_not_offered(ask: Ask, tmp_path: Path) -> None:
    crash(tmp_path, "mine", checkpoints=())
    assert ask().text() == ""


@pytest.mark.parametrize(("how", "offered"), [("Pause and quit", True), ("Finish and quit", False)])
def test_a_run_paused_to_quit_is_offered_at_the_next_start(
    qtbot: QtBot, tmp_path: Path, settings: WindowSettings, how: str, offered: bool
) -> None:
    runs = tmp_path / "runs"
    training = FakeTraining(runs, steps=20_000)  # longer than the test waits

    def opened() -> MainWindow:
        window = MainWindow(settings, lambda: engine(training, runs))
        qtbot.addWidget(window, before_close_func=MainWindow.wait)
        window.show()
        qtbot.waitUntil(lambda: window.controller.state is RunState.IDLE)
        qtbot.waitUntil(lambda: window.runs._offered)
        return window

    first = opened()
    first.starting.start()
    qtbot.waitUntil(lambda: first.controller.state is RunState.RUNNING)
    answer(how)
    assert not first.close()
    qtbot.waitUntil(lambda: not first.isVisible())
    folder = first.controller.folder
    assert folder is not None
    saved = keep_run(tmp_path / "as the engine saves it", "x", steps=7, meta_steps=2000, checkpoints=(7,))
    for path in folder.rglob("*"):
        assert path.is_dir()
    (folder / "checkpoints").rmdir()
    folder.rmdir()
    saved.rename(folder)
    second = opened()
    assert second.banner.text() == ("The run run-1 was paused at step 7 of 2,000." if offered else "")
    second.close()
