from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from snapshots import rates_report
from stand_ins import FakeTraining, engine

from metagen_gui.engine.experiment import Experiment
from metagen_gui.gui.run_controller import RunController
from metagen_gui.gui.run_panels import RunPanels
from metagen_gui.gui.run_states import RunState

RATES = rates_report(weight=np.full((1, 8), 0.1))


@pytest.fixture
def training(tmp_path: Path) -> FakeTraining:
    return FakeTraining(tmp_path, steps=110, pause=0)


@pytest.fixture
def controller(qtbot: QtBot, training: FakeTraining, tmp_path: Path) -> Iterator[RunController]:
    made = RunController()
    made.set_engine(engine(training, tmp_path))
    yield made
    made.finish()
    qtbot.waitUntil(lambda: not made.state.busy)


@pytest.fixture
def panels(qtbot: QtBot, controller: RunController) -> Iterator[RunPanels]:
    window = QWidget()
    qtbot.addWidget(window)
    made = RunPanels(controller, window)
    window.show()
    yield made  # and the window with it


def run(qtbot: QtBot, controller: RunController) -> None:
    controller.start(Experiment())
    qtbot.waitUntil(lambda: controller.state is RunState.DONE, timeout=10_000)


def test_learned_rates_are_those_of_the_last_report(
    qtbot: QtBot, controller: RunController, training: FakeTraining, panels: RunPanels
) -> None:
    assert panels.rates.text == "Press Start to train."
    training.rates = RATES
    run(qtbot, controller)
    assert panels.rates.text == "Learned rates of 1 layer after 100 steps: none negative"
    controller.discard()
    assert panels.rates.text == "Press Start to train."


def test_hidden_rates_wait_until_they_are_seen(
    qtbot: QtBot, controller: RunController, training: FakeTraining, panels: RunPanels
) -> None:
    training.rates = RATES
    panels.rates.hide()
    run(qtbot, controller)
    assert not panels.rates.rows
    panels.rates.show()
    assert panels.rates.text == "Learned rates of 1 layer after 100 steps: none negative"


@pytest.mark.parametrize("hidden", [False, True])
def test_a_run_without_learned_rates_says_so_until_the_next_one(
    qtbot: QtBot, controller: RunController, training: FakeTraining, panels: RunPanels, hidden: bool
) -> None:
    panels.rates.setHidden(hidden)
    run(qtbot, controller)
    panels.rates.show()
    assert panels.rates.text == "This run learns no inner rates."
    training.rates = RATES
    run(qtbot, controller)
    assert panels.rates.text.startswith("Learned rates of 1 layer")


def test_every_panel_has_a_dock_of_its_own(panels: RunPanels) -> None:
    assert list(panels.by_dock) == ["outer_loss", "inner_loss", "rates", "samples"]
    assert len({id(panel) for panel in panels.by_dock.values()}) == 4


def test_rates_that_come_by_themselves_are_shown(controller: RunController, panels: RunPanels) -> None:
    controller._mailbox.put(RATES)
    controller._deliver_curves()
    assert panels.rates.text == "Learned rates of 1 layer after 400 steps: none negative"
