"""A window with a training run that is a stand-in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from metagen_gui.gui.program.engine import Engine
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.window.main_window import MainWindow
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
