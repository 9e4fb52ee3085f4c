"""The table view of the runs, and the line that filters it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLineEdit, QStyledItemDelegate, QTableView, QWidget

from metagen_gui.gui.library.words import COLUMNS, PLACES
from metagen_gui.gui.widgets.word_line import WordLine

# In characters; a note takes what is left.
_WIDTHS = {"name": 30, "state": 14, "algorithm": 11, "model": 7, "tasks": 10, "best": 10, "steps": 15, "time": 9,
           "date": 16}  # fmt: skip


class RunsTable(QTableView):
    """One line per run; lines are chosen whole, names and notes edited in place."""

    def __init__(self, model: QSortFilterProxyModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs_table")
        self.setAccessibleName(self.tr("Runs"))
        self.setModel(model)
        self.setItemDelegate(_KeepsTyping(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)  # Tab leads on to what comes after the table
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setSortingEnabled(True)
        self.sortByColumn(PLACES["date"], Qt.SortOrder.DescendingOrder)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)  # of a thousand rows none is measured
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsMovable(True)
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Fit to larger or smaller type."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self.model() is not None:
            self._fit()

    def _fit(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        character = self.fontMetrics().averageCharWidth()
        for place, column in enumerate(COLUMNS[:-1]):
            self.setColumnWidth(place, _WIDTHS[column.name] * character + 12)


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
