"""One phase as a person sees it: its formula, the same with numbers, all numbers, the losses so far, and a picture."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.settings.formula import as_text
from metagen_gui.engine.slow_motion.phases import Phase
from metagen_gui.gui.samples.cell_picture import Options
from metagen_gui.gui.samples.grid import SampleGrid
from metagen_gui.gui.slow_motion.inner_losses import InnerLosses
from metagen_gui.gui.slow_motion.numbers import NumberTable
from metagen_gui.gui.widgets.formula import FormulaLabel
from metagen_gui.gui.widgets.picker import Picker
from metagen_gui.gui.widgets.plain_text import PlainLabel
from metagen_gui.gui.widgets.turning_splitter import TurningSplitter

_LARGER = 1.35
"""How much larger than other text a formula is."""


class PhaseView(QWidget):
    """Shows a phase for one of its tasks; the `picture` is placed by whoever has room for it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._phase: Phase | None = None
        self._notices: Sequence[str] = ()
        self.title, self.formula, self.worked, self.remark = PlainLabel(), FormulaLabel(), FormulaLabel(), PlainLabel()
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        for label in (self.formula, self.worked):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for line in (self.formula, self.worked, self.remark):
            line.setWordWrap(True)
        font = self.formula.font()
        font.setPointSizeF(_LARGER * font.pointSizeF())
        self.formula.setFont(font)
        self.formula.setObjectName("phase_formula")
        self.worked.setObjectName("phase_worked")
        self.worked.setToolTip(self.tr("The formula with numbers, for the entry that moves furthest in this task"))
        self.remark.setProperty("tone", "muted")
        self.task = Picker(least=14)
        self.task.setObjectName("phase_task")
        self.task.setAccessibleName(self.tr("Task"))
        self.task.setToolTip(self.tr("The task of this outer step whose numbers are shown"))
        self.task.currentIndexChanged.connect(self._show)
        task = PlainLabel(self.tr("Numbers of"))
        task.setBuddy(self.task)
        self.numbers, self.losses, self.picture = NumberTable(), InnerLosses(), SampleGrid()
        self.picture.setObjectName("phase_picture")
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(task)
        head.addWidget(self.task)
        parts = TurningSplitter((3, 2), ratio=1.6)
        parts.addWidget(self.numbers)
        parts.addWidget(self.losses)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        for line in (self.formula, self.worked, self.remark):
            column.addWidget(line)
        column.addWidget(parts, 1)

    def show_phase(self, phase: Phase, notices: Sequence[str] = ()) -> None:
        """Show another phase, for the same task; `notices` are sentences that hold for all of them."""
        self._notices = notices
        if self._phase is None or self._phase.tasks != phase.tasks:
            at = max(self.task.currentIndex(), 0)
            self.task.blockSignals(True)
            self.task.clear()
            self.task.addItems([self.tr("Task {0} ({1})").format(n + 1, name) for n, name in enumerate(phase.tasks)])
            self.task.setCurrentIndex(min(at, len(phase.tasks) - 1))
            self.task.blockSignals(False)
        self._phase = phase
        self._show()

    def _show(self) -> None:
        phase, task = self._phase, max(self.task.currentIndex(), 0)
        if phase is None:
            return
        self.title.setText(self.tr("Outer step {0} · {1}").format(f"{phase.meta_step:,}", translated(phase.title)))
        worked = phase.worked_for(task)
        for label, line in ((self.formula, phase.formula), (self.worked, worked)):
            label.show_line(line)
            label.setAccessibleName(as_text(line))
            label.setVisible(bool(line))
        remark = translated(" ".join([*self._notices, phase.remark]).strip())
        self.remark.setText(remark)
        self.remark.setVisible(bool(remark))
        self.numbers.show_phase(phase, task)
        self.losses.show_phase(phase, task)
        if phase.picture is not None:
            self.picture.show_snapshot(phase.picture, Options())
