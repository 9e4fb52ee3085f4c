from __future__ import annotations

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.gui.flow_layout import FlowLayout

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
