"""Work in a thread of its own, behind the window, and how it ended: completed, stopped, refused or broken."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QCoreApplication, QThread, Signal

from metagen_gui.engine.events import RunBroken
from metagen_gui.engine.progress import Ended
from metagen_gui.engine.settings.bad_input import BadInput


@dataclass(frozen=True)
class Completed:
    """The work came to its end, with what it returned."""

    value: Any = None


@dataclass(frozen=True)
class Stopped:
    """The person asked to stop; a run has been saved, of anything else there is nothing."""


@dataclass(frozen=True)
class Refused:
    """The engine found an input that it cannot use."""

    where: str
    why: str
    details = ""

    @property
    def sentence(self) -> str:
        """What is wrong, with what it is about."""
        return f"{self.where}: {self.why}"


@dataclass(frozen=True)
class Broken:
    """An exception ended the work: one sentence for the person, the traceback for whoever mends it."""

    sentence: str
    details: str


Outcome = Completed | Stopped | Refused | Broken


class Job(QThread):
    """Calls a function, or pulls a generator: pausing and stopping are not asking for more.

    It belongs to the program, for a thread must not be destroyed while it runs, and goes when it has ended.
    """

    ended = Signal(object)
    """The `Outcome`; nothing of the work runs any more."""

    def __init__(
        self,
        work: Callable[[], Any],
        take: Callable[[Any], object] = bool,
        *,
        use_threads: Callable[[], object] | None = None,
    ) -> None:
        """`take` gets, in the thread, whatever a generator yields; `use_threads` is the engine's, for what computes."""
        super().__init__(QCoreApplication.instance())
        self._work, self.take, self._use_threads = work, take, use_threads
        self._told_to_stop = threading.Event()
        self._outcome: Outcome = Broken(QCoreApplication.translate("Job", "It ended without saying why."), "")
        self.finished.connect(self._end)  # comes after any end of `run`, even one that left no outcome

    def stop(self) -> None:
        """Close the generator as soon as it has yielded; a function ends early only if it asks `told_to_stop`."""
        self._told_to_stop.set()

    def told_to_stop(self) -> bool:
        """Return whether the work shall end."""
        return self._told_to_stop.is_set()

    def may_go_on(self) -> bool:
        """Return whether to ask a generator for more; it is asked in the thread and may take its time."""
        return not self.told_to_stop()

    def run(self) -> None:
        """Qt's entry point: whatever happens, leave an outcome."""
        try:
            # First of all, and here: the number set in another thread does not reach this one.
            if self._use_threads is not None:
                self._use_threads()
            made = self._work()
            self._outcome = self._pulled(made) if isinstance(made, Generator) else Completed(made)
        except Ended:
            self._outcome = Stopped()
        except BadInput as problem:
            self._outcome = Refused(problem.where, problem.why)
        except BaseException as error:  # nothing may leave a thread's run(): Qt would print it and report success
            self._outcome = Broken(one_sentence(error), traceback.format_exc())

    def _pulled(self, events: Generator[Any, None, Any]) -> Outcome:
        with closing(events):
            while self.may_go_on():
                try:
                    event = next(events)
                except StopIteration as end:
                    return Completed(end.value)
                self.take(event)
            return Stopped()

    def _end(self) -> None:
        self.wait()  # it says so a moment before it is
        self.deleteLater()
        self.ended.emit(self._outcome)


def end_jobs() -> None:
    """Tell every job to stop, and block until none is left: for the end of the program."""
    app = QCoreApplication.instance()
    for job in app.findChildren(Job) if app else ():
        job.stop()
        job.wait()


def one_sentence(error: BaseException) -> str:
    """Return an exception as one short line, with the name of its type unless its text is meant for a person."""
    text = " ".join(str(error).split())
    text = text if len(text) <= 200 else text[:199] + "…"
    if text and isinstance(error, RunBroken | BadInput):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
