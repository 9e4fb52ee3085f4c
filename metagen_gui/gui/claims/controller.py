"""One test of claims at a time: waits for the machine, starts, stops, and tells what is heard of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from metagen_gui.gui.claims.mailbox import ClaimsMailbox
from metagen_gui.gui.program.job import Broken, Job, Outcome, Refused, Stopped
from metagen_gui.gui.run.controller import RunController
from metagen_gui.gui.run.states import RunState

if TYPE_CHECKING:
    from metagen_gui.engine.claims.examination.events import ClaimsEvent
    from metagen_gui.engine.claims.plan import ClaimPlan

INTERVAL = 100
"""Milliseconds between looks into the mailbox."""
TRAINS = (RunState.PREPARING, RunState.RUNNING, RunState.FINISHING)
"""States of the window's run in which it uses the machine."""

Examine = Callable[["ClaimPlan", Path], Generator["ClaimsEvent", None, object]]


class ClaimsState(Enum):
    """Where a test is. `WAITING` lasts until the window's run has ended or paused."""

    IDLE = "idle"
    WAITING = "waiting"
    RUNNING = "running"
    STOPPING = "stopping"

    @property
    def busy(self) -> bool:
        """Whether there is a test that has not ended."""
        return self is not ClaimsState.IDLE


class ClaimsController(QObject):
    """Starts, stops and ends tests; what does not fit the present state is ignored.

    A test divides time by what it measures an outer step to take. Beside a training run that comes and goes it would
    measure wrongly, so it waits for that run to end or to pause.
    """

    state_changed = Signal(object)
    """The new `ClaimsState`."""
    heard = Signal(object)
    """A `ClaimsEvent`; of how far it is, the latest of the last tenth of a second."""
    finished = Signal(object, float)
    """`ClaimsFinished`, and the seconds since it was asked for; after the change of state, as the others below."""
    stopped = Signal()
    """Ended early by a person; what was done is kept."""
    refused = Signal(str, str)
    """Where and why an input cannot be used."""
    failed = Signal(str, str)
    """One sentence and the details."""

    def __init__(self, run: RunController, examine: Examine | None = None, parent: QObject | None = None) -> None:
        """`examine` is the engine's unless a test hands over a stand-in."""
        super().__init__(parent)
        self.state = ClaimsState.IDLE
        self.plan: ClaimPlan | None = None
        self.folder: Path | None = None
        self._kept = False
        self._run, self._examine = run, examine or _examine
        self._thread: Job | None = None
        self._mailbox = ClaimsMailbox()
        self._result: ClaimsEvent | None = None
        self._since = 0.0
        self._timer = QTimer(self, interval=INTERVAL)
        self._timer.timeout.connect(self._deliver)
        run.state_changed.connect(self._look_at_run)

    @property
    def seconds(self) -> float:
        """How long ago the present test, or the last one, was asked for."""
        return time.monotonic() - self._since

    @property
    def beside_a_run(self) -> bool:
        """Whether the window's run uses the machine now."""
        return self._run.state in TRAINS

    def start(self, plan: ClaimPlan, folder: Path, *, kept: bool = False) -> None:
        """Test the claims of `plan` in `folder`, as soon as the machine is free.

        A test that is `kept` there goes on where it was left; it is refused if it has gone meanwhile.
        """
        if self.state.busy or self._run.engine is None:
            return
        self.plan, self.folder, self._kept = plan, folder, kept
        self._since = time.monotonic()
        self._go_to(ClaimsState.WAITING)
        self._look_at_run()

    def stop(self) -> None:
        """End the test; a run of it that is under way is saved first."""
        if self.state is ClaimsState.WAITING:
            self._go_to(ClaimsState.IDLE)
            self.stopped.emit()
        elif self._thread is not None and self.state is ClaimsState.RUNNING:
            self._go_to(ClaimsState.STOPPING)
            self._thread.stop()

    def wait(self) -> None:
        """Stop, and block until no thread is left: for the end of the program."""
        self.stop()
        if self._thread is not None:
            self._thread.wait()

    def _look_at_run(self) -> None:
        engine, plan, folder, kept = self._run.engine, self.plan, self.folder, self._kept
        if self.state is not ClaimsState.WAITING or self.beside_a_run:
            return
        assert engine is not None and plan is not None and folder is not None
        examine, self._result = self._examine, None

        def begin() -> Generator[ClaimsEvent, None, object]:
            from metagen_gui.engine.claims.examination.kept_tests import check_kept

            if kept:  # asked here, not when it was chosen: it may have waited for hours
                check_kept(folder)
            return examine(plan, folder)

        self._mailbox = ClaimsMailbox()
        self._thread = Job(begin, self._mailbox.put, use_threads=engine.use_threads)
        self._thread.ended.connect(self._end)
        self._go_to(ClaimsState.RUNNING)
        self._timer.start()
        self._thread.start()

    def _deliver(self) -> None:
        from metagen_gui.engine.claims.examination.events import ClaimsFinished

        for event in self._mailbox.take():
            if isinstance(event, ClaimsFinished):
                self._result = event
            else:
                self.heard.emit(event)

    def _end(self, outcome: Outcome) -> None:
        self._timer.stop()
        self._deliver()
        self._thread = None
        self._go_to(ClaimsState.IDLE)
        if self._result is not None:
            self.finished.emit(self._result, self.seconds)
            return
        match outcome:
            case Refused(where, why):
                self.refused.emit(where, why)
            case Stopped():
                self.stopped.emit()
            case Broken(sentence, details):
                self.failed.emit(sentence, details)
            case _:
                self.failed.emit(self.tr("The test ended without saying why."), "")

    def _go_to(self, state: ClaimsState) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit(state)


def _examine(plan: ClaimPlan, folder: Path) -> Generator[ClaimsEvent, None, object]:
    """The engine's own test; called in the thread. Its runs load of other packages what the window does."""
    from metagen_gui.engine.claims.examination.kept_tests import examine_alone
    from metagen_gui.engine.queue import process
    from metagen_gui.engine.settings.packages import agreed_alone

    return examine_alone(plan, folder, partial(process.start_process, changed=agreed_alone()))
