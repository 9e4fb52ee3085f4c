"""Sees to it that nothing a run has learned is lost: when to save, what to keep, what to do when the disk refuses."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import torch

from metagen_gui.engine.events import Event, Notice, RunBroken, Saved
from metagen_gui.engine.learning.learner_state import state_of
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.run.rescue import rescue
from metagen_gui.engine.store.checkpoint import Checkpoint
from metagen_gui.engine.store.progress import Progress
from metagen_gui.engine.store.record import State
from metagen_gui.engine.store.run_folder import RunFolder

Further = Callable[[Progress], Progress]
"""Adds to what a learner keeps what else a resumed run needs, when a checkpoint is made."""
AGAIN = 15.0
"""Seconds of training between attempts to write to a disk that refused."""


class RunKeeper:
    """Writes checkpoints of one run into its folder, and knows which is the best."""

    def __init__(self, learner: MetaLearner, folder: RunFolder, further: Further) -> None:
        self.learner, self.folder, self.further = learner, folder, further
        self.seconds = 0.0
        self.saved_at = -1
        self.changed = False
        """Whether a setting was changed after the last checkpoint."""
        self.ending: tuple[State, str, bool] = ("stopped", "", False)
        """How the run ended, why if it failed, and whether that was because it diverged."""
        self._saved_seconds = 0.0
        self._best: Checkpoint | None = None  # as it was; written with the next checkpoint
        self._trouble = ""

    def restore(self, progress: Progress) -> None:
        """Go on as far as a checkpoint had come."""
        self.seconds = self._saved_seconds = progress.seconds
        self.saved_at = self.learner.meta_step
        # the record may know of steps that are to be taken once more
        known = {"best": progress.best, "best_step": progress.best_step}
        self.folder.record = self.folder.record.model_copy(update=known)
        planned = self.learner.training.meta_steps
        self.folder.note(meta_step=self.saved_at, meta_steps=planned, seconds=self.seconds)

    # -- saving ------------------------------------------------------------------------------------------------------

    def keep_up(self) -> Iterator[Event]:
        """Save if it is time to, and complain if the disk refuses what is written."""
        training, waited = self.learner.training, self.seconds - self._saved_seconds
        if self._trouble:
            if waited > AGAIN:
                yield from self.save()
        elif (error := self.folder.trouble()) is not None:
            yield from self.complain(error)
        elif waited > 60 * training.checkpoint_minutes or (
            training.checkpoint_steps and self.learner.meta_step % training.checkpoint_steps == 0
        ):
            yield from self.save()

    def save(self) -> Iterator[Event]:
        """Write a checkpoint; what is not finite is never written, lest it take the place of something good."""
        self._saved_seconds = self.seconds
        if not self.learner.is_sound():
            yield self.notice("Not saved: some of what was learned is not finite. Earlier checkpoints are kept.")
            return
        try:
            path = self._write()
        except OSError as error:
            yield from self.complain(error)
            return
        if self._trouble:
            self._trouble = ""
            yield self.notice(f"Saved again, at step {self.learner.meta_step:,}: the disk takes it.")
        yield Saved(self.learner.meta_step, path)

    def compare(self, score: float) -> None:
        """Remember the present state if its validation score is the best so far."""
        record = self.folder.record
        if math.isfinite(score) and (record.best is None or score < record.best) and self.learner.is_sound():
            # first, so that a run resumed from this very state knows that it is the best
            self.folder.record = record.model_copy(update={"best": score, "best_step": self.learner.meta_step})
            self._best = self._state()

    def _write(self) -> Path:
        now, best = self.learner.meta_step, self.folder.record.best_step
        if self._best is not None and self._best.meta_step != now:
            self.folder.save(self._best, keep=best)
            self._best = None
        path = self.folder.save(self._state(), keep=best)
        self._best = None  # not before: if the best is the present one, it has only now been written
        self.saved_at, self.changed = now, False
        self.folder.note(meta_step=now, seconds=self.seconds)
        return path

    def _state(self) -> Checkpoint:
        """Return a checkpoint of the present state, with all that a resumed run needs."""
        self.folder.trouble()  # what waits to be written is written, if it can be, before the sizes are noted
        record = self.folder.record
        checkpoint = state_of(self.learner)
        progress = replace(
            self.further(checkpoint.progress),
            seconds=self.seconds,
            best=record.best,
            best_step=record.best_step,
            sizes=self.folder.sizes(),
            digests=self.folder.digests(),
            data=self.folder.kept,
            threads=torch.get_num_threads(),
            processes=self.learner.processes,
            torch=str(torch.__version__),
            device=str(self.learner.device),
        )
        return replace(checkpoint, progress=progress)

    # -- trouble -----------------------------------------------------------------------------------------------------

    def complain(self, error: OSError) -> Iterator[Event]:
        """Say, once, that the disk refuses, and which step is safe."""
        self._saved_seconds = self.seconds  # the next attempt comes after a while
        why = error.strerror or str(error)
        if why == self._trouble:
            return
        self._trouble = why
        safe = f"the checkpoint of step {self.saved_at:,} is safe" if self.saved_at >= 0 else "nothing is saved yet"
        yield self.notice(
            f"Not saved at step {self.learner.meta_step:,}: {why} ({self.folder.path}). Training goes on and saving is "
            f"tried again; {safe}.",
            grave=True,
        )

    def notice(self, text: str, *, grave: bool = False) -> Notice:
        """Return a notice, having written it down."""
        self.folder.write_event(self.learner.meta_step, "notice", text=text, **({"grave": True} if grave else {}))
        return Notice(text, self.learner.meta_step, grave)

    # -- the end -----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Save what was learned since the last checkpoint, if it is sound, note how the run ended, let the folder go.

        Raises `RunBroken` that says where it lies instead, if the folder does not take it.
        """
        refused: OSError | None = None
        try:
            if (self.changed or self.learner.meta_step != self.saved_at) and self.learner.is_sound():
                try:
                    self._write()
                except OSError as error:
                    refused = error
            if refused is not None:  # not finished, nor failed of anything else: what is here is not all
                self.ending = "failed", refused.strerror or str(refused), False
            state, problem, diverged = self.ending
            ended = {"state": state, "problem": problem, "diverged": diverged}
            self.folder.note(**ended, meta_step=self.learner.meta_step, seconds=self.seconds)
        finally:
            self.folder.close()
        if refused is not None:
            checkpoint = self._state()
            kept, columns = self.learner.family.kept(), self.folder.columns[2:]
            where = rescue(self.learner.experiment, columns, checkpoint, self.folder.path, kept, refused)
            raise RunBroken(where) from refused
