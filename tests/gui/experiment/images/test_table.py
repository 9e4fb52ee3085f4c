from __future__ import annotations

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QGuiApplication, QTextDocument
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from metagen_gui.gui.experiment.images.table import ImportTable

ROWS = [("b", 2), ("c", 10), ("a", 9)]


@pytest.fixture
def table(qtbot: QtBot) -> ImportTable:
    made = ImportTable("classes", "Classes", ("Class", "Images"))
    qtbot.addWidget(made)
    made.show_rows(ROWS)
    made.show()
    return made


def names(table: ImportTable) -> list[str]:
    return [table.rows.index(row, 0).data() for row in range(table.rows.rowCount())]


def test_the_model_is_one_to_qt(table: ImportTable) -> None:
    tester = QAbstractItemModelTester(table.rows, QAbstractItemModelTester.FailureReportingMode.Warning)
    table.show_rows([*ROWS, ("d", 1)])
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert tester.model() is table.rows


def test_it_is_sorted_by_what_stands_there_not_by_its_text(table: ImportTable) -> None:
    assert names(table) == ["a", "b", "c"]
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert names(table) == ["c", "a", "b"]
    table.show_rows([*ROWS, ("d", 11)])  # other rows, sorted as before
    assert names(table) == ["d", "c", "a", "b"]


def test_chosen_rows_are_copied_in_the_order_they_stand_in(qtbot: QtBot, table: ImportTable) -> None:
    table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    for row in (2, 0):
        table.selectionModel().select(table.rows.index(row, 0), flags)
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "Class\tImages\nb\t2\nc\t10\n"


def test_with_no_row_chosen_all_are_copied(qtbot: QtBot, table: ImportTable) -> None:
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "Class\tImages\na\t9\nb\t2\nc\t10\n"


def test_a_long_name_is_whole_in_its_tooltip_and_is_no_markup(table: ImportTable) -> None:
    table.show_rows([("<img>" + "x" * 500, 1234)])
    shown = QTextDocument()
    shown.setHtml(table.rows.index(0, 0).data(Qt.ItemDataRole.ToolTipRole))
    assert shown.toPlainText() == "<img>" + "x" * 500 == table.rows.index(0, 0).data()
    assert table.rows.index(0, 1).data() == "1,234"


def test_tab_leaves_the_table(qtbot: QtBot, table: ImportTable) -> None:
    assert not table.tabKeyNavigation()
