"""Runs that go on at another machine, in the window: started there, shown by the same panels, steered, left alone."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from metagen_gui.engine.events import Afar, Event
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.store.elsewhere import read_elsewhere
from metagen_gui.gui.run.controller import RunController
from metagen_gui.gui.run.earlier_curves import EarlierCurves, told_from_the_start
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.run.training_thread import TrainingThread
from metagen_gui.gui.widgets.amounts import duration

if TYPE_CHECKING:
    from metagen_gui.engine.experiment import Experiment
    from metagen_gui.engine.hosts.following import Wishes


class FollowingThread(TrainingThread):
    """Pulls what comes from another machine, always: the run pauses and goes on there, not here."""

    def __init__(self, wishes: Wishes, *work: Any, steps: int | None = None) -> None:
        """`wishes` are what is asked of the run."""
        super().__init__(*work, steps=steps)
        self.wishes = wishes

    def pause(self) -> None:
        """Ask the other machine to save and end the run's process."""
        self.wishes.pause()

    def resume(self) -> None:
        """Ask it to go on."""
        self.wishes.go()

    def step(self) -> None:
        """Nobody steps at another machine."""

    def fetch(self, kind: type[Event]) -> None:
        """What is asked for comes when it is there."""

    def stop(self) -> None:
        """Look on no longer; the run goes on there."""
        self.wishes.leaving = True
        super().stop()


class AfarController(RunController):
    """A `RunController` whose run may go on at another machine."""

    stood = Signal()
    """How it stands there, or the link to there, is another than before: see `afar`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.afar: Afar | None = None
        """How a run stands that goes on elsewhere, None while none does."""
        self.host: Callable[[], str] = str
        """Tells the machine that the next run is to go on at, "" for this one."""

    def start(self, experiment: Experiment, *, steps: int | None = None) -> None:
        """Begin a run where it is to go on, or do nothing if there is one; nobody steps at another machine."""
        host = self.host()
        if not host:
            super().start(experiment, steps=steps)
            return

        def begin(wishes: Wishes) -> Generator[Event, None, None]:
            from metagen_gui.engine.hosts.beginning import train_there

            return train_there(experiment, host, wishes)

        self._begin_afar(begin)

    def resume_run(self, folder: Path) -> None:
        """Go on with the run in `folder`; one that goes on at another machine is followed."""
        if read_elsewhere(folder) is None:
            super().resume_run(folder)
            return

        def begin(wishes: Wishes) -> Generator[Event, None, None]:
            from metagen_gui.engine.hosts.following import follow

            return follow(folder, wishes)

        self._begin_afar(begin)

    @property
    def is_afar(self) -> bool:
        """Whether the run of this window goes on elsewhere, or is about to."""
        return isinstance(self._thread, FollowingThread)

    def leave(self) -> None:
        """End the run, and keep what it learned; one that goes on elsewhere is only looked at no longer."""
        if self._thread is None or not self.is_afar:
            self.finish()
        elif self.state is not RunState.FINISHING:
            self._thread.stop()
            self._go_to(RunState.FINISHING)

    def finish(self) -> None:
        """End the run early and keep what it learned, or with `discarding` nothing of it."""
        thread = self._thread
        if isinstance(thread, FollowingThread) and self.state.busy and self.state is not RunState.FINISHING:
            thread.wishes.discarding = self.discarding
            thread.wishes.finish()
            self._go_to(RunState.FINISHING)
        else:
            super().finish()

    @property
    def words(self) -> str:
        """How the run stands at the other machine, in a sentence; "" where that is as here."""
        afar = self.afar
        if afar is None or not self.state.busy:
            return ""
        if afar.lost is not None:
            text = self.tr("The link to {host} has been down for {time}: {why}. The run goes on there; trying again")
            return text.format(host=afar.host, time=duration(afar.lost), why=translated(afar.why))
        if afar.state == "waiting" and afar.ahead:
            return self.tr("Waits at {host}: runs before it: {count}").format(host=afar.host, count=afar.ahead)
        return self.tr("At {host}").format(host=afar.host)

    def _begin_afar(self, begin: Callable[[Wishes], Generator[Event, None, None]]) -> None:
        if self.engine is None or self._thread is not None:
            return
        from metagen_gui.engine.hosts.following import Wishes

        wishes = Wishes()
        kind = partial(FollowingThread, wishes)
        self._begin(lambda *_: told_from_the_start(begin(wishes), self._mailbox), kind=kind, told=wishes)

    def _hear(self, event: Event | EarlierCurves) -> None:
        if not isinstance(event, Afar):
            super()._hear(event)
            return
        before, self.afar = self.afar, event
        if before is None or before.state != event.state:
            self._stand(event.state)
        self.stood.emit()

    def _stand(self, state: str) -> None:
        """Be in the state that the other machine tells of, whoever has brought it about."""
        if state == "paused" and self.state in (RunState.PREPARING, RunState.RUNNING):
            self.progress.pause()
            self._go_to(RunState.PAUSED)
        elif state == "running" and self.state is RunState.PAUSED:
            self.progress.resume()
            self._go_to(RunState.RUNNING if self.progress.meta_step else RunState.PREPARING)

    def _end(self, outcome: Any) -> None:
        self.afar = None
        super()._end(outcome)
