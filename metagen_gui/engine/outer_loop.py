"""Meta-training as a generator of events: whoever consumes it decides the pace.

Pausing is not asking for the next event. Closing the generator finishes the run early: a checkpoint of what was learned
is written on the way out.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from pathlib import Path

from metagen_gui.engine.commands import Command, Commands
from metagen_gui.engine.config import BadInput
from metagen_gui.engine.devices import keep_memory
from metagen_gui.engine.events import (
    Event,
    Notice,
    RunBroken,
    RunFinished,
    RunStarted,
    Saved,
    SettingChanged,
    StepReport,
)
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.meta_learner import MetaLearner
from metagen_gui.engine.runs import RunFolder

__all__ = ["Commands", "meta_train"]

MOST_FAILURES = 50
"""Outer steps in a row that may come out non-finite before the run gives up."""


class Diverged(RunBroken):
    """Losses or gradients stayed non-finite."""


def meta_train(
    experiment: Experiment,
    *,
    out: Path | None = None,
    commands: Commands | None = None,
    previews: bool = True,
) -> Generator[Event, None, None]:
    """Run `experiment`, yielding what happens.

    The run folder is `out`, which must be new or empty, or a new one under `runs.runs_folder()`. With `previews` off no
    snapshots are taken; the numbers are the same. Raises `BadInput` at the first `next` if something is wrong with the
    experiment; later `Diverged` if training stays non-finite, and `RunBroken` if the data of the tasks is gone.
    """
    keep_memory()
    learner = MetaLearner(experiment)
    folder = RunFolder(experiment, out, learner.columns())
    run = _Run(learner, folder, commands or Commands(), previews)
    try:
        yield from run.events()
    except BadInput as error:  # the experiment was good when the run began, so this is no longer a wrong setting
        raise RunBroken(str(error)) from error
    finally:
        run.close()


class _Run:
    """One run: the learner, its folder, and how far it has come."""

    def __init__(self, learner: MetaLearner, folder: RunFolder, commands: Commands, previews: bool) -> None:
        self.learner, self.folder, self.commands, self.previews = learner, folder, commands, previews
        self.seconds = 0.0
        self.saved_at = -1
        self.failures = 0
        self._saved_seconds = 0.0
        self._told: set[str] = set()

    def events(self) -> Iterator[Event]:
        learner, training = self.learner, self.learner.training
        plan = learner.plan_memory()
        yield RunStarted(
            folder=self.folder.path,
            players=learner.model.players,
            adaptation_steps=learner.steps,
            meta_steps=training.meta_steps,
            device=str(learner.device),
            parameters=learner.parameters(),
            memory=plan,
        )
        if plan is not None and plan.chunk < plan.tasks and not training.chunk:
            few = f"{plan.chunk} at a time give the same gradient"
            yield self.notice(f"Memory is too short for all {plan.tasks} tasks at once: {few}.")
        yield from self.news()
        yield from self.look()
        while learner.meta_step < training.meta_steps:
            report = self.step()
            if self.failures == 1:
                yield self.notice("A step came out non-finite and was not applied.")
            if learner.meta_step % training.validate_every == 0 or learner.meta_step == training.meta_steps:
                yield from self.look()
            for command in self.commands.take():
                yield from self.obey(command)
            if self.seconds - self._saved_seconds > 60 * training.checkpoint_minutes:
                yield self.save()
            yield report  # last, so that whoever pauses after a step has seen all that belongs to it
        yield self.save()
        yield RunFinished(learner.meta_step, self.seconds, self.folder.path)

    def step(self) -> StepReport:
        """Take one outer step and report it."""
        began = time.monotonic()
        report = self.learner.step()
        self.seconds += time.monotonic() - began
        self.failures = 0 if report.applied else self.failures + 1
        if self.failures >= MOST_FAILURES:
            raise Diverged(
                f"losses have not been finite for {MOST_FAILURES} outer steps; lower algorithm.inner_lr or "
                "training.outer_lr, or set algorithm.inner_clip"
            )
        step = self.learner.meta_step
        values = {f"train/query_loss/{player}": loss for player, loss in report.query_loss.items()}
        values["train/diverged"] = report.diverged
        self.folder.write_metrics(step, self.seconds, values)
        return StepReport(step, self.seconds, report.query_loss, phase=report.phase, diverged=report.diverged)

    def look(self) -> Iterator[Event]:
        """Score the validation tasks and take a snapshot."""
        began = time.monotonic()
        report, values = self.learner.validate(self.seconds)
        self.seconds += time.monotonic() - began
        self.folder.write_metrics(self.learner.meta_step, self.seconds, values)
        yield from self.news()
        yield report
        rates = self.learner.rates()
        if rates is not None:
            yield rates
        if self.previews:
            yield from self.sample()

    def sample(self) -> Iterator[Event]:
        """Take a snapshot and keep it in the run's folder."""
        snapshot = self.learner.snapshot()
        self.folder.write_snapshot(snapshot)
        yield snapshot

    def obey(self, command: Command) -> Iterator[Event]:
        """Do what was asked for between two steps."""
        if command.what == "sample":
            yield from self.sample()
        elif command.what == "save":
            yield self.save()
        else:
            try:
                value = self.learner.change(command.path, command.value)
            except BadInput as error:
                yield self.notice(str(error))
            else:
                self.folder.write_event(self.learner.meta_step, "setting", path=command.path, value=value)
                yield SettingChanged(self.learner.meta_step, command.path, value)

    def news(self) -> Iterator[Notice]:
        """Say what the task family has to tell and has not told: more files may turn out bad as a run goes on."""
        for text in self.learner.family.notices():
            if text not in self._told:
                self._told.add(text)
                yield self.notice(text)

    def notice(self, text: str) -> Notice:
        self.folder.write_event(self.learner.meta_step, "notice", text=text)
        return Notice(text, self.learner.meta_step)

    def save(self) -> Saved | Notice:
        """Write a checkpoint; what is not finite is never written, lest it take the place of something good."""
        self._saved_seconds = self.seconds
        if not self.learner.is_sound():
            return self.notice("Not saved: some of what was learned is not finite. Earlier checkpoints are kept.")
        path = self.learner.save(self.folder.checkpoints)
        self.saved_at = self.learner.meta_step
        return Saved(self.learner.meta_step, path)

    def close(self) -> None:
        """Save what was learned since the last checkpoint, if it is sound, and close the folder."""
        try:
            if self.learner.meta_step != self.saved_at:
                self.save()
        finally:
            self.folder.close()
