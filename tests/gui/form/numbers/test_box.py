from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from metagen_gui.gui.form.editors.rates import UNSET, RateBox
from metagen_gui.gui.form.numbers.box import IntegerBox, NumberBox


def type_text(qtbot: QtBot, box: IntegerBox | NumberBox, text: str, *, enter: bool = True) -> None:
    box.selectAll()
    qtbot.keyClicks(box, text)
    if enter:
        qtbot.keyClick(box, Qt.Key.Key_Return)


def test_scientific_notation_is_typed(qtbot: QtBot) -> None:
    box = NumberBox(0, 10, log=True)
    qtbot.addWidget(box)
    type_text(qtbot, box, "1e-3")
    assert (box.value(), box.text(), box.complaint()) == (0.001, "0.001", "")


def test_small_numbers_are_not_rounded_away(qtbot: QtBot) -> None:
    box = NumberBox(0, 10)
    qtbot.addWidget(box)
    box.show_value(1.23456789e-12)
    assert box.value() == pytest.approx(1.23456789e-12, rel=1e-12)
    box.interpretText()  # as leaving the field does
    assert box.value() == pytest.approx(1.23456789e-12, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "why"),
    [("abc", "'abc' is not a number"), ("11", "11 is too high; the highest value is 10"), ("0,1", "dot")],
)
@pytest.mark.parametrize("kind", [IntegerBox, NumberBox])
def test_wrong_text_stays_and_the_value_too(
    qtbot: QtBot, kind: type[IntegerBox] | type[NumberBox], text: str, why: str
) -> None:
    box = kind(0, 10)
    qtbot.addWidget(box)
    box.setValue(5)
    type_text(qtbot, box, text)
    assert box.lineEdit().text() == text
    assert box.value() == 5
    assert why in box.complaint()
    type_text(qtbot, box, "7")
    assert (box.value(), box.lineEdit().text(), box.complaint()) == (7, "7", "")


def test_wrong_text_survives_leaving_the_field(qtbot: QtBot) -> None:
    box = IntegerBox(0, 10)
    qtbot.addWidget(box)
    box.show()
    box.setFocus()
    type_text(qtbot, box, "many", enter=False)
    box.clearFocus()
    assert box.lineEdit().text() == "many"
    box.stepUp()
    assert box.lineEdit().text() == "1"


def test_log_steps_multiply_and_come_back(qtbot: QtBot) -> None:
    box = NumberBox(0, 10, log=True)
    qtbot.addWidget(box)
    box.setValue(0.1)
    qtbot.keyClick(box, Qt.Key.Key_Up)
    assert box.value() == pytest.approx(0.125)
    qtbot.keyClick(box, Qt.Key.Key_Down)
    assert box.value() == pytest.approx(0.1)
    assert box.stepped(0.1, 10, leap=True) == pytest.approx(1)  # Qt makes ten of one step when Ctrl is held
    box.setValue(9)
    box.stepUp()
    assert box.value() == 10
    box.setValue(0)
    box.stepUp()
    assert box.value() == 1e-4


def test_linear_steps_fit_the_size_of_the_number(qtbot: QtBot) -> None:
    box = NumberBox(0, 1)
    qtbot.addWidget(box)
    assert box.stepped(0.5, 1) == 0.55
    wide = NumberBox(None, None)
    qtbot.addWidget(wide)
    assert [wide.stepped(value, 1) for value in (0.5, 12.0, 250.0)] == [0.6, 13.0, 260.0]


def test_whole_numbers_are_grouped_and_carry_their_unit(qtbot: QtBot) -> None:
    box = IntegerBox(1, 10_000_000, "steps")
    qtbot.addWidget(box)
    type_text(qtbot, box, "1e4")
    assert (box.value(), box.text()) == (10_000, "10,000")
    assert [label.text() for label in box.findChildren(QLabel)] == ["steps"]


def test_rate_left_empty_is_unset(qtbot: QtBot) -> None:
    box = RateBox(0.01)
    qtbot.addWidget(box)
    box.show_value(UNSET)
    assert (box.text(), box.lineEdit().placeholderText(), box.complaint()) == ("", "0.01", "")
    box.stepUp()
    assert box.value() == pytest.approx(0.0125)
    type_text(qtbot, box, "-2")
    assert "too low" in box.complaint()
    box.selectAll()
    qtbot.keyClick(box, Qt.Key.Key_Delete)
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert box.value() == UNSET
