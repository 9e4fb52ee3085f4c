"""A package that is installed beside MetaGen gives the window choices and forms."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QComboBox, QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.engine.experiment import Experiment
from metagen_gui.gui.experiment.panel import ExperimentPanel


@pytest.mark.usefixtures("elsewhere")
def test_plugins_of_another_package_have_their_forms_in_the_window(qtbot: QtBot) -> None:
    panel = ExperimentPanel()
    qtbot.addWidget(panel)
    panel.set_experiment(Experiment())
    picker = panel.findChild(QComboBox, "algorithm_picker")
    assert picker is not None and picker.findData("joint") >= 0
    assert panel.findChild(QWidget, "algorithm.weight_decay") is None
    picker.setCurrentIndex(picker.findData("joint"))
    assert panel.experiment().algorithm == "joint"
    assert panel.findChild(QWidget, "algorithm.weight_decay") is not None
    for section, name, setting in (("tasks", "segments", "length"), ("model", "gaussian", "spread")):
        picker = panel.findChild(QComboBox, f"{section}_picker")
        picker.setCurrentIndex(picker.findData(name))
        assert panel.findChild(QWidget, f"{section}.{setting}") is not None


def test_without_the_package_they_are_not_there(qtbot: QtBot) -> None:
    panel = ExperimentPanel()
    qtbot.addWidget(panel)
    panel.set_experiment(Experiment())
    picker = panel.findChild(QComboBox, "algorithm_picker")
    assert picker is not None and picker.findData("joint") == -1
