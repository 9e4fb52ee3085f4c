from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.window.main_window import MainWindow
from tests.gui.stand_ins import FakeTraining, engine, letting_go


@pytest.fixture
def training(tmp_path: Path) -> FakeTraining:
    return FakeTraining(tmp_path / "runs")


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, training: FakeTraining) -> Iterator[MainWindow]:
    opened = MainWindow(WindowSettings(tmp_path / "window.ini"), lambda: engine(training, tmp_path / "runs"))
    qtbot.addWidget(opened, before_close_func=letting_go(qtbot))
    opened.resize(1600, 950)
    opened.show()
    qtbot.waitUntil(lambda: opened.controller.state is not RunState.LOADING)
    yield opened
