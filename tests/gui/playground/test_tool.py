"""The tool in the window: it opens what came along, plays with a run's newest checkpoint, and ends with the window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QThread
from PySide6.QtWidgets import QDockWidget
from pytestqt.qtbot import QtBot

from metagen_gui.engine.events import RunStarted, Saved
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.store.names import has_checkpoint
from metagen_gui.gui.playground import serving, tool
from metagen_gui.gui.playground.tool import Playground
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.window.main_window import MainWindow
from tests.gui.playground.conftest import drag
from tests.gui.stand_ins import letting_go


@pytest.fixture
def playground(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Playground:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))  # without the runs of other tests
    return opened_again(qtbot, WindowSettings(tmp_path / "window.ini"))


def opened_again(qtbot: QtBot, settings: WindowSettings) -> Playground:
    """Return the playground of another window."""
    window = MainWindow(settings)
    qtbot.addWidget(window, before_close_func=letting_go(qtbot))
    window.resize(1600, 950)
    window.show()
    qtbot.waitUntil(lambda: window.controller.state is RunState.IDLE)
    window.actions_by_name["playground"].trigger()
    tool = window.tools.by_name["playground"]
    assert isinstance(tool, Playground)
    qtbot.waitUntil(lambda: tool.page is not None and tool.page.ready is not None)
    return tool


def test_a_first_start_leads_to_samples_of_ones_own(playground: Playground, qtbot: QtBot) -> None:
    page = playground.page
    assert page is not None and page.ready is not None
    assert page.ready.folder.name == "characters" and page.source_picker.currentText() == "Example: characters"
    window = playground.window()
    assert window.findChild(QDockWidget, "playground") is not None
    pad = window.findChild(type(page.hand.pad), "draw_pad")
    assert pad is page.hand.pad
    window.activateWindow()
    qtbot.waitUntil(pad.hasFocus)  # and not the list of models, which arrow keys would go through
    drag(pad, [(0.3, 0.3), (0.5, 0.6), (0.7, 0.3)])
    qtbot.waitUntil(lambda: page.wall.arms["learned"].shown is not None)
    assert page.wall.arms["learned"].isVisible()
    playground.wait()
    assert not any(thread.isRunning() for thread in window.findChildren(QThread))


@pytest.mark.parametrize("damaged", [False, True])
def test_what_was_drawn_is_there_again_at_the_next_start(
    playground: Playground, qtbot: QtBot, tmp_path: Path, damaged: bool
) -> None:
    page = playground.page
    assert page is not None
    drag(page.hand.pad, [(0.3, 0.3), (0.5, 0.6), (0.7, 0.3)])
    drawn = page.hand.support()
    playground.wait()
    settings = WindowSettings(tmp_path / "window.ini")
    if damaged:
        settings.keep(tool.DRAWN, "[" * 9_000)
    again = opened_again(qtbot, settings)
    assert again.page is not None
    if damaged:
        assert again.page.hand.support() is None
    else:
        qtbot.waitUntil(lambda: again.page is not None and again.page.hand.support() is not None)
        assert np.array_equal(again.page.hand.support(), drawn)  # type: ignore[arg-type]


def test_the_windows_run_is_played_with_as_its_newest_checkpoint_has_it(
    playground: Playground, qtbot: QtBot, tmp_path: Path
) -> None:
    page, controller = playground.page, playground.around.controller
    assert page is not None
    experiment = Experiment().with_value("training.device", "cpu").with_value("training.validation_tasks", 1)
    list(meta_train(experiment.with_value("training.meta_steps", 1), out=tmp_path / "run", previews=False))
    controller.progress.started = RunStarted(tmp_path / "run", ("vae",), 3, 9, "cpu", 1)
    controller.state_changed.emit(controller.state)
    assert page.source_picker.itemText(0) == "This run: run" and page.source_picker.currentIndex() > 0
    page.source_picker.activated.emit(0)
    qtbot.waitUntil(lambda: page.ready is not None and page.ready.folder == tmp_path / "run")
    drag(page.hand.pad, [(0.3, 0.3), (0.7, 0.7)])
    first = page.ready
    controller.saved.emit(Saved(1, tmp_path / "run"))
    qtbot.waitUntil(lambda: page.ready is not first and page.ready is not None)
    qtbot.waitUntil(lambda: page.wall.arms["learned"].shown is not None)
    assert page.ready is not None and page.ready.meta_step == 1


def test_a_run_that_goes_on_is_played_with_as_it_is_when_it_is_chosen(playground: Playground, qtbot: QtBot) -> None:
    page, controller = playground.page, playground.around.controller
    assert page is not None
    experiment = Experiment().with_value("training.device", "cpu").with_value("training.validation_tasks", 1)
    controller.start(experiment.with_value("model.width", 8).with_value("training.meta_steps", 100_000))
    qtbot.waitUntil(lambda: controller.state is RunState.RUNNING and page.source_picker.itemText(0).startswith("This"))
    assert controller.folder is not None and not has_checkpoint(controller.folder)
    assert page.ready is not None and page.ready.folder.name == "characters", "it is opened by nobody but a person"
    steps = list[int]()
    seen = [page.ready]
    for _ in range(2):
        page.source_picker.activated.emit(0)
        qtbot.waitUntil(lambda: page.ready is not seen[-1])
        seen.append(page.ready)
        assert page.ready.folder == controller.folder
        steps.append(page.ready.meta_step)
    assert 0 < steps[0] < steps[1]


def test_of_a_run_that_cannot_be_saved_the_checkpoint_before_is_opened(
    playground: Playground, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, controller = playground.page, playground.around.controller
    assert page is not None
    experiment = Experiment().with_value("training.device", "cpu").with_value("training.validation_tasks", 1)
    list(meta_train(experiment.with_value("training.meta_steps", 1), out=tmp_path / "run", previews=False))
    controller.progress.started = RunStarted(tmp_path / "run", ("vae",), 3, 9, "cpu", 1)
    controller.state = RunState.PAUSED
    controller.state_changed.emit(controller.state)
    monkeypatch.setattr(tool, "PATIENCE", 0)
    page.source_picker.activated.emit(0)
    qtbot.waitUntil(lambda: page.ready is not None and page.ready.folder == tmp_path / "run")
    controller.state = RunState.DONE


def test_what_breaks_in_the_thread_is_told_and_the_model_is_opened_again(
    playground: Playground, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = playground.page
    assert page is not None and page.ready is not None
    carry_out, orders = serving.carry_out, []

    def break_once(session: Any, order: Any) -> Any:  # twice, and the model would be left alone
        orders.append(order)
        return carry_out(session, order) if orders[1:] else 1 / 0

    monkeypatch.setattr(serving, "carry_out", break_once)
    drag(page.hand.pad, [(0.3, 0.3), (0.7, 0.7)])
    qtbot.waitUntil(lambda: "ZeroDivisionError" in playground.around.banner.text())
    qtbot.waitUntil(lambda: page.ready is not None)
    assert page.ready is not None and page.ready.folder.name == "characters"
    drag(page.hand.pad, [(0.3, 0.7), (0.7, 0.3)])
    qtbot.waitUntil(lambda: page.wall.arms["learned"].shown is not None)
