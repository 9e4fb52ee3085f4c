"""An outer step in slow motion: of the experiment in the form, or of a copy of a run as it was last saved."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QKeySequence, QPainter, QPen, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from metagen_gui.engine.slow_motion.phases import Phase
from metagen_gui.gui.look.theme import PlotColours
from metagen_gui.gui.program.worker import Worker
from metagen_gui.gui.run.tool import Around
from metagen_gui.gui.slow_motion.phase_strip import PhaseStrip
from metagen_gui.gui.slow_motion.phase_view import PhaseView
from metagen_gui.gui.widgets.empty_state import EmptyState
from metagen_gui.gui.widgets.flow_layout import FlowLayout
from metagen_gui.gui.widgets.icon_button import IconButton
from metagen_gui.gui.widgets.message_line import MessageLine
from metagen_gui.gui.widgets.picker import Picker
from metagen_gui.gui.widgets.plain_text import PlainLabel
from metagen_gui.gui.widgets.turning_splitter import TurningSplitter

if TYPE_CHECKING:
    from metagen_gui.engine.slow_motion.session import SlowMotion

PACE = 1600
"""Milliseconds that a phase is shown while they are played."""


class StepPage(QWidget):
    """Buttons that step, the strip of phases, and the phase itself. `around` tells the experiment and the runs."""

    def __init__(self, around: Around, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._around = around
        engine = around.controller.engine
        assert engine is not None, "a tool is made when the engine is there"
        self.worker = Worker(engine.use_threads, self)
        self.worker.came.connect(self._take)
        self.worker.failed.connect(self._tell_failure)
        self.worker.busy_changed.connect(self._come_to_rest)
        self._slow: SlowMotion | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PACE)
        self._timer.timeout.connect(self.step_inner)
        self._build()
        self._enable()

    def _build(self) -> None:
        self.source = Picker(least=18)
        self.source.setObjectName("slow_motion_source")
        self.source.setAccessibleName(self.tr("What is slowed down"))
        self.source.setToolTip(self.tr("The experiment in the form, afresh, or a copy of a run as it was last saved"))
        self.source.activated.connect(self.begin)
        of = PlainLabel(self.tr("Slow motion of"))
        of.setBuddy(self.source)
        self.again = IconButton("mdi6.restart", self.tr("Begin anew, with the experiment as it is now"))
        self.again.setObjectName("slow_motion_again")
        self.again.clicked.connect(self.begin)
        back = self.tr("Back"), self.tr("The phase before")
        inner = self.tr("Next phase"), self.tr("The next inner step, or the next phase")
        outer = self.tr("Outer step"), self.tr("On to the end of the outer step")
        stop = self.tr("Stop"), self.tr("Compute no further than the phase that is under way")
        play = self.tr("Play slowly"), self.tr("Phase by phase, at a pace to follow")
        self.back_button = self._button("back", *back, "Ctrl+Left", self.back)
        self.inner_button = self._button("inner", *inner, "Ctrl+Right", self.step_inner)
        self.outer_button = self._button("outer", *outer, "Ctrl+Shift+Right", self.step_outer)
        self.stop_button = self._button("stop", *stop, "Ctrl+.", self.stop)
        self.play_button = self._button("play", *play, "Ctrl+Space", self._play)
        self.play_button.setCheckable(True)
        self.said = MessageLine()
        self.strip, self.view = PhaseStrip(), PhaseView()
        self.strip.chosen.connect(self._go_to)
        self.empty = EmptyState(self.tr("Press Next phase to see what one outer step is made of"), _steps_down)
        self.view.hide()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.view.picture)
        head = QHBoxLayout()
        head.addWidget(of)
        head.addWidget(self.source, 1)
        head.addWidget(self.again)
        bar = QWidget()
        buttons = FlowLayout(bar, 6, 4)
        for button in (self.back_button, self.inner_button, self.outer_button, self.play_button, self.stop_button):
            buttons.addWidget(button)
        self.busy_label = PlainLabel()
        self.busy_label.setProperty("tone", "muted")
        buttons.addWidget(self.busy_label)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        for part in (bar, self.said, self.strip):
            column.addWidget(part)
        column.addWidget(self.view, 1)
        column.addStretch()
        parts = TurningSplitter((1, 1))
        parts.addWidget(left)
        parts.addWidget(self.pages)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(8, 6, 8, 6)
        whole.addWidget(parts)

    def _button(self, name: str, text: str, tip: str, keys: str, do: Callable[..., object]) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(f"slow_motion_{name}")
        sequence = QKeySequence(keys)
        button.setToolTip(f"{tip} ({sequence.toString(QKeySequence.SequenceFormat.NativeText)})")
        button.clicked.connect(do)
        shortcut = QShortcut(sequence, self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(button.click)
        return button

    # -- what is slowed down -------------------------------------------------------------------------------------

    def fill_sources(self) -> None:
        """List the experiment and the runs there are now; what is chosen stays chosen."""
        chosen = self.source.currentData()
        self.source.clear()
        self.source.addItem(self.tr("The experiment in the form"), None)
        for entry in self._around.runs():
            if entry.state != "unreadable" and entry.meta_step > 0:
                told = self.tr("{0} · step {1}").format(" ".join(entry.name.split()), f"{entry.meta_step:,}")
                self.source.addItem(told, entry.folder)
        self.source.setCurrentIndex(max(self.source.findData(chosen), 0))

    def choose(self, name: str) -> bool:
        """Choose the run in a folder of that name, and begin; return whether there is one."""
        self.fill_sources()
        rows = range(1, self.source.count())
        if (row := next((row for row in rows if self.source.itemData(row).name == name), None)) is None:
            return False
        self.source.setCurrentIndex(row)
        self.begin()
        return True

    def showEvent(self, event: QShowEvent) -> None:
        """List the runs that have come meanwhile."""
        super().showEvent(event)
        self.fill_sources()

    def begin(self) -> None:
        """Begin anew with what is chosen, at its first phase."""
        self._stop_playing()
        self._slow = None
        self.strip.show_phases((), None)
        self.worker.do([self._opening(), self._forward])

    def _opening(self) -> Callable[[], Any]:
        folder: Path | None = self.source.currentData()
        if folder is None:
            return partial(_open_experiment, self._around.panel.experiment())
        return partial(_open_run, folder)

    # -- stepping ------------------------------------------------------------------------------------------------

    def step_inner(self) -> None:
        """Go to the next phase."""
        self._ask(self._forward)

    def step_outer(self) -> None:
        """Go to the end of the outer step."""
        self._stop_playing()
        self._ask(self._outer)

    def stop(self) -> None:
        """Break off what is being computed, at the end of the phase that is under way."""
        self._stop_playing()
        self.worker.do([])

    def back(self) -> None:
        """Go to the phase before, which is kept."""
        self._stop_playing()
        if self._slow is not None and not self.worker.busy:
            self._slow.back()
            self._show()

    def _ask(self, work: Callable[[], Any]) -> None:
        if self.worker.busy:
            return
        self.worker.do([work] if self._slow is not None else [self._opening(), work])

    def _forward(self) -> Phase:
        assert self._slow is not None
        return self._slow.forward()

    def _outer(self) -> Generator[None, None, Phase]:
        """Go to the end of an outer step, phase by phase, so that it can be broken off."""
        assert self._slow is not None
        while (phase := self._slow.forward()).kind != "update":
            yield
        return phase

    def _go_to(self, phase: Phase) -> None:
        self._stop_playing()
        if self._slow is not None and not self.worker.busy:
            self._slow.go_to(phase)
            self._show()

    def _play(self, on: bool) -> None:
        if not on:
            self._timer.stop()
        elif self.worker.busy:
            self._timer.start()
        else:
            self.step_inner()

    def _stop_playing(self) -> None:
        self._timer.stop()
        self.play_button.setChecked(False)

    # -- what comes ----------------------------------------------------------------------------------------------

    def _take(self, found: Any) -> None:
        if not isinstance(found, Phase):
            self._slow = found
            self.said.say("")
            return
        self._show()
        if self.play_button.isChecked():
            self._timer.start()

    def _show(self) -> None:
        if self._slow is not None and (phase := self._slow.phase) is not None:
            self.strip.show_phases(self._slow.of_step, phase)
            self.view.show_phase(phase, self._slow.notices)
            self.view.show()
            self.pages.setCurrentWidget(self.view.picture)
        self._enable()

    def _come_to_rest(self) -> None:
        """Show where the walk stands once nothing is computed any more: what was broken off tells nothing itself."""
        if not self.worker.busy and self._slow is None:
            self.view.hide()
            self.pages.setCurrentWidget(self.empty)
        elif not self.worker.busy:
            self._show()
        self._enable()

    def _tell_failure(self, why: str) -> None:
        self._stop_playing()
        self._slow = None
        self.said.say(why)

    def _enable(self) -> None:
        # the other buttons stay as they are, or the focus would leave them at every step
        self.back_button.setEnabled(self._slow is not None and not self.worker.busy and self._slow.can_go_back)
        self.busy_label.setText(self.tr("computing…") if self.worker.busy else "")


def _open_experiment(experiment: Any) -> SlowMotion:
    from metagen_gui.engine.slow_motion.session import of_experiment

    return of_experiment(experiment)


def _open_run(folder: Path) -> SlowMotion:
    from metagen_gui.engine.slow_motion.session import of_run

    return of_run(folder)


def _steps_down(painter: QPainter, area: QRectF, look: PlotColours) -> None:
    """Sketch a few steps that lead down, one of them in colour."""
    width, height = area.width() / 8, area.height() / 8
    for step in range(4):
        left, top = area.left() + (1 + 1.6 * step) * width, area.top() + (1 + 1.5 * step) * height
        colour = QColor(look.series[0] if step == 2 else look.grid)
        painter.setPen(QPen(colour, 3))
        painter.drawLine(int(left), int(top), int(left + 1.6 * width), int(top))
        painter.drawLine(int(left + 1.6 * width), int(top), int(left + 1.6 * width), int(top + 1.5 * height))
