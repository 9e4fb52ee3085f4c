"""The table of a sweep's trials: rows are chosen whole, a double click or Return opens the runs of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QWidget

from metagen_gui.gui.sweep.model import Sorted, TrialsModel
from metagen_gui.gui.widgets.rows_table import RowsTable

if TYPE_CHECKING:
    from metagen_gui.engine.sweeps.standing import Standing

_WIDTHS = (8, 15, 20, 15, 15, 15, 15)
"""In characters."""


class TrialsTable(RowsTable):
    """One line per trial."""

    opened = Signal(int)
    """A trial whose runs a person wants to see."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.trials, self.order = TrialsModel(), Sorted()
        self.order.setSourceModel(self.trials)
        super().__init__(self.order, _WIDTHS, 9, parent)
        self.trials.setParent(self)
        self.order.setParent(self)
        self.setObjectName("sweep_table")
        self.setAccessibleName(self.tr("Trials"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.verticalHeader().hide()
        self.setSortingEnabled(True)
        self.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.activated.connect(self._open)

    def show_standing(self, standing: Standing) -> None:
        """Show the trials; the one that was chosen stays so."""
        chosen, columns = self.chosen(), self.trials.columnCount()
        self.trials.show_standing(standing)
        if self.trials.columnCount() != columns:
            self._fit()
        if chosen is not None:
            self.choose(chosen)

    def chosen(self) -> int | None:
        """Return the number of the trial that is chosen."""
        rows = self.selectionModel().selectedRows()
        return self.trials.trial(self.order.mapToSource(rows[0]).row()).number if rows else None

    def choose(self, number: int) -> None:
        """Choose a trial, and bring it into sight."""
        index = self.order.mapFromSource(self.trials.index(number, 0))
        self.selectRow(index.row())
        self.scrollTo(index)

    def _open(self, index: QModelIndex) -> None:
        self.opened.emit(self.trials.trial(self.order.mapToSource(index).row()).number)
