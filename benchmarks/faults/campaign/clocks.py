"""A wall clock that jumps by years, back and forth: durations and the order of rows do not follow it."""

from __future__ import annotations

import csv
import shutil
import time
from collections.abc import Iterator

from metagen_gui.engine.events import RunFinished, StepReport
from metagen_gui.engine.run.outer_loop import meta_train, resume_run

from .outcome import Laboratory, Outcome, fault
from .small_runs import difference, outcome, small

YEARS = 10 * 365.25 * 24 * 3600


@fault("clock", tries=20)
def clock(laboratory: Laboratory) -> Iterator[Outcome]:
    """Let the wall clock jump whenever it is asked, through a run that is stopped and resumed."""
    told, real = Outcome("the wall clock jumps by up to ten years at every look"), time.time
    for number in range(laboratory.tries):
        whole, folder = laboratory.folder / "whole", laboratory.folder / "run"
        experiment = small(seed=number)
        list(meta_train(experiment, out=whole, previews=False))
        time.time = lambda: real() + laboratory.chance.uniform(-YEARS, YEARS)
        try:
            began = time.monotonic()
            run = meta_train(experiment, out=folder, previews=False)
            stop = laboratory.chance.randint(1, 10)
            next(event for event in run if isinstance(event, StepReport) and event.meta_step == stop)
            run.close()
            finished = [event for event in resume_run(folder, previews=False) if isinstance(event, RunFinished)]
            took = time.monotonic() - began
        finally:
            time.time = real
        with (folder / "metrics.csv").open(newline="") as file:
            seconds = [float(row["seconds"]) for row in csv.DictReader(file)]
        problem = difference(folder, outcome(whole))
        if seconds != sorted(seconds) or not 0 < finished[0].seconds < took:
            problem = problem or f"durations {seconds}, in all {finished[0].seconds} of {took} seconds"
        told.count(problem)
        shutil.rmtree(whole)
        shutil.rmtree(folder)
    told.details = "durations are right, rows in order; the library sorts by the date at which a run began"
    yield told
