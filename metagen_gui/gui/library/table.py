"""The table view of the runs, and the line that filters it."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QStyledItemDelegate, QWidget

from metagen_gui.gui.library.words import COLUMNS, PLACES
from metagen_gui.gui.widgets.rows_table import RowsTable
from metagen_gui.gui.widgets.word_line import WordLine

# In characters; a note takes what is left.
_WIDTHS = {"name": 30, "state": 14, "algorithm": 11, "model": 7, "tasks": 10, "best": 10, "steps": 15, "time": 9,
           "date": 16}  # fmt: skip


class RunsTable(RowsTable):
    """One line per run; names and notes are edited in place."""

    def __init__(self, model: QSortFilterProxyModel, parent: QWidget | None = None) -> None:
        super().__init__(model, [_WIDTHS[column.name] for column in COLUMNS[:-1]], 8, parent)
        self.setObjectName("runs_table")
        self.setAccessibleName(self.tr("Runs"))
        self.setItemDelegate(_KeepsTyping(self))
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setSortingEnabled(True)
        self.sortByColumn(PLACES["date"], Qt.SortOrder.DescendingOrder)
        self.verticalHeader().hide()
        self.horizontalHeader().setSectionsMovable(True)


class _KeepsTyping(QStyledItemDelegate):
    """Leaves an editor alone once something was typed: a run that goes on changes its line every few seconds."""

    def setEditorData(self, editor: QWidget, index: QModelIndex | QPersistentModelIndex) -> None:
        """Put the text of the table into an editor that nobody has typed into."""
        if not (isinstance(editor, QLineEdit) and editor.isModified()):
            super().setEditorData(editor, index)


def filter_line(parent: QWidget) -> QLineEdit:
    """Return the field that narrows the table."""
    return WordLine(
        "runs_filter",
        "mdi6.filter-outline",
        parent.tr("Filter runs"),
        parent.tr("Shows the runs that hold every word, in whatever column; Escape shows all"),
        parent,
    )
