"""The phases of an outer step side by side: where it stands, and what has been."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabBar, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.slow_motion.phases import Phase
from metagen_gui.gui.widgets.wheel_guard import guard_wheel


class PhaseStrip(QTabBar):
    """A tab for each phase; those that are known can be gone to by mouse and by arrow keys."""

    chosen = Signal(object)
    """A `Phase` that is to be looked at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("phase_strip")
        self.setAccessibleName(self.tr("Phases of the outer step"))
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setUsesScrollButtons(True)
        guard_wheel(self)
        self._known: tuple[Phase, ...] = ()
        self.currentChanged.connect(self._tell)

    def show_phases(self, known: Sequence[Phase], current: Phase | None) -> None:
        """Show the phases that are `known` of an outer step, and those to come as many as there will be."""
        self.blockSignals(True)
        self._known = tuple(known)
        if current is None:
            titles = [self.tr("Tasks"), self.tr("Inner steps"), *self._last()]
        elif current.steps == 0:
            titles = [self.tr("Tasks"), *self._last()]
        else:
            titles = [self.tr("Tasks"), *(str(step) for step in range(1, current.steps + 1)), *self._last()]
        while self.count() > len(titles):
            self.removeTab(self.count() - 1)
        for index, title in enumerate(titles):
            if index == self.count():
                self.addTab(title)
            self.setTabText(index, title)
            phase = self._at(index)
            self.setTabEnabled(index, phase is not None)
            self.setTabToolTip(index, translated(phase.title) if phase else self.tr("Still to come"))
            if phase is not None and phase is current:
                self.setCurrentIndex(index)
        self.blockSignals(False)

    def _last(self) -> list[str]:
        return [self.tr("Query"), self.tr("Gradient"), self.tr("Update")]

    def _at(self, index: int) -> Phase | None:
        """Return the known phase that stands at `index`; the first ones may have been let go of."""
        return next((phase for phase in self._known if _place(phase) == index), None)

    def _tell(self, index: int) -> None:
        if (phase := self._at(index)) is not None:
            self.chosen.emit(phase)


def _place(phase: Phase) -> int:
    behind = {"query": 1, "gradient": 2, "update": 3}.get(phase.kind)
    if behind is not None:
        return phase.steps + behind
    return phase.inner_step if phase.kind == "inner" else 0
