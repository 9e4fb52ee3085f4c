from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from metagen_gui.gui.widgets.elided_label import ElidedLabel

LONG = "A sentence that is a good deal longer than the label that has to show it"


@pytest.fixture
def label(qtbot: QtBot) -> ElidedLabel:
    made = ElidedLabel(LONG)
    qtbot.addWidget(made)
    made.show()
    return made


def shown(label: ElidedLabel) -> str:
    return QLabel.text(label)


def test_one_line_ends_in_dots_where_there_is_no_room(label: ElidedLabel) -> None:
    width = label.fontMetrics().horizontalAdvance(LONG)
    label.resize(width // 2, 20)
    assert shown(label).endswith("…") and LONG.startswith(shown(label)[:-1])
    assert label.fontMetrics().horizontalAdvance(shown(label)) <= width // 2
    label.resize(width + 10, 20)
    assert shown(label) == label.text() == LONG


def test_the_whole_text_is_kept(label: ElidedLabel) -> None:
    label.resize(60, 20)
    label.setText(LONG + " again")
    assert label.text() == LONG + " again"
    assert len(shown(label)) < len(LONG)


def test_wrapped_text_fills_the_lines_there_are(label: ElidedLabel) -> None:
    label.setWordWrap(True)
    line, width = label.fontMetrics().height(), label.fontMetrics().horizontalAdvance(LONG)
    label.resize(width // 2, 5 * line)
    assert shown(label) == LONG
    label.resize(width // 3, 2 * line)
    assert shown(label).endswith("…")
    assert width // 3 < label.fontMetrics().horizontalAdvance(shown(label)) <= 2 * (width // 3)
    assert label.sizeHint().height() > 2 * line, "it asks for the room that the whole text takes"


def test_it_asks_for_next_to_no_width(label: ElidedLabel) -> None:
    label.resize(300, 20)
    assert label.minimumSizeHint().width() <= 2 * label.fontMetrics().horizontalAdvance("…")


def test_larger_type_is_fitted_anew(label: ElidedLabel) -> None:
    label.resize(label.fontMetrics().horizontalAdvance(LONG) + 10, 30)
    font = label.font()
    font.setPointSizeF(2 * font.pointSizeF())
    label.setFont(font)
    assert shown(label).endswith("…")
