"""The runs as a table that views show: rows come, go and change one by one, so that selection and editors stay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)

from metagen_gui.gui.library.words import COLUMNS, STATES, run_tip, translated
from metagen_gui.gui.look.theme import colours, theme_changes
from metagen_gui.gui.widgets.plain_text import plain_tip
from metagen_gui.gui.widgets.rows_table import row_icon

if TYPE_CHECKING:
    from metagen_gui.engine.store.library import RunEntry

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()
Role = Qt.ItemDataRole
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class RunsModel(QAbstractTableModel):
    """One row per run, in the order in which they were met; `COLUMNS` says what stands in each."""

    edited = Signal(object, str, str)
    """The `RunEntry`, the column's name, and the text that a person typed there."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[RunEntry] = []
        self._keys: list[_Keys] = []
        theme_changes().changed.connect(self._recolour)

    def entry(self, row: int) -> RunEntry:
        """Return the run of a row."""
        return self._entries[row]

    def words(self, row: int) -> str:
        """Return all the texts of a row, in small letters: what a filter looks through."""
        return self._keys[row].words

    def order(self, row: int, column: int) -> Any:
        """Return by what a cell is sorted, None where there is nothing."""
        return self._keys[row].order[column]

    def entries(self) -> list[RunEntry]:
        """Return all runs."""
        return list(self._entries)

    def set_entries(self, entries: Iterable[RunEntry]) -> None:
        """Show these runs: those known stay where they are."""
        wanted = {entry.folder: entry for entry in entries}
        for row in reversed(range(len(self._entries))):
            if self._entries[row].folder not in wanted:
                self.remove(self._entries[row].folder)
        for row, known in enumerate(self._entries):
            self._replace(row, wanted.pop(known.folder))
        if wanted:
            first = len(self._entries)
            self.beginInsertRows(NOWHERE, first, first + len(wanted) - 1)
            self._entries += wanted.values()
            self._keys += map(_keys, wanted.values())
            self.endInsertRows()

    def put(self, entry: RunEntry) -> None:
        """Show what became of one run."""
        for row, known in enumerate(self._entries):
            if known.folder == entry.folder:
                self._replace(row, entry)

    def remove(self, folder: Path) -> None:
        """Forget one run."""
        for row, known in enumerate(self._entries):
            if known.folder == folder:
                self.beginRemoveRows(NOWHERE, row, row)
                del self._entries[row], self._keys[row]
                self.endRemoveRows()
                return

    def _replace(self, row: int, entry: RunEntry) -> None:
        if entry != self._entries[row]:
            self._entries[row], self._keys[row] = entry, _keys(entry)
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def _recolour(self) -> None:
        if self._entries:
            last = self.index(len(self._entries) - 1, len(COLUMNS) - 1)
            self.dataChanged.emit(self.index(0, 0), last, [Role.DecorationRole])

    # -- what views ask ----------------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Return how many runs there are."""
        return 0 if parent.isValid() else len(self._entries)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return what a cell shows, says aloud, is edited as and sorted by."""
        if not index.isValid():
            return None
        entry, column = self._entries[index.row()], COLUMNS[index.column()]
        match role:
            case Role.DisplayRole:
                return column.text(entry)
            case Role.EditRole:
                return getattr(entry, column.name) if column.editable else column.text(entry)
            case Role.DecorationRole if column.name == "state":
                look = STATES[entry.state]
                return row_icon(look.icon, getattr(colours(), look.colour))
            case Role.ToolTipRole:
                return plain_tip(run_tip(entry))
            case Role.TextAlignmentRole if column.figures:
                return int(_RIGHT)
            case Role.AccessibleTextRole:
                return f"{translated(column.title)}: {column.text(entry)}"
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        """Return a column's title, and what it means."""
        if orientation is Qt.Orientation.Horizontal and role == Role.DisplayRole:
            return translated(COLUMNS[section].title)
        if orientation is Qt.Orientation.Horizontal and role == Role.ToolTipRole:
            return translated(COLUMNS[section].tip)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Return what can be done with a cell: names and notes can be edited."""
        editable = index.isValid() and COLUMNS[index.column()].editable
        return super().flags(index) | (Qt.ItemFlag.ItemIsEditable if editable else Qt.ItemFlag.NoItemFlags)

    def setData(self, index: Index, value: Any, role: int = Role.EditRole) -> bool:
        """Tell what was typed; the cell changes when it is on disk."""
        if role != Role.EditRole or not index.isValid():
            return False
        entry, column = self._entries[index.row()], COLUMNS[index.column()]
        if str(value) == getattr(entry, column.name):
            return False
        self.edited.emit(entry, column.name, str(value))
        return True


@dataclass(frozen=True)
class _Keys:
    """What sorting and filtering ask of a row thousands of times."""

    words: str
    order: tuple[Any, ...]


def _keys(entry: RunEntry) -> _Keys:
    # Plugins by both their names: a person may know either.
    told = (*(column.text(entry) for column in COLUMNS), entry.algorithm, entry.model, entry.tasks)
    words = "\n".join(told).casefold()
    return _Keys(words, tuple(column.order(entry) for column in COLUMNS))


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
