"""Meta-training as a generator of events: whoever consumes it decides the pace.

Pausing is not asking for the next event. Closing the generator ends the run early: a checkpoint of what was learned is
written on the way out, and the run can be resumed from there. `Commands.finish` does so between two steps, and what was
learned is then validated and sampled.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch

from metagen_gui.engine.devices import keep_memory
from metagen_gui.engine.events import Event, RunBroken, resumed_at
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.files import check_own_folder, remove_leftovers
from metagen_gui.engine.learning.learner_state import adopt, restore
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.learning.observer import Observer
from metagen_gui.engine.run.commands import Commands
from metagen_gui.engine.run.training_run import Diverged, TrainingRun
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import (
    Checkpoint,
    load_checkpoint,
    manifests,
    out_of_reach,
    read_checkpoint,
    set_aside,
    set_unvouched_aside,
)
from metagen_gui.engine.store.elsewhere import refuse_elsewhere
from metagen_gui.engine.store.kept_data import recalling
from metagen_gui.engine.store.lock import RunLock
from metagen_gui.engine.store.metrics_file import last_step
from metagen_gui.engine.store.names import CHECKPOINTS, METRICS, SAMPLES, is_run_folder
from metagen_gui.engine.store.record import read_record
from metagen_gui.engine.store.run_folder import RunFolder
from metagen_gui.engine.store.second_copy import experiment_of, mend

__all__ = ["Commands", "Origin", "meta_train", "resume_run"]


@dataclass(frozen=True)
class Origin:
    """The checkpoint that a new run begins from: of a run's folder, at an outer step or the newest.

    It is read once, so that settings and weights are of the same step also where the run goes on meanwhile.
    """

    folder: Path
    meta_step: int | None = None

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint, with all that training needs; raises `BadInput` if it is not there."""
        return load_checkpoint(_folder_of_run(self.folder) / CHECKPOINTS, self.meta_step, whole=True)

    def experiment(self) -> Experiment:
        """Return the settings it was trained with, those included that were changed on the way; raise `BadInput`."""
        return experiment_of(self.folder, self.checkpoint)[0]


def meta_train(
    experiment: Experiment,
    *,
    out: Path | None = None,
    commands: Commands | None = None,
    previews: bool = True,
    parent: Origin | None = None,
) -> Generator[Event, None, None]:
    """Run `experiment`, yielding what happens.

    The run folder is `out`, which must be new or empty, or a new one under `runs.runs_folder()`. With `previews` off no
    snapshots are taken; the numbers are the same. With a `parent` the run begins with what another had learned, at
    that one's place in the stream of tasks. Raises `BadInput` at the first `next` if something is wrong with the
    experiment; later `Diverged` if training stays non-finite, and `RunBroken` if it cannot go on for another reason.
    """
    keep_memory()
    notices, origin = [*experiment.notices], ""
    if parent is not None:
        origin = f"{parent.folder.resolve().name}@{parent.checkpoint.meta_step}"
    told = experiment if parent is None else recalling(experiment, parent.checkpoint, parent.folder)
    with closing(_learner(told)) as learner:
        if parent is not None:
            notices += _begin_with(learner, parent.checkpoint, parent.folder)
        learner.begin()
        folder = RunFolder.create(experiment, out, Observer(learner).columns(), origin, learner.family.kept())
        yield from _kept_going(TrainingRun(learner, folder, commands or Commands(), previews), notices)


def resume_run(
    folder: Path,
    *,
    commands: Commands | None = None,
    previews: bool = True,
    device: str | None = None,
    processes: int | None = None,
    reading: Callable[[Experiment], Experiment] = lambda experiment: experiment,
) -> Generator[Event, None, None]:
    """Go on with the run in `folder` from its newest sound checkpoint, yielding what happens.

    On the CPU the outcome is, bit for bit, that of a run without interruption. `device` is where to compute from here
    on, and `processes` how many share its steps, if it is to be otherwise than before. `reading` makes of the
    experiment in the folder what it was where a file cannot say it. Raises `BadInput` at the first `next` if there is
    nothing to go on with, or if another process writes into the folder.
    """
    keep_memory()
    with ExitStack() as learning:
        lock = RunLock(_own_folder_of_run(folder))
        try:
            remove_leftovers(folder, folder / CHECKPOINTS, folder / SAMPLES)
            unvouched = set_unvouched_aside(folder / CHECKPOINTS)
            checkpoint, damaged = _newest(folder)
            experiment, _ = experiment_of(folder, checkpoint)  # with the settings as they were changed on the way
            experiment = recalling(experiment, checkpoint, folder)
            begun_on = experiment.config("training").device
            if device is not None:
                experiment = experiment.with_value("training.device", device)
            if processes is not None:
                experiment = experiment.with_value("training.processes", processes)
            learner = learning.enter_context(closing(_learner(reading(experiment))))
            notices = [*experiment.notices]
            if device not in (None, begun_on):
                notices.append(
                    f"Computed on {learner.device} from here on, not {begun_on}: the last digits may differ."
                )
            notices += [f"The checkpoint {name} is damaged and was set aside." for name in damaged]
            if unvouched:
                why = "a save was broken off, or their manifest is lost"
                notices.append(f"No manifest vouches for {', '.join(unvouched)}, set aside as .unvouched: {why}.")
            if checkpoint is not None:
                restore(learner, checkpoint)
                notices += _use_threads_of(checkpoint, learner.processes)
            record = read_record(folder)
            over, planned = record is not None and record.state == "finished", learner.training.meta_steps
            # one that died after its last step has yet to be finished
            if learner.meta_step > planned or (over and learner.meta_step == planned):
                raise BadInput(str(folder), "has taken all its steps; branch from it with more training.meta_steps")
            columns, mended = Observer(learner).columns(), set[str]()
            if checkpoint is not None:
                told, mended = mend(folder, checkpoint, ("meta_step", "seconds", *columns))
                notices += told
            learner.begin()
            opened = RunFolder.reopen(folder, lock, columns, checkpoint, learner.family.kept(), mended)
            run = TrainingRun(learner, opened, commands or Commands(), previews)
            if checkpoint is not None:
                run.restore(checkpoint.progress)
        except OSError as error:
            lock.release()
            raise BadInput(str(error.filename or folder), error.strerror or str(error)) from None
        except BaseException:
            lock.release()
            raise
        notices.append(resumed_at(learner.meta_step))
        yield from _kept_going(
            run, notices, resumed=checkpoint is not None
        )  # before the first checkpoint it begins anew


