"""Work behind the window in small pieces, of which a newer plan drops what has not begun: the latest wins."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QObject, Signal

from metagen_gui.gui.program.job import Broken, Completed, Job, Outcome, Refused

Work = Callable[[], Any]


class Worker(QObject):
    """Does the pieces of a plan one after another, each in a job; `use_threads` is the engine's.

    A piece is a function, or a generator, which is broken off when its plan is dropped.
    """

    came = Signal(object)
    """What a piece returned; of a plan that was dropped nothing comes."""
    came_on = Signal(object)
    """What a generator yields on the way."""
    failed = Signal(str)
    """Why a piece could not be done, in a sentence; the rest of its plan is dropped."""
    busy_changed = Signal()

    def __init__(self, use_threads: Callable[[], Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._use_threads = use_threads
        self._plan: deque[Work] = deque()
        self._job: Job | None = None
        self._stale = False

    @property
    def busy(self) -> bool:
        """Whether anything is being done, or about to be."""
        return self._job is not None or bool(self._plan)

    def do(self, plan: Iterable[Work]) -> None:
        """Drop what is planned, and what is being done, for another plan."""
        self._plan = deque(plan)
        self._stale = self._job is not None
        if self._job is None:
            self._go_on()
        else:
            self._job.stop()

    def wait(self) -> None:
        """Drop everything and block until no thread is left."""
        self._plan.clear()
        self._stale = True
        if self._job is not None:
            self._job.stop()
            self._job.wait()

    def _go_on(self) -> None:
        if self._plan:
            self._job = Job(self._plan.popleft(), self.came_on.emit, use_threads=self._use_threads)
            self._job.ended.connect(self._end)
            self._job.start()
        self.busy_changed.emit()

    def _end(self, outcome: Outcome) -> None:
        self._job, stale, self._stale = None, self._stale, False
        if not stale and isinstance(outcome, Refused | Broken):
            self._plan.clear()
            self.failed.emit(outcome.sentence)
        elif not stale and isinstance(outcome, Completed):
            self.came.emit(outcome.value)
        if self._job is None:  # whoever heard may have begun another plan
            self._go_on()
