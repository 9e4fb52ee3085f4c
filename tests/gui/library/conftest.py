"""A window with a training run that is a stand-in, and how its Runs panel is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.window.main_window import MainWindow
from tests.gui.library.test_panel import choose
from tests.gui.stand_ins import FakeTraining, engine, letting_go

Open = Callable[[], MainWindow]


@pytest.fixture
def training(tmp_path: Path) -> FakeTraining:
    return FakeTraining(tmp_path / "runs", steps=20_000)  # longer than any test waits


@pytest.fixture
def open_window(qtbot: QtBot, training: FakeTraining, tmp_path: Path) -> Open:
    def make() -> MainWindow:
        settings = WindowSettings(tmp_path / "window.ini")
        window = MainWindow(settings, lambda: engine(training, tmp_path / "runs"))
        qtbot.addWidget(window, before_close_func=letting_go(qtbot))
        window.show()
        qtbot.waitUntil(lambda: window.controller.state is RunState.IDLE)
        qtbot.waitUntil(lambda: window.runs._offered)
        window.layouts.bring("runs")
        return window

    return make


def do(window: MainWindow, name: str, *runs: str) -> None:
    choose(window.runs_panel, *runs)
    window.runs_panel.actions_by_name[name].trigger()
