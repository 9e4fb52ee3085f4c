"""The table of the line: rows are chosen whole and dragged; how far a run has come is drawn as a bar."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from metagen_gui.gui.look.theme import colours
from metagen_gui.gui.queue.model import PROGRESS, QueueModel
from metagen_gui.gui.widgets.rows_table import RowsTable

_WIDTHS = (31, 14, 21)
"""In characters; notes take what is left."""


class QueueTable(RowsTable):
    """One line per run, in the order in which they are begun."""

    def __init__(self, model: QueueModel, parent: QWidget | None = None) -> None:
        super().__init__(model, _WIDTHS, 11, parent)
        self.setObjectName("queue_table")
        self.setAccessibleName(self.tr("Runs in the queue"))
        self.setItemDelegateForColumn(PROGRESS, _Bar(self))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDragDropOverwriteMode(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)


class _Bar(QStyledItemDelegate):
    """Draws a share as a bar beneath the words."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the cell, then a thin bar along its lower edge."""
        super().paint(painter, option, index)
        rect = option.rect
        whole, share = QRectF(rect).adjusted(4, rect.height() - 4, -10, -1), index.data(Qt.ItemDataRole.UserRole)
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, width in ((colours().grid, 1.0), (colours().link, min(max(share, 0.0), 1.0))):
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(QRectF(whole.left(), whole.top(), width * whole.width(), whole.height()), 1.5, 1.5)
        painter.restore()
