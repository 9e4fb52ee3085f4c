"""One run: the learner, its folder, and how far it has come."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from metagen_gui.engine.beneath_autograd.memory import is_shortage
from metagen_gui.engine.events import (
    Alarm,
    Event,
    Notice,
    RunBroken,
    RunFinished,
    RunStarted,
    SettingChanged,
    StepReport,
    ValidationReport,
)
from metagen_gui.engine.experiment import SECTIONS
from metagen_gui.engine.health import Health
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.learning.observer import Observer
from metagen_gui.engine.learning.pace import Stopwatch
from metagen_gui.engine.run.commands import Command, Commands
from metagen_gui.engine.run.keeper import RunKeeper
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.progress import Progress
from metagen_gui.engine.store.record import State
from metagen_gui.engine.store.run_folder import RunFolder

MOST_FAILURES = 50
"""Outer steps in a row that may come out non-finite before the run gives up."""
MOST_SHORTAGES = 3
"""Times in a row that memory may be too short before the run gives up."""
MUCH_OFF = 0.2
"""Error of mixed precision, as a share of the outer gradient, that is worth a warning."""

Result = TypeVar("Result")


class Diverged(RunBroken):
    """Losses or gradients stayed non-finite."""


class TrainingRun:
    """Takes the steps of one run and yields what happens; whatever is kept goes through its `keeper`."""

    def __init__(self, learner: MetaLearner, folder: RunFolder, commands: Commands, previews: bool) -> None:
        self.learner, self.folder, self.commands, self.previews = learner, folder, commands, previews
        self.observer = Observer(learner)
        self.keeper = RunKeeper(learner, folder, self.progress)
        self.watch = Stopwatch(on_cpu=learner.device.type == "cpu")
        settings = {f"{s}.{name}": value for s in SECTIONS for name, value in learner.experiment.config(s)}
        tasks, model = (learner.experiment.plugin(section) for section in ("tasks", "model"))
        self.health = Health(settings, (tasks.remedies, model.remedies), model.signs)
        self.failures = 0
        self.looked_at = -1
        self.is_over = False
        self.moved = False
        """Whether it goes on with another number of processes than it was saved by."""
        self._told: set[str] = set()

    def restore(self, progress: Progress) -> None:
        """Go on as far as a checkpoint had come."""
        self.failures, self.looked_at = progress.failures, progress.looked_at
        self.health.restore(progress.health)
        self.moved = progress.processes != self.learner.processes
        self.keeper.restore(progress)

    def progress(self, learned: Progress) -> Progress:
        """Return what `restore` needs, added to what the learner keeps."""
        return replace(learned, failures=self.failures, looked_at=self.looked_at, health=self.health.state())

    def events(self, notices: list[str], *, resumed: bool) -> Iterator[Event]:
        """Yield the run's events from here to its end."""
        learner, training = self.learner, self.learner.training
        first = learner.meta_step
        decided = learner.chunk, learner.recompute
        plan = learner.plan_memory()
        if resumed and not self.moved:
            learner.chunk, learner.recompute = decided  # on which the last digits depend
        yield RunStarted(
            folder=self.folder.path,
            players=learner.model.players,
            adaptation_steps=learner.steps,
            meta_steps=training.meta_steps,
            device=str(learner.device),
            parameters=learner.parameters(),
            memory=plan,
            resumed_from=first if resumed else 0,
            processes=learner.processes,
        )
        for text in notices:
            yield self.notice(text)
        if plan is not None and learner.chunk and learner.chunk < plan.tasks and not training.chunk:
            few = f"{learner.chunk} at a time give the same gradient"
            yield self.notice(f"Memory is too short for all {plan.tasks} tasks at once: {few}.")
        if training.precision == "mixed":
            error = yield from self.spared(learner.mixed_error)
            yield self.notice(_of_precision(error))
        yield from self.health.standing()
        yield from self.news()
        if self.looked_at != first and (not resumed or self.is_time_to_look()):
            yield from self.look()
        elif self.previews:  # for whoever looks on; a run without interruption took one here only where it looked
            yield from self.sample(keep=self.looked_at == first)
        if resumed:  # what was decided at this step belongs to the next one
            yield from self.obey_all()
        while not (self.is_complete or self.commands.finishing):
            report = yield from self.step()
            yield from self.alarms(report)
            if self.failures == 1:
                yield self.notice("A step came out non-finite and was not applied.")
            if self.is_time_to_look():
                yield from self.look()
            yield from self.obey_all()
            yield from self.keeper.keep_up()
            while self.learner.replayed.news:
                yield self.notice(self.learner.replayed.news.pop(0))
            yield report  # last, so that whoever pauses after a step has seen all that belongs to it
        if self.commands.finishing:
            yield from self.obey_all()
        yield from self.keeper.save()
        if self.is_complete:
            yield RunFinished(learner.meta_step, self.keeper.seconds, self.folder.path)
        elif self.looked_at != learner.meta_step:
            yield from self.look_back()

    @property
    def is_complete(self) -> bool:
        """Whether all outer steps have been taken."""
        return self.learner.meta_step >= self.learner.training.meta_steps

    def look_back(self) -> Iterator[Event]:
        """Look at what a run that was stopped has come to.

        Only after it was saved: resumed from there it knows nothing of this, or it would not be the uninterrupted run.
        """
        self.is_over = True
        try:
            yield from self.look()
        except RunBroken as error:  # what was learned is safe
            yield self.notice(f"What was learned is saved, and could not be looked at: {error}.")

    def is_time_to_look(self) -> bool:
        """Return whether validation belongs to the present step."""
        training, step = self.learner.training, self.learner.meta_step
        return step % training.validate_every == 0 or step == training.meta_steps

    def step(self) -> Generator[Event, None, StepReport]:
        """Take one outer step and report it."""
        self.watch.start()
        report = yield from self.spared(self.learner.step)
        computing = self.watch.stop()
        self.failures = 0 if report.applied else self.failures + 1
        if self.failures >= MOST_FAILURES:
            finite = not report.diverged and all(map(math.isfinite, report.query_loss.values()))
            what = "gradients are not finite, though losses are" if finite else "losses are not finite"
            raise Diverged(
                f"no outer step of the last {MOST_FAILURES} could be applied: {what}; lower algorithm.inner_lr or "
                "training.outer_lr, or set algorithm.inner_clip"
            )
        step, seconds = self.learner.meta_step, self.keeper.seconds
        values = {f"train/query_loss/{player}": loss for player, loss in report.query_loss.items()}
        values["train/diverged"] = report.diverged
        self.folder.write_metrics(step, seconds, values)
        return replace(report, seconds=seconds, computing=computing)

    def look(self) -> Iterator[Event]:
        """Score the validation tasks and take a snapshot."""
        report, values = yield from self.spared(lambda: self.observer.validate(self.keeper.seconds))
        self.folder.write_metrics(self.learner.meta_step, self.keeper.seconds, values)
        self.looked_at = self.learner.meta_step
        told = list(self.alarms(report))  # before a checkpoint is made of this state
        self.keeper.compare(self.score(report))
        yield from self.news()
        yield report
        yield from told
        rates = self.observer.rates()
        if rates is not None:
            yield rates
        if self.previews:
            yield from self.sample()

    def score(self, report: ValidationReport) -> float:
        """Return the figure by which states of the run compare, after adaptation: the lower the better."""
        model = self.learner.model
        if model.score_name:
            return report.details.get(f"{model.score_name}/{self.learner.steps}", math.nan)
        return float(report.query_loss[model.players[0]][-1])

    def sample(self, *, keep: bool = True) -> Iterator[Event]:
        """Take a snapshot and, unless told otherwise, keep it in the run's folder."""
        snapshot = yield from self.spared(self.observer.snapshot)
        try:
            if keep:
                self.folder.write_snapshot(snapshot)
        except OSError as error:
            yield from self.keeper.complain(error)
        yield snapshot
        yield from self.alarms(snapshot)

    def spared(self, work: Callable[[], Result]) -> Generator[Event, None, Result]:
        """Do something that takes memory; where it is too short, try again with half as many tasks at a time."""
        for attempt in range(MOST_SHORTAGES):
            began = time.monotonic()
            try:
                return work()
            except Exception as error:
                if not is_shortage(error):
                    raise
            finally:
                self.keeper.seconds += time.monotonic() - began
            # out here nothing holds the tensors of what failed
            self.learner.forget()
            if not self.learner.is_sound():  # it broke off while it was applied: again would be twice, for some of it
                break
            if attempt == MOST_SHORTAGES - 1 or (fewer := self.learner.halve()) is None:
                break
            yield self.notice(f"Memory was too short: from here on {fewer} of a step's tasks are computed at a time.")
        raise RunBroken("there is not enough memory; lower training.meta_batch_size or the size of the model")

    def obey_all(self) -> Iterator[Event]:
        """Do all that was asked for."""
        for command in self.commands.take():
            yield from self.obey(command)

    def obey(self, command: Command) -> Iterator[Event]:
        """Do what was asked for between two steps."""
        if command.what == "sample":
            yield from self.sample()
        elif command.what == "save":
            yield from self.keeper.save()
        else:
            try:
                changed = self.change(command)
            except BadInput as error:
                yield self.notice(str(error))
            else:
                yield changed
                yield from self.alarms(changed)

    def change(self, command: Command) -> SettingChanged:
        """Give a setting its new value and write that down; raise `BadInput` if it cannot have it."""
        step, value = self.learner.meta_step, self.learner.change(command.path, command.value)
        by_clock = {"by_clock": True} if command.by_clock else {}
        self.folder.write_event(step, "setting", path=command.path, value=value, **by_clock)
        self.folder.note(meta_steps=self.learner.training.meta_steps)
        self.keeper.changed = True
        return SettingChanged(step, command.path, value, command.by_clock)

    def alarms(self, event: Event) -> Iterator[Alarm | Notice]:
        """Let the watch over the run's health see `event`; write down and yield what it has to say."""
        for alarm in self.health.watch(event):
            what = {"illness": alarm.kind, "title": alarm.title, "since": alarm.meta_step, "over": alarm.over}
            self.folder.write_event(self.learner.meta_step, "alarm", **what, text=alarm.text)
            yield alarm
        while self.health.news:
            yield self.notice(self.health.news.pop(0))

    def news(self) -> Iterator[Notice]:
        """Say what the task family has to tell and has not told: more files may turn out bad as a run goes on."""
        for text in self.learner.notices():
            if text not in self._told:
                self._told.add(text)
                yield self.notice(text)

    def notice(self, text: str) -> Notice:
        """Return a notice, having written it down."""
        return self.keeper.notice(text)

    def end(self, state: State, problem: str = "", *, diverged: bool = False) -> None:
        """Note how the run ended; one that is closed without a word was stopped."""
        self.keeper.ending = state, problem, diverged

    def close(self) -> None:
        """Save what was learned since the last checkpoint, if it is sound, and let the folder go.

        What was changed since the last step, as while it was paused, is saved with it.
        """
        for command in () if self.is_over else self.commands.take():
            if command.what == "change" and self.keeper.ending[0] == "stopped":
                with suppress(BadInput):
                    self.change(command)
        self.keeper.close()


def _of_precision(error: float) -> str:
    """Return a sentence about how far off the outer gradients of a run in mixed precision are."""
    if not math.isfinite(error):
        return "Mixed precision: the outer gradient of the first tasks is not finite; take training.precision float32."
    much = "; that is much: compare with a run in float32" if error > MUCH_OFF else ""
    return f"Mixed precision: the outer gradient of the first tasks is {100 * error:.1f} % off{much}."
