"""Opens runs and goes walks behind the window: one at a time, and of what is asked for meanwhile the last."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from metagen_gui.gui.program.job import Completed, Job, Outcome, Stopped

if TYPE_CHECKING:
    from metagen_gui.engine.play.walks import Walker, Way


class WalkWork(QObject):
    """Holds the run that was opened last."""

    opened = Signal(object)
    """The `Walker` of the run that was asked for."""
    walked = Signal(object)
    """The `Walk` that was asked for."""
    came_on = Signal(int)
    """How many frames of a walk are done."""
    failed = Signal(str)
    """Why there is none, in a line."""

    def __init__(self, use_threads: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._use_threads = use_threads
        self._walker: Walker | None = None
        self._wanted: Callable[[], Any] | None = None
        self._job: Job | None = None

    @property
    def under_way(self) -> bool:
        """Whether something is computed, or waits to be."""
        return self._job is not None

    def open(self, folder: Path) -> None:
        """Ask for the newest checkpoint of a run."""
        self._walker = None

        def work() -> Walker:
            from metagen_gui.engine.play.walks import Walker  # loads torch, which the window's own imports may not
            from metagen_gui.engine.trained.trained_run import open_run

            walker = Walker(open_run(folder))
            assert walker.kinds is not None  # found out here, not when it is shown
            return walker

        self._want(work)

    def go(self, way: Way) -> None:
        """Ask for a walk with the run that is open; there is nothing to ask for before one is."""
        walker = self._walker
        if walker is not None:

            def work() -> Generator[int, None, Any]:
                return walker.walking(way)

            self._want(work)

    def stop(self) -> None:
        """Ask for nothing more, and block until nothing is computed."""
        self._wanted = None
        if self._job is not None:
            self._job.stop()
            self._job.wait()

    def _want(self, work: Callable[[], Any]) -> None:
        self._wanted = work
        if self._job is not None:
            self._job.stop()
        else:
            self._begin()

    def _begin(self) -> None:
        work, self._wanted = self._wanted, None
        if work is not None:
            self._job = Job(work, self.came_on.emit, use_threads=self._use_threads)
            self._job.ended.connect(self._end)
            self._job.start()

    def _end(self, outcome: Outcome) -> None:
        self._job = None
        overtaken = self._wanted is not None or isinstance(outcome, Stopped)
        if isinstance(outcome, Completed) and not overtaken:
            if hasattr(outcome.value, "walking"):
                self._walker = outcome.value
                self.opened.emit(outcome.value)
            else:
                self.walked.emit(outcome.value)
        elif not overtaken:
            self.failed.emit(getattr(outcome, "sentence", ""))
        if self._job is None:
            self._begin()
