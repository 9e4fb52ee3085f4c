"""A plugin at work, now: a small experiment learns behind the window, and what it generates is shown as it does."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from metagen_gui.engine.events import Snapshot, StepReport
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.program.job import Broken, Job, Outcome, Refused
from metagen_gui.gui.samples.view import SampleView
from metagen_gui.gui.widgets.plain_text import PlainLabel

if TYPE_CHECKING:
    from metagen_gui.engine.experiment import Experiment, Section

PACE = 80
"""Milliseconds between looks at what has come."""


class LivePicture(QWidget):
    """Shows samples before and after adaptation while a plugin learns; stops when it has learned, or is told to."""

    def __init__(self, use_threads: Callable[[], object] | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._threads = use_threads
        self._job: Job | None = None
        self._came: deque[Experiment | StepReport | Snapshot] = deque()
        self._shown: tuple[Section, str] = ("algorithm", "")
        self._seed, self._title = 0, ""
        self.says = PlainLabel()
        self.says.setObjectName("picture_says")
        self.says.setProperty("tone", "muted")
        self.says.setWordWrap(True)
        self.again = QPushButton(self.tr("&Again"))
        self.again.setObjectName("picture_again")
        self.again.setToolTip(self.tr("Begin anew, from other weights and with other tasks"))
        self.again.setAutoDefault(False)
        self.again.clicked.connect(self._begin_anew)
        self.view = SampleView()
        self.view.setObjectName("picture_samples")
        self.view.set_empty_text(self.tr("Samples come in a moment"))
        row = QHBoxLayout()
        row.setContentsMargins(10, 6, 10, 0)
        row.addWidget(self.says, 1)
        row.addWidget(self.again)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.view, 1)
        self._timer = QTimer(self)
        self._timer.setInterval(PACE)
        self._timer.timeout.connect(self._drain)

    def show_plugin(self, section: Section, name: str) -> None:
        """Let the plugin learn something small, from the beginning."""
        self._shown, self._seed = (section, name), 0
        self._begin()

    @property
    def busy(self) -> bool:
        """Whether something learns at present."""
        return self._job is not None

    def stop(self) -> None:
        """Learn no more; what came last stays in sight."""
        if self._job is not None:
            self._job.ended.disconnect(self._end)
            self._job.stop()
            self._job = None
        self._timer.stop()

    def _begin_anew(self) -> None:
        self._seed += 1
        self._begin()

    def _begin(self) -> None:
        from metagen_gui.engine.demonstration import demonstrate

        self.stop()
        self._came, self._title = deque(), ""
        self.view.reset()
        self.says.setText(self.tr("Preparing…"))
        self._job = Job(partial(demonstrate, *self._shown, self._seed), self._came.append, use_threads=self._threads)
        self._job.ended.connect(self._end)
        self._job.start()
        self._timer.start()

    def _drain(self) -> None:
        """Show the newest of what has come."""
        newest: StepReport | None = None
        while self._came:
            event = self._came.popleft()
            if isinstance(event, Snapshot):
                self.view.add_snapshot(event)
            elif isinstance(event, StepReport):
                newest = event
            else:
                sections: tuple[Section, ...] = ("algorithm", "model", "tasks")
                self._title = " · ".join(translated(event.plugin(section).title) for section in sections)
                self._show_whether(True)
        if newest is not None:
            self.says.setText(self.tr("{0}: outer step {1}").format(self._title, f"{newest.meta_step:,}"))

    def _show_whether(self, there_is: bool) -> None:
        self.view.setVisible(there_is)
        self.again.setVisible(there_is)

    def _end(self, outcome: Outcome) -> None:
        self._drain()
        self._job = None
        self._timer.stop()
        if isinstance(outcome, Refused | Broken):
            self.says.setText(outcome.sentence)
        elif not self._title:
            self._show_whether(False)
            self.says.setText(self.tr("It reads examples of yours: choose them in the experiment to see what it does."))
