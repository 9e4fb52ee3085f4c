"""A table of the settings in which runs differ: a row per setting, a column per run, in the plot's colours."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem, QWidget

from metagen_gui.gui.look.theme import plot_colours, theme_changes
from metagen_gui.gui.plots.curves.item import DASHES
from metagen_gui.gui.widgets.plain_text import plain_tip

_SWATCH = QSize(18, 10)
_WIDEST = 320


class SettingsTable(QTableWidget):
    """Read only; what is chosen can be copied as text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("comparison_settings")
        self.setAccessibleName(self.tr("Settings in which the runs differ"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        theme_changes().changed.connect(self._colour)

    def show_differences(self, runs: Sequence[str], differences: Sequence[tuple[str, list[str]]]) -> None:
        """Show each setting's value in each of `runs`, by name; "—" where a run has no such setting."""
        names = [self.tr("Setting"), *runs]
        rows = [[path, *(value or "—" for value in values)] for path, values in differences]
        if (names, rows) == (self._texts(), self._cells()):  # a look at a run that goes on: leave what is chosen
            return
        self.setRowCount(0)
        self.setColumnCount(len(names))
        self.setRowCount(len(rows))
        for place, name in enumerate(names):
            title = QTableWidgetItem(name)
            title.setToolTip(plain_tip(name))
            self.setHorizontalHeaderItem(place, title)
        for row, cells in enumerate(rows):
            for place, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setToolTip(plain_tip(text))
                self.setItem(row, place, item)
        self.resizeColumnToContents(0)
        self._colour()
        for place in range(1, len(names)):
            wanted = max(self.sizeHintForColumn(place), self.horizontalHeader().sectionSizeHint(place))
            self.setColumnWidth(place, min(_WIDEST, wanted + 12))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy what is chosen, as lines of values between tabs."""
        if event.matches(QKeySequence.StandardKey.Copy):
            rows: dict[int, list[str]] = {}
            for index in sorted(self.selectedIndexes(), key=lambda index: (index.row(), index.column())):
                rows.setdefault(index.row(), []).append(str(index.data()))
            QGuiApplication.clipboard().setText("\n".join("\t".join(cells) for cells in rows.values()))
        else:
            super().keyPressEvent(event)

    def _texts(self) -> list[str]:
        items = [self.horizontalHeaderItem(place) for place in range(self.columnCount())]
        return [item.text() if item else "" for item in items]

    def _cells(self) -> list[list[str]]:
        rows, columns = range(self.rowCount()), range(self.columnCount())
        return [[str(self.model().index(row, place).data()) for place in columns] for row in rows]

    def _colour(self) -> None:
        """Put a piece of its line before the name of each run."""
        series = plot_colours().series
        for place in range(1, self.columnCount()):
            title = self.horizontalHeaderItem(place)
            if title is None:
                continue
            picture = QPixmap(_SWATCH)
            picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(picture)
            pen = painter.pen()
            pen.setColor(series[(place - 1) % len(series)])
            pen.setWidthF(2.4)
            if DASHES[(place - 1) % len(DASHES)]:
                pen.setDashPattern(DASHES[(place - 1) % len(DASHES)])
            painter.setPen(pen)
            painter.drawLine(0, _SWATCH.height() // 2, _SWATCH.width(), _SWATCH.height() // 2)
            painter.end()
            title.setIcon(picture)
