"""Runs that are closed at random moments: they end in order, as stopped or finished, and can be gone on with."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from metagen_gui.engine.events import RunStarted
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from metagen_gui.engine.store.library import read_entry
from metagen_gui.engine.store.names import is_run_folder

from .children import Child, Tell, training
from .kill import CELLS
from .outcome import Laboratory, Outcome, fault
from .small_runs import difference, outcome, small


@fault("closes", tries=200)
def closes(laboratory: Laboratory) -> Iterator[Outcome]:
    """Close between two events, or interrupt in the middle of anything, by turns; resume, and close again."""
    told, ends, midway = Outcome("closed at a random moment"), Outcome("… and the runs they ended"), 0
    runs = 0
    while told.tries < laboratory.tries:
        model, algorithm = CELLS[runs % len(CELLS)]
        runs += 1
        experiment = small(model, algorithm, seed=runs, meta_steps=24, checkpoint_steps=0)
        whole, folder = laboratory.folder / f"whole {runs}", laboratory.folder / f"closed {runs}"
        assert training(experiment, whole).end() == 0
        while True:
            after = 10**9
            if told.tries < laboratory.tries and told.tries % 2:
                after = laboratory.chance.randint(1, 12)
            child = _closing(experiment, folder, after)
            if told.tries < laboratory.tries and not told.tries % 2:
                child.says("begun")
                if child.lives(laboratory.chance.uniform(0, 0.4)):
                    os.kill(child.pid, signal.SIGINT)
                    midway += 1
            status = child.end()
            entry = read_entry(folder)
            finished = entry.state == "finished"
            if told.tries < laboratory.tries and is_run_folder(folder):
                right = status == 0 and (finished or (entry.state == "stopped" and entry.resumable))
                told.count(None if right else f"status {status}, {entry.state}, resumable: {entry.resumable}")
            if finished or not is_run_folder(folder):
                break
        ends.count(difference(folder, outcome(whole)))
        for path in (whole, folder):
            shutil.rmtree(path)
    told.details = f"status 0 each; {midway} in the middle of anything, the others between two events"
    ends.details = "bit for bit the uninterrupted run's"
    yield told
    yield ends


def _closing(experiment: Experiment, folder: Path, after: int) -> Child:
    """Train in a child that ends after some events, or when it is interrupted."""

    def work(tell: Tell) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        run = resume_run(folder) if is_run_folder(folder) else meta_train(experiment, out=folder)
        try:
            with closing(run):
                for number, event in enumerate(run, 1):
                    if isinstance(event, RunStarted):
                        tell("begun")
                    if number == after:
                        break
        except KeyboardInterrupt:
            return

    return Child(work)
