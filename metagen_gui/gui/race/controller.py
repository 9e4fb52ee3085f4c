"""One race at a time: waits for the machine, starts, pauses, and tells what is heard of it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from metagen_gui.engine.races.events import RaceEvent
from metagen_gui.gui.program.job import Broken, Job, Outcome, Refused
from metagen_gui.gui.race.mailbox import RaceMailbox
from metagen_gui.gui.run.controller import RunController
from metagen_gui.gui.run.states import RunState

if TYPE_CHECKING:
    from metagen_gui.engine.queue.worker import Worker

INTERVAL = 200
"""Milliseconds between looks into the mailbox: curves and samples need no more."""
TRAINS = (RunState.PREPARING, RunState.RUNNING, RunState.FINISHING)
"""States of the window's run in which it uses the machine."""

RunRace = Callable[..., Generator[RaceEvent, None, Any]]


class RaceState(Enum):
    """Where a race is. `WAITING` lasts until the window's run has ended or paused; `IDLE`: none, paused, or over."""

    IDLE = "idle"
    WAITING = "waiting"
    RACING = "racing"
    PAUSING = "pausing"

    @property
    def busy(self) -> bool:
        """Whether a race goes on."""
        return self is not RaceState.IDLE


class RaceController(QObject):
    """Starts and pauses races; what does not fit the present state is ignored.

    Pausing saves every lane, so that a paused race is one that can be gone on with at any time. Beside a training run
    that comes and goes, what a step takes would be measured wrongly: a race begins when that has ended or pauses.
    """

    state_changed = Signal(object)
    """The new `RaceState`."""
    delivered = Signal(object)
    """A `RaceDelivery`."""
    failed = Signal(str, str)
    """One sentence and the details; after the change of state."""

    def __init__(
        self,
        run: RunController,
        worker: Callable[[], Worker | None],
        run_race: RunRace | None = None,
        parent: QObject | None = None,
    ) -> None:
        """`worker` makes who starts lanes; `run_race` is the engine's unless a test hands over a stand-in."""
        super().__init__(parent)
        self.state = RaceState.IDLE
        self.folder: Path | None = None
        self._finish = False
        self._run, self._worker, self._run_race = run, worker, run_race or _run_race
        self._thread: Job | None = None
        self._mailbox = RaceMailbox()
        self._timer = QTimer(self, interval=INTERVAL)
        self._timer.timeout.connect(self._deliver)
        run.state_changed.connect(self._look_at_run)

    def start(self, folder: Path, *, finish: bool = False) -> None:
        """Run the race in `folder`, or go on with it, as soon as the machine is free; with `finish` only judge it."""
        if self.state.busy or self._run.engine is None:
            return
        self.folder, self._finish = folder, finish
        self._go_to(RaceState.WAITING)
        self._look_at_run()

    def pause(self) -> None:
        """Save every lane and end for now."""
        if self.state is RaceState.WAITING:
            self._go_to(RaceState.IDLE)
        elif self._thread is not None and self.state is RaceState.RACING:
            self._go_to(RaceState.PAUSING)
            self._thread.stop()

    def wait(self) -> None:
        """Pause, and block until no thread is left: for the end of the program."""
        self.pause()
        if self._thread is not None:
            self._thread.wait()

    def _look_at_run(self) -> None:
        engine, folder, finish = self._run.engine, self.folder, self._finish
        if self.state is not RaceState.WAITING or self._run.state in TRAINS:
            return
        assert engine is not None and folder is not None
        run_race, worker, self._mailbox = self._run_race, self._worker(), RaceMailbox()
        begun = partial(run_race, folder, worker, finish=finish)
        self._thread = Job(begun, self._mailbox.put, use_threads=engine.use_threads)
        self._thread.ended.connect(self._end)
        self._go_to(RaceState.RACING)
        self._timer.start()
        self._thread.start()

    def _deliver(self) -> None:
        self.delivered.emit(self._mailbox.take())

    def _end(self, outcome: Outcome) -> None:
        self._timer.stop()
        self._deliver()
        self._thread = None
        self._go_to(RaceState.IDLE)
        if isinstance(outcome, Refused | Broken):
            self.failed.emit(outcome.sentence, outcome.details)

    def _go_to(self, state: RaceState) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit(state)


def _run_race(folder: Path, worker: Worker | None, *, finish: bool) -> Generator[RaceEvent, None, Any]:
    """The engine's own race; called in the thread."""
    from metagen_gui.engine.races.runner import run_race

    return run_race(folder, worker, finish=finish)
