from __future__ import annotations

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QComboBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.gui.widgets.flow_layout import FlowLayout

GAP, WIDTH, HEIGHT = 5, 40, 20


@pytest.fixture
def row(qtbot: QtBot) -> QWidget:
    """Three buttons of 40 × 20."""
    made = QWidget()
    qtbot.addWidget(made)
    flow = FlowLayout(made, gap=GAP)
    for name in "abc":
        button = QPushButton(name)
        button.setFixedSize(WIDTH, HEIGHT)
        flow.addWidget(button)
    made.show()
    return made


def corners(row: QWidget) -> list[tuple[int, int]]:
    return [(child.x(), child.y()) for child in row.findChildren(QPushButton)]


@pytest.mark.parametrize(
    ("width", "places"),
    [
        (130, [(0, 0), (45, 0), (90, 0)]),
        (129, [(0, 0), (45, 0), (0, 20)]),
        (85, [(0, 0), (45, 0), (0, 20)]),
        (84, [(0, 0), (0, 20), (0, 40)]),
        (10, [(0, 0), (0, 20), (0, 40)]),
    ],
)
def test_what_does_not_fit_goes_into_the_next_line(row: QWidget, width: int, places: list[tuple[int, int]]) -> None:
    layout = row.layout()
    assert layout is not None
    layout.setGeometry(QRect(0, 0, width, 100))
    assert corners(row) == places
    assert layout.heightForWidth(width) == places[-1][1] + HEIGHT


def test_items_are_placed_within_the_rectangle(row: QWidget) -> None:
    layout = row.layout()
    assert layout is not None
    layout.setGeometry(QRect(7, 9, 130, 100))
    assert corners(row) == [(7, 9), (52, 9), (97, 9)]


def test_items_can_be_taken_and_asked_for(row: QWidget) -> None:
    layout = row.layout()
    assert layout is not None
    assert layout.minimumSize() == layout.sizeHint() == row.findChild(QPushButton).size()
    assert layout.count() == 3 and layout.itemAt(3) is None and layout.takeAt(-1) is None
    assert layout.takeAt(0).widget().text() == "a"  # type: ignore[union-attr]
    assert layout.count() == 2 and layout.heightForWidth(85) == HEIGHT


def test_hidden_items_leave_no_gap_and_lines_keep_their_distance(row: QWidget) -> None:
    layout = row.layout()
    assert isinstance(layout, FlowLayout)
    layout._leading = 3
    row.findChildren(QPushButton)[0].hide()
    layout.setGeometry(QRect(0, 0, 84, 100))
    assert corners(row)[1:] == [(0, 0), (0, 23)] and layout.heightForWidth(84) == 43


def test_what_is_wider_than_a_line_is_cut_rather_than_out_of_sight(qtbot: QtBot) -> None:
    whole = QWidget()
    qtbot.addWidget(whole)
    flow, box = FlowLayout(whole, gap=GAP), QComboBox()
    box.addItem(20 * "long ")
    box.setMinimumWidth(30)
    flow.addWidget(box)
    for width, taken in ((50, 50), (20, 30)):
        flow.setGeometry(QRect(0, 0, width, 100))
        assert box.width() == taken < box.sizeHint().width()
