"""The line as a table that views show; a row is dragged to another place, and told of, not moved here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QT_TRANSLATE_NOOP,
    QAbstractTableModel,
    QCoreApplication,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QIcon

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.look.theme import colours
from metagen_gui.gui.widgets.plain_text import plain_tip
from metagen_gui.gui.widgets.rows_table import row_icon

if TYPE_CHECKING:
    from metagen_gui.engine.queue.entry import Entry

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()
Role = Qt.ItemDataRole
PROGRESS = 2
"""The column of how far a run has come; as a share of it, under `Qt.ItemDataRole.UserRole`."""
DRAGGED = "application/x-metagen-queue-row"


def _(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("Queue", text))


TITLES = (_("Run"), _("State"), _("Progress"), _("Note"))
STATES = {
    "waiting": (_("waiting"), "mdi6.clock-outline", "muted"),
    "running": (_("running"), "mdi6.play-circle-outline", "link"),
    "pausing": (_("pausing…"), "mdi6.pause-circle-outline", "warning"),
    "paused": (_("paused"), "mdi6.pause-circle-outline", "warning"),
    "done": (_("done"), "mdi6.check-circle-outline", "good"),
    "failed": (_("failed"), "mdi6.close-circle-outline", "error"),
}
"""Each state's word, icon and the name of its colour."""


@dataclass(frozen=True)
class Waiting:
    """An entry of the line, and the outer step that its run has come to."""

    entry: Entry
    meta_step: int


class QueueModel(QAbstractTableModel):
    """One row per run, in the order of the line."""

    dropped = Signal(str, int)
    """The id of a run that was dragged, and the place where it is wanted, counted from 1."""
    rows: Sequence[Waiting] = ()

    def show_line(self, rows: Sequence[Waiting]) -> None:
        """Show the line as it stands; where the runs are the same ones, what is chosen stays."""
        rows = list(rows)
        if [one.entry.id for one in rows] != [one.entry.id for one in self.rows]:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()
        elif rows != self.rows:
            self.rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(TITLES) - 1))

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Return how many runs are in line."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(TITLES)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return what a cell shows and says aloud."""
        if not index.isValid():
            return None
        row, column = self.rows[index.row()], index.column()
        text = _texts(row)[column]
        match role:
            case Role.DisplayRole:
                return text
            case Role.UserRole if column == PROGRESS:
                return row.meta_step / max(row.entry.meta_steps, 1)
            case Role.DecorationRole if column == 1:
                return _icon(row)
            case Role.ToolTipRole:
                return plain_tip(text)
            case Role.AccessibleTextRole:
                return f"{_tr(TITLES[column])}: {text}"
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        """Return a column's title, and a row's place in the line."""
        if role != Role.DisplayRole:
            return None
        return _tr(TITLES[section]) if orientation is Qt.Orientation.Horizontal else str(section + 1)

    # -- dragging ----------------------------------------------------------------------------------------------------

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Return that a row can be dragged, and dropped between others."""
        return super().flags(index) | (
            Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else Qt.ItemFlag.ItemIsDropEnabled
        )

    def supportedDropActions(self) -> Qt.DropAction:
        """Return that rows are moved."""
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        """Return what a dragged row is."""
        return [DRAGGED]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """Return a dragged row."""
        data = QMimeData()
        data.setData(DRAGGED, self.rows[indexes[0].row()].entry.id.encode())
        return data

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: QModelIndex | QPersistentModelIndex
    ) -> bool:
        """Tell where a row was let go; the table changes when the line has."""
        name = bytes(data.data(DRAGGED).data()).decode()
        before = next((place for place, one in enumerate(self.rows) if one.entry.id == name), None)
        if before is None:
            return False
        at = row if row >= 0 else parent.row() if parent.isValid() else len(self.rows)
        self.dropped.emit(name, at + (at <= before))
        return False  # or the view would take the row away


def _texts(row: Waiting) -> tuple[str, ...]:
    entry = row.entry
    steps = _tr("{0} of {1} steps").format(f"{row.meta_step:,}", f"{entry.meta_steps:,}")
    again = _tr("retried {0} ×").format(entry.retried) if entry.retried else ""
    note = translated(entry.problem) or (Path(entry.run).name if entry.run else "")
    return entry.name, _tr(STATES[_state(row)][0]), steps, " · ".join(part for part in (again, note) if part)


def _state(row: Waiting) -> str:
    return "pausing" if row.entry.pausing else row.entry.state


def _icon(row: Waiting) -> QIcon:
    _, name, colour = STATES[_state(row)]
    return row_icon(name, getattr(colours(), colour))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Queue", text)