def _kept_going(run: TrainingRun, notices: list[str], *, resumed: bool = False) -> Generator[Event, None, None]:
    """Yield the events of a run and, however it ends, close it and note how."""
    try:
        yield from run.events(notices, resumed=resumed)
        if run.is_complete:
            run.end("finished")
    except BadInput as error:  # the experiment was good when the run began, so this is no longer a wrong setting
        run.end("failed", str(error))
        raise RunBroken(str(error)) from error
    except Exception as error:
        why = " ".join(str(error).split()) or type(error).__name__
        run.end("failed", why, diverged=isinstance(error, Diverged))
        raise
    finally:
        run.close()


def _learner(experiment: Experiment) -> MetaLearner:
    """Return what takes the outer steps: alone, or at the head of as many processes as the experiment asks for."""
    if experiment.config("training").processes == 1:
        return MetaLearner(experiment)
    from metagen_gui.engine.ranks.leader import leading  # one process needs none of it

    return leading(experiment)


def _begin_with(learner: MetaLearner, checkpoint: Checkpoint, folder: Path) -> list[str]:
    """Take over what another run learned; return what a person should know of it."""
    fresh = adopt(learner, checkpoint)
    if checkpoint.meta_step >= learner.training.meta_steps:
        raise BadInput(
            "training.meta_steps", f"the run begins at step {checkpoint.meta_step:,}, so it must be more than that"
        )
    notices = [f"Begins with what {folder.name} had learned at step {checkpoint.meta_step:,}."]
    with suppress(BadInput):  # it may have been of a task family that is not installed any more
        before = experiment_of(folder, checkpoint)[0]
        theirs, ours = before.plugin("tasks").spec_of(before.config("tasks")), learner.family.spec
        if theirs is not None and theirs != ours:
            notices.append(f"It had learned from {theirs}; here they are {ours}: the two losses do not compare.")
    if fresh:
        notices.append(f"{len(fresh)} of its parameters begin afresh, as {fresh[0]}.")
    return notices


def _folder_of_run(folder: Path) -> Path:
    if not is_run_folder(folder):
        raise BadInput(str(folder), "not a run folder")
    return folder


def _own_folder_of_run(folder: Path) -> Path:
    """Return a run's folder if what it holds is its own: through links, files of others would be taken away.

    One that goes on at another machine is refused as well.
    """
    refuse_elsewhere(folder)
    for part in (_folder_of_run(folder) / CHECKPOINTS, folder / SAMPLES):
        try:
            check_own_folder(part)
        except OSError as error:
            raise BadInput(str(part), error.strerror or str(error)) from None
    return folder


def _newest(folder: Path) -> tuple[Checkpoint | None, list[str]]:
    """Return a run's newest sound checkpoint, None before the first, and the names of damaged ones, now set aside.

    Raise `BadInput` if there is none and the run had got further than its beginning: to begin anew would wipe what it
    has written.
    """
    damaged: list[str] = []
    for path in reversed(manifests(folder / CHECKPOINTS)):
        found = read_checkpoint(path, whole=True)
        if found is not None and found.progress.experiment is not None:
            return found, damaged
        sound = found or read_checkpoint(path)
        if sound is not None and sound.progress.experiment is None:
            raise BadInput(str(path), "holds what was learned but not how to go on; export it instead")
        if (error := out_of_reach(path)) is not None:  # to go on from an older one would cut off what came after it
            raise BadInput(str(error.filename or path), error.strerror or str(error))
        set_aside(path)
        damaged.append(path.stem)
    lost = "holds no whole checkpoint"
    if damaged or any((folder / CHECKPOINTS).glob("*.corrupt")):
        raise BadInput(str(folder / CHECKPOINTS), f"{lost}; the damaged ones were set aside")
    if any((folder / CHECKPOINTS).glob("*.unvouched")):
        raise BadInput(str(folder / CHECKPOINTS), f"{lost}; weights without a manifest were set aside as .unvouched")
    record = read_record(folder)
    step = max(0 if record is None else record.meta_step, last_step(folder / METRICS))
    if step > 0 or (record is not None and record.state == "finished"):
        why = f"{lost}, though the run had come to step {step:,}; what it has written stays: begin a new run"
        raise BadInput(str(folder / CHECKPOINTS), why)
    return None, damaged


def _use_threads_of(checkpoint: Checkpoint, processes: int) -> list[str]:
    """Compute with as many threads as the run did, on which the last digits depend; say so if that cannot be.

    Where other processes are to share its steps than did before, every one has the cores that are its own now.
    """
    before, notices = checkpoint.progress, []
    if before.processes != processes:
        then = before.processes
        notices.append(f"Processes from here on: {processes}, and not {then} as before: the last digits may differ.")
    elif 0 < before.threads <= 256:
        torch.set_num_threads(before.threads)
    theirs, ours = before.torch, str(torch.__version__)
    if theirs != ours:
        notices.append(f"Begun with torch {theirs}, resumed with {ours}: the last digits may differ.")
    return notices
