from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QScrollArea, QSlider, QSpinBox, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.gui.form.editors.choices import narrow_combo
from metagen_gui.gui.form.numbers.box import IntegerBox, NumberBox
from metagen_gui.gui.form.numbers.slider import NumberSlider, Scale


def wheel_over(control: QWidget) -> None:
    window = control.window()
    place = control.mapTo(window, control.rect().center())
    QTest.wheelEvent(window.windowHandle(), QPointF(place), QPoint(0, -120))


def make(kind: str) -> QWidget:
    if kind == "combo":
        combo = narrow_combo()
        combo.addItems(["a", "b", "c"])
        combo.setCurrentIndex(1)
        return combo
    if kind == "slider":
        slider = NumberSlider(Scale(0, 1, log=False))
        slider.setValue(500)
        return slider
    box = IntegerBox(0, 100) if kind == "integer" else NumberBox(0, 100)
    box.setValue(50)
    return box


def value(control: QWidget) -> float:
    if isinstance(control, QComboBox):
        return control.currentIndex()
    assert isinstance(control, QSlider | IntegerBox | NumberBox)
    return control.value()


@pytest.mark.parametrize("kind", ["combo", "slider", "integer", "number"])
def test_wheel_scrolls_the_page_instead(qtbot: QtBot, kind: str) -> None:
    area, page, control, other = QScrollArea(), QWidget(), make(kind), QSpinBox()
    qtbot.addWidget(area)
    column = QVBoxLayout(page)
    column.addWidget(control)
    column.addWidget(other)
    page.setFixedHeight(2000)
    area.setWidget(page)
    area.resize(200, 1800)
    area.show()
    area.activateWindow()
    other.setFocus()
    qtbot.waitUntil(other.hasFocus)
    before = value(control)
    wheel_over(control)
    assert value(control) == before
    assert area.verticalScrollBar().value() > 0
    assert other.hasFocus()
    control.setFocus()
    wheel_over(control)
    assert value(control) != before
