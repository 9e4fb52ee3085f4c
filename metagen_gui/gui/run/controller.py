"""One run at a time: its state, its thread, and what the window hears of it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from metagen_gui.engine.events import Alarm, Event, Notice, RunStarted, Saved, SettingChanged, Snapshot, StepReport
from metagen_gui.engine.files import append_text
from metagen_gui.engine.store.names import LOG
from metagen_gui.engine.store.trash import Thrown
from metagen_gui.gui.program.job import Broken, Outcome, Refused
from metagen_gui.gui.program.trash import trash_folder
from metagen_gui.gui.run.branch import Branch
from metagen_gui.gui.run.earlier_curves import EarlierCurves, told_again, told_from_the_start
from metagen_gui.gui.run.mailbox import RunMailbox
from metagen_gui.gui.run.progress import RunProgress
from metagen_gui.gui.run.states import RunState, may_follow
from metagen_gui.gui.run.training_thread import TrainingThread

if TYPE_CHECKING:
    from metagen_gui.engine.experiment import Experiment
    from metagen_gui.engine.run.outer_loop import Commands
    from metagen_gui.gui.program.engine import Engine

    Begin = Callable[[Engine, Commands], Generator[Event, None, None]]
    Kind = Callable[..., TrainingThread]

CURVES_INTERVAL = 83
"""Milliseconds between deliveries of curves: 12 a second."""
SAMPLES_INTERVAL = 250


class RunController(QObject):
    """Starts, steers and ends a run. Commands that do not fit the present state are ignored."""

    state_changed = Signal(object)
    """The new `RunState`."""
    started = Signal(object)
    """`RunStarted`."""
    delivered = Signal(object)
    """A `Delivery` with curves or rates, at most 12 times a second."""
    snapshot_delivered = Signal(object)
    """The latest `Snapshot`, at most 4 times a second."""
    saved = Signal(object)
    """`Saved`."""
    setting_changed = Signal(object)
    """`SettingChanged`: a setting holds another value from this step on."""
    noticed = Signal(str)
    """A plain sentence from the run."""
    warned = Signal(str)
    """A plain sentence about something that may be lost if nobody acts."""
    alarmed = Signal(object)
    """`Alarm`: training has fallen ill, or with `over` is well again."""
    discarded = Signal(object)
    """The run and all that it reported are gone from the window; its folder is in the trash, as this says, or None."""
    refused = Signal(str, str)
    """Where and why an input cannot be used; the run did not start or go on."""
    branch_changed = Signal()
    """What the next run begins with is another thing now: see `branch`."""
    failed = Signal(str, str)
    """One sentence and the details."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.engine: Engine | None = None
        self.state = RunState.LOADING
        self.progress = RunProgress()
        self.discarding = False
        self.branch: Branch | None = None
        self._thread: TrainingThread | None = None
        self._mailbox = RunMailbox()
        self._commands: Commands | None = None
        self._curves_timer = QTimer(self, interval=CURVES_INTERVAL)
        self._curves_timer.timeout.connect(self._deliver_curves)
        self._samples_timer = QTimer(self, interval=SAMPLES_INTERVAL)
        self._samples_timer.timeout.connect(self._deliver_snapshot)

    @property
    def folder(self) -> Path | None:
        """The folder of this run, or of the last one."""
        return self.progress.folder

    def set_engine(self, engine: Engine) -> None:
        """Make runs possible."""
        self.engine = engine
        self._go_to(RunState.IDLE)

    def reset_loading(self) -> None:
        """The engine is being imported, perhaps once more after a failure."""
        self._go_to(RunState.LOADING)

    def fail_loading(self, sentence: str, details: str) -> None:
        """The engine could not be imported."""
        self._go_to(RunState.FAILED)
        self.failed.emit(sentence, details)

    # -- what a person can ask for -----------------------------------------------------------------------------------

    def start(self, experiment: Experiment, *, steps: int | None = None) -> None:
        """Begin a run, or do nothing if there is one; `steps` is how many to take before it pauses."""
        branch = self.branch

        def begin(engine: Engine, commands: Commands) -> Generator[Event, None, None]:
            parent = {"parent": engine.origin(branch.folder, branch.meta_step)} if branch else {}
            return engine.meta_train(experiment, commands=commands, **parent)

        self._begin(begin, steps)

    def set_branch(self, branch: Branch | None) -> None:
        """Let the next run begin with what another had learned, or from nothing."""
        self.branch = branch
        self.branch_changed.emit()

    def resume_run(self, folder: Path) -> None:
        """Go on with the run in `folder`, or do nothing if there is one; its earlier curves are told first."""
        self._begin(
            lambda engine, commands: told_from_the_start(engine.resume_run(folder, commands=commands), self._mailbox)
        )

    def look_at(self, folder: Path) -> None:
        """Show what the run in `folder` has reported, as if it had just ended, or do nothing if there is a run."""
        self._begin(lambda engine, commands: told_again(folder, self._mailbox))

    def _begin(
        self, begin: Begin, steps: int | None = None, kind: Kind = TrainingThread, told: Commands | None = None
    ) -> None:
        engine = self.engine
        if engine is None or self._thread is not None:
            return
        commands = self._commands = told or engine.commands()
        self._mailbox, self.progress, self.discarding = RunMailbox(), RunProgress(), False
        self._thread = kind(lambda: begin(engine, commands), self._mailbox, engine.use_threads, steps=steps)
        self._thread.ended.connect(self._end)
        self._go_to(RunState.PREPARING)
        self._curves_timer.start()
        self._samples_timer.start()
        self._thread.start()

    def step(self) -> None:
        """Take one outer step of the paused run."""
        if self._thread and self.state is RunState.PAUSED:
            self.progress.resume()
            self._thread.step()
            self.state_changed.emit(self.state)

    def pause(self) -> None:
        """Pause after the outer step that is under way."""
        if self._thread and self.state in (RunState.PREPARING, RunState.RUNNING):
            self._thread.pause()
            self.progress.pause()
            self._go_to(RunState.PAUSED)

    def resume(self) -> None:
        """Go on with a paused run."""
        if self._thread and self.state is RunState.PAUSED:
            self.progress.resume()
            self._thread.resume()
            self._go_to(RunState.RUNNING if self.progress.meta_step else RunState.PREPARING)

    def toggle_pause(self) -> None:
        """Pause, or go on."""
        (self.resume if self.state is RunState.PAUSED else self.pause)()

    def finish(self) -> None:
        """End the run early and keep what it learned."""
        if self._thread and self.state.busy and self.state is not RunState.FINISHING:
            kept = self.state is not RunState.PREPARING and not self.discarding  # before there is nothing to keep
            self._thread.finish(self._commands) if kept and self._commands else self._thread.stop()
            self._go_to(RunState.FINISHING)

    def discard(self) -> None:
        """End the run, if it goes on, and move its folder to the trash."""
        if self._thread is None and self.folder is not None:
            self._throw_away()
        elif self.state.busy:
            self.discarding = True
            self.finish()

    def change(self, path: str, value: object) -> None:
        """Give a setting a new value from the next outer step on."""
        if self._commands and self._thread:
            self._commands.change(path, value)

    def sample_now(self) -> None:
        """Ask for fresh samples."""
        if self._commands and self._thread:
            self._commands.sample_now()
            self._thread.fetch(Snapshot)

    def save_now(self) -> None:
        """Ask for a checkpoint; `saved` tells when it is on disk."""
        if self._commands and self._thread:
            self._commands.save_now()
            self._thread.fetch(Saved)

    @property
    def stepping(self) -> bool:
        """Whether a single step of the paused run is under way."""
        return self.state is RunState.PAUSED and self._thread is not None and self._thread.steps_waiting() > 0

    # -- what the run reports ----------------------------------------------------------------------------------------

    def _deliver_curves(self) -> None:
        delivery = self._mailbox.take()
        for event in delivery.messages:
            self._hear(event)
        if delivery.validations:
            self.progress.validation = delivery.validations[-1]
        if delivery.steps:
            self._note_steps(delivery.steps)
        if delivery.steps or delivery.validations or delivery.rates:
            self.delivered.emit(delivery)

    def _note_steps(self, reports: list[StepReport]) -> None:
        self.progress.add_steps(reports)
        if self.state is RunState.PREPARING:
            paused = self._thread is not None and self._thread.limited and self._thread.steps_waiting() == 0
            self._go_to(RunState.PAUSED if paused else RunState.RUNNING)
        if self.state is RunState.PAUSED and not self.stepping:
            self.progress.pause()

    def _hear(self, event: Event | EarlierCurves) -> None:
        match event:
            case RunStarted():
                self.set_branch(None)
                self.progress.begin(event)
                self.started.emit(event)
            case EarlierCurves():
                self.progress.add_earlier(event.delivery, event.seconds)
                self.delivered.emit(event.delivery)
                for change in event.changes:
                    self.setting_changed.emit(change)
            case Saved():
                self.saved.emit(event)
            case SettingChanged():
                self.setting_changed.emit(event)
            case Alarm():
                self.alarmed.emit(event)
            case Notice(text=text, grave=grave):
                (self.warned if grave else self.noticed).emit(text)

    def _deliver_snapshot(self) -> None:
        if (snapshot := self._mailbox.take_snapshot()) is not None:
            self.snapshot_delivered.emit(snapshot)

    # -- how it ends -------------------------------------------------------------------------------------------------

    def _end(self, outcome: Outcome) -> None:
        self._thread = None
        self._curves_timer.stop()
        self._samples_timer.stop()
        self._deliver_curves()
        self._deliver_snapshot()
        self.progress.pause()
        self._commands = None
        if self.discarding:
            self._throw_away()
        elif isinstance(outcome, Refused):
            self._go_to(RunState.IDLE)
            self.refused.emit(outcome.where, outcome.why)
        elif isinstance(outcome, Broken):
            if self.engine and self.folder:  # the step that broke it was taken, and not reported
                self.progress.meet_step(self.engine.library.read_entry(self.folder).meta_step)
            self._go_to(RunState.FAILED)
            self._write_log(outcome.details)
            self.failed.emit(outcome.sentence, outcome.details)
        else:
            # A run that was stopped before it had a folder leaves nothing behind.
            self._go_to(RunState.DONE if self.folder else RunState.IDLE)

    def _write_log(self, details: str) -> None:
        try:
            if self.folder and details:  # where the run's other files are, if it has any
                append_text(self.folder / LOG, details)
        except OSError:
            self.noticed.emit(self.tr("The run's log could not be written."))

    def _throw_away(self) -> None:
        thrown = trash_folder(self.folder, self.folder.name) if self.folder is not None else None
        if isinstance(thrown, str):
            self.noticed.emit(thrown)
        self.forget(None if isinstance(thrown, str) else thrown)

    def forget(self, thrown: Thrown | None = None) -> None:
        """The last run is no longer this window's; its folder lies in the trash, as `thrown` says."""
        self.progress = RunProgress()
        self.progress.pause()
        self.discarded.emit(thrown)
        self._go_to(RunState.IDLE)

    def _go_to(self, state: RunState) -> None:
        if state is not self.state:
            assert may_follow(self.state, state), f"{self.state} -> {state}"
            self.state = state
            self.state_changed.emit(state)
