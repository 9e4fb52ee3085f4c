"""The form of an experiment, and how its rows are found."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from metagen_gui.engine.experiment import Experiment
from metagen_gui.gui.experiment.panel import ExperimentPanel
from metagen_gui.gui.form.numbers.box import NumberBox
from metagen_gui.gui.form.row import SettingRow
from tests.gui.dummy_plugins import use_dummies


@pytest.fixture
def panel(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> ExperimentPanel:
    use_dummies(monkeypatch)
    made = ExperimentPanel()
    qtbot.addWidget(made)
    made.set_experiment(Experiment("folder", "smooth", "descent"))
    made.resize(360, 900)
    made.show()
    made.activateWindow()
    return made


def row(panel: ExperimentPanel, path: str) -> SettingRow:
    found = panel.column.row(path)
    assert found is not None, path
    return found


def number(panel: ExperimentPanel, path: str) -> NumberBox:
    found = panel.findChild(NumberBox, path)
    assert isinstance(found, NumberBox)
    return found


def pick(panel: ExperimentPanel, section: str, name: str) -> None:
    combo = panel.findChild(QComboBox, f"{section}_picker")
    assert isinstance(combo, QComboBox)
    combo.setCurrentIndex(combo.findData(name))
