"""A picker with a long text: its middle is left out, its whole is told, and it asks for no more than its share."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QStyleOptionComboBox, QToolTip
from pytestqt.qtbot import QtBot

from metagen_gui.gui.widgets.picker import MOST, Picker

LONG = "Task 1 (<b>Sanskrit</b>/character25 of a collection with a very long name)"


@pytest.fixture
def picker(qtbot: QtBot) -> Picker:
    made = Picker(least=8)
    qtbot.addWidget(made)
    made.setToolTip("Which task")
    made.addItems(["Task 2", LONG])
    return made


def drawn(picker: Picker) -> str:
    option = QStyleOptionComboBox()
    picker.initStyleOption(option)
    return picker._fitting(option)


def test_it_is_as_wide_as_its_texts_up_to_a_limit(picker: Picker) -> None:
    limited = picker.sizeHint().width()
    assert limited <= picker.fontMetrics().averageCharWidth() * MOST + 40
    picker.removeItem(1)
    assert picker.minimumSizeHint().width() <= picker.sizeHint().width() < limited
    picker.resize(picker.sizeHint())
    assert drawn(picker) == "Task 2"


def test_what_does_not_fit_is_left_out_in_the_middle_and_told(picker: Picker, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(QToolTip, "showText", lambda place, text, widget: told.append(text))
    picker.resize(picker.sizeHint())
    picker.setCurrentIndex(1)
    assert "…" in drawn(picker) and drawn(picker).startswith("Task 1") and drawn(picker).endswith("name)")
    assert not picker.grab().isNull()
    ask = QHelpEvent(QEvent.Type.ToolTip, QPoint(1, 1), QPoint(1, 1))
    QApplication.sendEvent(picker, ask)
    assert len(told) == 1 and "&lt;b&gt;Sanskrit" in told[0] and "Which task" in told[0]
    picker.setCurrentIndex(0)
    QApplication.sendEvent(picker, ask)
    assert len(told) == 1 or "Sanskrit" not in told[1]  # what can be read is not repeated
