"""The thread that pulls a run's generator. Pausing, stepping and stopping are not asking for more."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, QThread

from metagen_gui.engine.events import Event, RunBroken, StepReport
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.run.mailbox import RunMailbox

E = TypeVar("E")


@dataclass(frozen=True)
class Completed:
    """The generator came to its end."""


@dataclass(frozen=True)
class Stopped:
    """The person asked to stop; the engine has saved."""


@dataclass(frozen=True)
class Refused:
    """The engine found an input that it cannot use."""

    where: str
    why: str


@dataclass(frozen=True)
class Broken:
    """An exception ended the run: one sentence for the person, the traceback for whoever mends it."""

    sentence: str
    details: str


Outcome = Completed | Stopped | Refused | Broken


def pulled(
    begin: Callable[[], Generator[E, None, object]],
    use_threads: Callable[[], object],
    may_go_on: Callable[[], bool],
    take: Callable[[E], None],
) -> Outcome:
    """Hand every event to `take` until there are none left or `may_go_on` says no, and return how it ended."""
    try:
        # First of all, and here: the number set in another thread does not reach this one.
        use_threads()
        with closing(begin()) as events:
            while may_go_on():
                event = next(events, None)
                if event is None:
                    return Completed()
                take(event)
            return Stopped()
    except BadInput as problem:
        return Refused(problem.where, problem.why)
    except BaseException as error:  # nothing may leave a thread's run(): Qt would print it and report success
        return Broken(one_sentence(error), traceback.format_exc())


class TrainingThread(QThread):
    """Pulls the events of one run into a mailbox.

    `outcome` is None until the thread has written how the run ended. `finished` is emitted after *any* end of `run`, so
    whoever listens to it reads `outcome` and takes None as a fault.
    """

    def __init__(
        self,
        begin: Callable[[], Generator[Event, None, None]],
        mailbox: RunMailbox,
        use_threads: Callable[[], object],
        *,
        steps: int | None = None,
        parent: QObject | None = None,
    ) -> None:
        """`steps` is how many outer steps to take before pausing; None means no limit."""
        super().__init__(parent)
        self.outcome: Outcome | None = None
        self._begin = begin
        self._mailbox = mailbox
        self._use_threads = use_threads
        self._gate = threading.Condition()
        self._steps_allowed = steps
        self._awaited: type[Event] | None = None
        self._steps_for_it = 0
        self._stopping = False

    # -- called from the window ------------------------------------------------------------------------------------

    def pause(self) -> None:
        """Ask for nothing more after the outer step that is under way."""
        self._set_allowance(0)

    def resume(self) -> None:
        """Go on without limit."""
        self._set_allowance(None)

    def step(self) -> None:
        """Allow one more outer step; has no effect on a run without limit."""
        with self._gate:
            if self._steps_allowed is not None:
                self._steps_allowed += 1
                self._gate.notify_all()

    def fetch(self, kind: type[Event]) -> None:
        """Go on, even while paused, until an event of this kind has come: the answer to a command.

        The engine reads its commands between two outer steps, so this takes one step at most.
        """
        with self._gate:
            self._awaited, self._steps_for_it = kind, 1
            self._gate.notify_all()

    def stop(self) -> None:
        """Close the generator as soon as it has yielded; the engine saves."""
        with self._gate:
            self._stopping = True
            self._gate.notify_all()

    def steps_waiting(self) -> int:
        """Return how many single steps are asked for and not taken yet."""
        with self._gate:
            return self._steps_allowed or 0

    @property
    def limited(self) -> bool:
        """Whether the thread will pause, or has paused, by itself."""
        with self._gate:
            return self._steps_allowed is not None

    def _set_allowance(self, steps: int | None) -> None:
        with self._gate:
            self._steps_allowed = steps
            self._gate.notify_all()

    # -- the thread itself -----------------------------------------------------------------------------------------

    def run(self) -> None:
        """Qt's entry point: whatever happens, leave an outcome."""
        self.outcome = pulled(self._begin, self._use_threads, self._wait_for_leave, self._take)

    def _take(self, event: Event) -> None:
        self._mailbox.put(event)
        self._count(event)

    def _wait_for_leave(self) -> bool:
        """Block while paused; return False when the run is to stop."""
        if self._unasked:
            return True
        with self._gate:
            self._gate.wait_for(lambda: self._stopping or self._awaited is not None or self._steps_allowed != 0)
            return not self._stopping

    @property
    def _unasked(self) -> bool:
        """Whether nobody asks for anything but to go on: the usual case, told without a lock at every step."""
        return self._steps_allowed is None and self._awaited is None and not self._stopping

    def _count(self, event: Event) -> None:
        if self._unasked:
            return
        with self._gate:
            is_step = isinstance(event, StepReport)
            if is_step and self._steps_allowed:
                self._steps_allowed -= 1
            if self._awaited is not None:
                if isinstance(event, self._awaited) or (is_step and not self._steps_for_it):
                    self._awaited = None
                elif is_step:
                    self._steps_for_it -= 1


def write_run_log(folder: Path | None, details: str) -> bool:
    """Leave a traceback where the run's other files are, if it has any; return False if the disk does not take it."""
    if folder and details:
        from metagen_gui.engine.store.record import LOG  # which needs pydantic: not before the window is painted

        try:
            with (folder / LOG).open("a", encoding="utf-8") as log:
                log.write(details)
        except OSError:
            return False
    return True


def one_sentence(error: BaseException) -> str:
    """Return an exception as one short line, with the name of its type unless its text is meant for a person."""
    text = " ".join(str(error).split())
    text = text if len(text) <= 200 else text[:199] + "…"
    if text and isinstance(error, (RunBroken, BadInput)):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
