"""Sorts and filters the table of runs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt

from metagen_gui.gui.library.model import RunsModel


class RunsFilter(QSortFilterProxyModel):
    """Shows the runs that hold every word of a filter, sorted by a column; what has no value comes last either way."""

    def __init__(self, model: RunsModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model  # asked directly: through Qt each of thousands of answers takes ten times as long
        self._wanted: Sequence[str] = ()
        self.setSourceModel(model)

    def set_text(self, text: str) -> None:
        """Show only runs in which every word of `text` occurs, in whatever column; upper and lower case are one."""
        self.beginFilterChange()
        self._wanted = text.casefold().split()
        self.endFilterChange()

    def filterAcceptsRow(self, row: int, parent: QModelIndex | QPersistentModelIndex) -> bool:
        """Return whether a run passes the filter."""
        words = self._model.words(row) if self._wanted else ""
        return all(word in words for word in self._wanted)

    def lessThan(self, left: QModelIndex | QPersistentModelIndex, right: QModelIndex | QPersistentModelIndex) -> bool:
        """Return whether `left` comes before `right` in ascending order."""
        first = self._model.order(left.row(), left.column())
        second = self._model.order(right.row(), right.column())
        if first is None or second is None:
            descending = self.sortOrder() is Qt.SortOrder.DescendingOrder
            return (first is None) == descending and (first is None) != (second is None)
        return bool(first < second)
