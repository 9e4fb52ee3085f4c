"""A table whose rows are chosen whole, and which fits to larger and smaller type."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractItemModel, QEvent, Qt
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from metagen_gui.gui.look.icon_font import font_icon
from metagen_gui.gui.look.theme import colours


class RowsTable(QTableView):
    """Columns are so many characters wide; what comes after those takes what is left."""

    def __init__(
        self, model: QAbstractItemModel, widths: Sequence[int], room: int, parent: QWidget | None = None
    ) -> None:
        """Show `model`, with `room` in pixels above and below a line of text together."""
        super().__init__(parent)
        self._widths, self._room = widths, room
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)  # Tab leads on to what comes after the table
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)  # of a thousand rows none is measured
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Fit to larger or smaller type."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self.model() is not None:
            self._fit()

    def _fit(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + self._room)
        for column, width in enumerate(self._widths):
            self.setColumnWidth(column, width * self.fontMetrics().averageCharWidth() + 12)


def row_icon(name: str, colour: str) -> QIcon:
    """Return an icon that is seen on the ground of the table, and on that of a chosen line."""
    look = colours()
    return font_icon(name, QColor(colour), disabled=QColor(look.disabled), active=QColor(look.on_accent))
