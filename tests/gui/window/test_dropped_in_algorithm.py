"""One file dropped into the package of algorithms, and nothing else, gives the window a choice and a form."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QComboBox, QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.engine.experiment import Experiment
from metagen_gui.gui.experiment.panel import ExperimentPanel


@pytest.mark.usefixtures("dropped_in")
def test_a_dropped_in_algorithm_has_its_form_in_the_window(qtbot: QtBot) -> None:
    panel = ExperimentPanel()
    qtbot.addWidget(panel)
    panel.set_experiment(Experiment())
    picker = panel.findChild(QComboBox, "algorithm_picker")
    assert picker is not None and picker.findData("joint") >= 0
    assert panel.findChild(QWidget, "algorithm.weight_decay") is None
    picker.setCurrentIndex(picker.findData("joint"))
    assert panel.experiment().algorithm == "joint"
    assert panel.findChild(QWidget, "algorithm.weight_decay") is not None


def test_without_the_file_it_is_not_there(qtbot: QtBot) -> None:
    panel = ExperimentPanel()
    qtbot.addWidget(panel)
    panel.set_experiment(Experiment())
    picker = panel.findChild(QComboBox, "algorithm_picker")
    assert picker is not None and picker.findData("joint") == -1
