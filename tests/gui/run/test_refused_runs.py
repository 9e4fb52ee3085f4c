"""Choices that do not go together are told in the window, beside the setting that they are about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from metagen_gui.engine.experiment import Experiment
from metagen_gui.gui.program.engine_loader import load_engine
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.window.main_window import MainWindow


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    made = MainWindow(WindowSettings(tmp_path / "window.ini"), load_engine)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: made.controller.state is RunState.IDLE)
    yield made
    made.quit_quietly()
    qtbot.waitUntil(lambda: not made.controller.state.busy)
    made.wait()


@pytest.mark.parametrize(
    ("choices", "where", "why"),
    [
        (["model.name=curve"], "model.name", "its tasks hold points; these hold images"),
        (["model.name=gan", "algorithm.name=imaml"], "algorithm.name", "for models with one player"),
        (["algorithm.name=cavia", "model.context_size=0"], "model.context_size", "leaves CAVIA nothing to adapt"),
        (["algorithm.name=cavia", "algorithm.adapts=everything"], "algorithm.adapts", "CAVIA adapts a context"),
        (["tasks.name=sinusoids", "tasks.smallest=7"], "tasks.smallest", "7 is above tasks.largest (5)"),
    ],
)
def test_a_refused_choice_is_named_beside_its_control(
    qtbot: QtBot, window: MainWindow, choices: list[str], where: str, why: str
) -> None:
    experiment = Experiment()
    for choice in choices:
        experiment = experiment.with_text(choice)
    window.panel.replace_experiment(experiment, "choices")
    button = window.findChild(QToolButton, "start_button")
    assert isinstance(button, QToolButton)
    button.click()
    qtbot.waitUntil(lambda: window.status.text().startswith("Not started"))
    assert window.status.text().startswith(f"Not started: {where}: ") and why in window.status.text()
    assert window.controller.state is RunState.IDLE and window.controller.folder is None
    row, section = window.panel.column.row(where), window.panel.column.sections[where.partition(".")[0]]
    message = section.message if row is None else row.message
    assert why in message.text() and message.isVisible()
    window.actions_by_name["undo"].trigger()
    assert message.text() == "" and window.status.text() == "Ready. Press Start to train."
