"""The arrows in words: an algorithm a row, with its loss, its gradient, and how that compares with differences."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from metagen_gui.gui.look.theme import colours, theme_changes
from metagen_gui.gui.plots.scale import format_number
from metagen_gui.gui.slow_motion.looks import icon_of, look_of
from metagen_gui.gui.widgets.plain_text import plain_tip

if TYPE_CHECKING:
    from metagen_gui.engine.slow_motion.arrows import Arrow

CLOSE = 1e-5
"""Up to which error a gradient counts as that of its loss."""


class ArrowTable(QTableWidget):
    """A row for each algorithm, checked where its arrow is drawn; the current row is whose surface is shown."""

    toggled = Signal()
    picked = Signal(str)
    """The algorithm of the current row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 6, parent)
        self.setObjectName("toy_arrows")
        self.setAccessibleName(self.tr("Arrows of the algorithms"))
        heads = [self.tr("Arrow of"), "L(θ)", "‖g‖", self.tr("Angle"), self.tr("Error"), self.tr("Gradient")]
        self.setHorizontalHeaderLabels(heads)
        tips = (
            self.tr("Checked arrows are drawn; the surface is that of the current row"),
            self.tr("Mean query loss after adaptation from θ"),
            self.tr("Length of the outer gradient; all arrows are drawn equally long"),
            self.tr("Angle between the outer gradient and the slope of the surface, by differences"),
            self.tr("How far the outer gradient is from the differences, relative to their length"),
            self.tr("Whether the outer gradient is the slope of the surface, as differences tell"),
        )
        for column, tip in enumerate(tips):
            if (head := self.horizontalHeaderItem(column)) is not None:
                head.setToolTip(tip)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setIconSize(QSize(36, 14))
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        header.setHighlightSections(False)
        self._names: list[str] = []
        self.itemChanged.connect(self._tell_toggled)
        self.currentCellChanged.connect(self._tell_picked)
        theme_changes().changed.connect(self._recolour)

    @property
    def current(self) -> str:
        """The algorithm whose surface is shown, "" before there are any."""
        row = self.currentRow()
        return self._names[row] if 0 <= row < len(self._names) else ""

    @property
    def places(self) -> dict[str, int]:
        """The places of the algorithms whose arrows are drawn, by name."""
        checked = Qt.CheckState.Checked
        return {name: row for row, name in enumerate(self._names) if self._cell(row, 0).checkState() == checked}

    def list_algorithms(self, titles: Mapping[str, str]) -> None:
        """Show these algorithms, by name; those that stay keep whether they are drawn, and the current one."""
        current, off = self.current, {*self._names} - {*self.places}
        self.blockSignals(True)
        self._names = [*titles]
        self.setRowCount(len(titles))
        for row, (name, title) in enumerate(titles.items()):
            head = QTableWidgetItem(title)
            head.setFlags(Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            head.setCheckState(Qt.CheckState.Unchecked if name in off else Qt.CheckState.Checked)
            self.setItem(row, 0, head)
            for column in range(1, self.columnCount()):
                self.setItem(row, column, QTableWidgetItem(""))
        row = self._names.index(current) if current in self._names else 0
        self.setCurrentCell(row, 0)
        self.blockSignals(False)
        self._recolour()

    def choose(self, current: str, drawn: Collection[str] | None) -> None:
        """Draw these arrows, or all, and make this row the current one; those that are not there are left out."""
        for row, name in enumerate(self._names):
            self._cell(row, 0).setCheckState(
                Qt.CheckState.Checked if drawn is None or name in drawn else Qt.CheckState.Unchecked
            )
        if current in self._names:
            self.setCurrentCell(self._names.index(current), 0)

    def show_arrow(self, arrow: Arrow) -> None:
        """Write what is known of an arrow into its row."""
        if arrow.name not in self._names:
            return
        row, told = self._names.index(arrow.name), self._verdict(arrow)
        angle = "" if math.isnan(arrow.angle) else f"{arrow.angle:.1f}°"
        error = "" if math.isnan(arrow.error) else f"{arrow.error:.0e}"
        self.blockSignals(True)
        for column, text in enumerate(
            (format_number(arrow.loss, 4), format_number(arrow.length, 3), angle, error, told), 1
        ):
            item = self._cell(row, column)
            item.setText(text)
            item.setToolTip(plain_tip(arrow.approximates or told))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, self.tr("approximate") if text == "≈" else text)
            if column < self.columnCount() - 1:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.blockSignals(False)

    def _verdict(self, arrow: Arrow) -> str:
        if arrow.differences is None:
            return self.tr("being checked…")
        if not math.isfinite(arrow.error):
            return self.tr("diverged")
        if arrow.approximates:
            return "≈"
        return self.tr("exact") if arrow.error <= CLOSE else self.tr("wrong")

    def _cell(self, row: int, column: int) -> QTableWidgetItem:
        found = self.item(row, column)
        assert found is not None, "every cell is filled when algorithms are listed"
        return found

    def _tell_toggled(self, item: QTableWidgetItem) -> None:
        if item.column() == 0:
            self.toggled.emit()

    def _tell_picked(self, row: int, column: int, before: int, _: int) -> None:
        if row != before and 0 <= row < len(self._names):
            self.picked.emit(self._names[row])

    def _recolour(self) -> None:
        self.blockSignals(True)
        quiet = self.palette()  # a current row in full colour would drown the arrows' own
        quiet.setColor(QPalette.ColorRole.Highlight, QColor(colours().hover))
        quiet.setColor(QPalette.ColorRole.HighlightedText, QColor(colours().text))
        self.setPalette(quiet)
        for row in range(self.rowCount()):
            self._cell(row, 0).setIcon(icon_of(look_of(row), self.devicePixelRatioF()))
        self.blockSignals(False)
