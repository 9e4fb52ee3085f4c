"""The thread that pulls a run's generator. Pausing, stepping and stopping are not asking for more."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from metagen_gui.engine.events import Event, StepReport
from metagen_gui.gui.program.job import Job
from metagen_gui.gui.run.mailbox import RunMailbox

if TYPE_CHECKING:
    from metagen_gui.engine.run.commands import Commands


class TrainingThread(Job):
    """Pulls the events of one run into a mailbox, and waits with the next while the run is paused."""

    def __init__(
        self,
        begin: Callable[[], Generator[Event, None, None]],
        mailbox: RunMailbox,
        use_threads: Callable[[], object],
        *,
        steps: int | None = None,
    ) -> None:
        """`steps` is how many outer steps to take before pausing; None means no limit."""
        super().__init__(begin, self._deliver, use_threads=use_threads)
        self._mailbox = mailbox
        self._gate = threading.Condition()
        self._steps_allowed = steps
        self._awaited: type[Event] | None = None
        self._steps_for_it = 0

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

    def finish(self, commands: Commands) -> None:
        """Take no further outer step: the engine saves, looks at what was learned, and ends."""
        commands.finish()
        self.resume()

    def stop(self) -> None:
        """Close the generator as soon as it has yielded; the engine saves."""
        super().stop()
        with self._gate:
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

    def _deliver(self, event: Event) -> None:
        self._mailbox.put(event)
        self._count(event)

    def may_go_on(self) -> bool:
        """Block while paused; return False when the run is to stop."""
        if self._unasked:
            return True
        with self._gate:
            self._gate.wait_for(lambda: self.told_to_stop() or self._awaited is not None or self._steps_allowed != 0)
            return not self.told_to_stop()

    @property
    def _unasked(self) -> bool:
        """Whether nobody asks for anything but to go on: the usual case, told without a lock at every step."""
        return self._steps_allowed is None and self._awaited is None and not self.told_to_stop()

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
