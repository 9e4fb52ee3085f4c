"""`metagen train`: pulls a run's generator, shows what comes, and sees to it that an interruption keeps the result."""

from __future__ import annotations

import signal
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType

from metagen_gui.cli.failures import RunFailed, keep_traceback, one_line, program_log
from metagen_gui.cli.terminal.figures import Figures, duration
from metagen_gui.cli.terminal.language import tell
from metagen_gui.cli.terminal.progress import open_display
from metagen_gui.engine.devices import use_threads
from metagen_gui.engine.events import Event, RunBroken
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run.commands import Commands
from metagen_gui.engine.run.outer_loop import Origin, meta_train, resume_run
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import manifests
from metagen_gui.engine.store.library import experiment_at
from metagen_gui.engine.store.names import CHECKPOINTS, LOG

STOP_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def describe_experiment(
    path: Path | Origin | None, assignments: Sequence[str], **training: str | int | None
) -> Experiment:
    """Return the experiment of a command line, begun from a file or from the checkpoint to branch from.

    `training` are options of that section, None where they were not given. Raises `BadInput` that names the first wrong
    part. Assignments of plugins (`model.name=gan`) come first wherever
    they stand, because settings belong to plugins.
    """
    if isinstance(path, Origin):
        experiment = path.experiment()
    else:
        experiment = Experiment() if path is None else Experiment.load(path)
    for assignment in sorted(assignments, key=lambda one: not one.partition("=")[0].endswith(".name")):
        experiment = experiment.with_text(assignment)
    for name, value in training.items():
        if value is not None:
            experiment = experiment.with_value(f"training.{name}", value)
    return experiment


def run_training(experiment: Experiment, out: Path | None, *, previews: bool, parent: Origin | None = None) -> int:
    """Train, and return the exit status: 0, or 128 and the signal's number where a signal stopped the run early.

    With a `parent` the run begins with what that one had learned. Raises `BadInput` where something is wrong with the
    experiment or a folder, `RunFailed` where the run broke.
    """
    commands = Commands()
    run = meta_train(experiment, out=out, commands=commands, previews=previews, parent=parent)
    return trained(experiment, run, commands)


def resume_training(folder: Path, *, previews: bool, device: str | None = None, processes: int | None = None) -> int:
    """Go on with a run, on another device or by other processes if told so; the exit status is as of `run_training`."""
    commands = Commands()
    run = resume_run(folder, commands=commands, previews=previews, device=device, processes=processes)
    return trained(experiment_at(Experiment, folder, 2**63), run, commands)


def train_quietly(experiment: Experiment, out: Path | None) -> Path:
    """Train with nothing on stdout, and return the run's folder; an interruption saves, and is one."""
    commands = Commands()
    run = meta_train(experiment, out=out, commands=commands, previews=False)
    figures, stopped_by = _to_its_end(experiment, run, commands)
    if stopped_by:
        raise KeyboardInterrupt
    return figures.folder


def trained(experiment: Experiment, run: Generator[Event, None, None], commands: Commands) -> int:
    """Take a run's events to their end, show them, and return the exit status as `run_training` does."""
    figures, stopped_by = _to_its_end(experiment, run, commands)
    folder = figures.folder
    if not stopped_by:
        tell(f"Finished {figures.meta_steps:,} steps in {duration(figures.seconds)}: {folder}")
        return 0
    kept = "what was learned is in" if any(manifests(figures.folder / CHECKPOINTS)) else "nothing sound was learned:"
    tell(f"Stopped after step {figures.meta_step:,} of {figures.meta_steps:,}; {kept} {folder}")
    return 128 + stopped_by


def _to_its_end(experiment: Experiment, run: Generator[Event, None, None], commands: Commands) -> tuple[Figures, int]:
    """Return how far a run came, and the signal that ended it early, or 0."""
    use_threads()
    figures = Figures()
    try:
        return figures, _pull(experiment, run, commands, figures)
    except (BadInput, BrokenPipeError):
        raise
    except Exception as error:
        raise _failure(error, figures.folder if figures.meta_steps else None) from error


def _pull(experiment: Experiment, run: Generator[Event, None, None], commands: Commands, figures: Figures) -> int:
    """Take the run's events to their end; return the signal that ended it early, or 0."""
    with open_display(experiment, figures) as display, closing(run):
        display.show(next(run))
        with _stop_requests() as requests:
            for event in run:
                display.show(event)
                if requests and not commands.finishing:
                    display.say("Stopping, and saving what was learned…")
                    commands.finish()
            return requests[0] if requests else 0


@contextmanager
def _stop_requests() -> Iterator[list[int]]:
    """Collect the first signal that asks to stop, so that the outer step under way is completed; the next one acts.

    A signal that is ignored, as by `nohup`, stays so.
    """
    requests: list[int] = []
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    before = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}

    def give_back() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def note(number: int, frame: FrameType | None) -> None:
        requests.append(number)
        give_back()

    for number in before:
        signal.signal(number, note)
    try:
        yield requests
    finally:
        give_back()


def _failure(error: Exception, folder: Path | None) -> RunFailed:
    log = keep_traceback(error, folder / LOG) if folder else None
    log = log or keep_traceback(error, program_log())
    words = str(error) if isinstance(error, RunBroken) else one_line(error)
    return RunFailed(words + (f"; the details are in {log}" if log else ""))
