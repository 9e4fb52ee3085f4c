"""The live numbers of a phase: symbol, value for the task that is looked at, mean over tasks, what it is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from metagen_gui.engine.languages.spoken import named, translated
from metagen_gui.engine.settings.formula import as_text
from metagen_gui.engine.slow_motion.phases import Number, Phase
from metagen_gui.gui.plots.scale import format_number
from metagen_gui.gui.widgets.formula import FormulaLabel
from metagen_gui.gui.widgets.plain_text import plain_tip

_DIGITS = 5


class NumberTable(QTableWidget):
    """A row for each number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 4, parent)
        self.setObjectName("phase_numbers")
        self.setAccessibleName(self.tr("Numbers of the phase"))
        heads = self.tr("Symbol"), self.tr("This task"), self.tr("Mean"), self.tr("What it is")
        self.setHorizontalHeaderLabels(heads)
        self.setWordWrap(False)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        header.setHighlightSections(False)

    def show_phase(self, phase: Phase, task: int) -> None:
        """Show the numbers of a phase for a task."""
        several = len({number.player for number in phase.numbers if number.player}) > 1
        by_task = any(len(number.values) > 1 for number in phase.numbers)
        self.setColumnHidden(1, not by_task)
        self.setHorizontalHeaderItem(2, QTableWidgetItem(self.tr("Mean") if by_task else self.tr("Value")))
        self.setRowCount(len(phase.numbers))
        for row, number in enumerate(phase.numbers):
            self._fill(row, number, task, several)
        self.resizeRowsToContents()

    def _fill(self, row: int, number: Number, task: int, several: bool) -> None:
        own = format_number(number.of(task), _DIGITS) if len(number.values) > 1 else ""
        about = translated(number.about)
        if several and number.player:
            about = f"{named(number.player)}: {about}"
        texts = ("", own, format_number(number.mean, _DIGITS), about)
        # the symbol is drawn by a label, and in words for whoever cannot see it; in tips numbers have all their digits
        whole = (as_text(number.symbol), repr(number.of(task)) if own else "", repr(number.mean), about)
        for column, (text, full) in enumerate(zip(texts, whole, strict=True)):
            item = QTableWidgetItem(text)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, text or full)
            item.setToolTip(plain_tip(full))
            if column in (1, 2):
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.setItem(row, column, item)
        symbol = FormulaLabel(number.symbol)
        symbol.setContentsMargins(4, 1, 8, 1)
        self.setCellWidget(row, 0, symbol)
