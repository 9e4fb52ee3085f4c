"""`kill -9` at random moments: no acknowledged checkpoint is lost, and the run comes out as if nothing had happened."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from metagen_gui.engine.algorithms.base import algorithms
from metagen_gui.engine.models.base import models
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.names import is_run_folder

from .children import training
from .outcome import Laboratory, Outcome, fault
from .small_runs import difference, outcome, small

CELLS = [("vae", "maml"), ("gan", "reptile"), ("vae", "meta_sgd"), ("gan", "maml"), ("vae", "leo")]


@fault("kill", tries=200)
def kill(laboratory: Laboratory) -> Iterator[Outcome]:
    """Kill training at random moments, resume, kill again …, and compare what comes out at the end."""
    told, saving, runs, ends = Outcome("kill -9 at a random moment"), 0, 0, Outcome("… and the runs they interrupted")
    while told.tries < laboratory.tries:
        model, algorithm = CELLS[runs % len(CELLS)]
        runs += 1
        experiment = small(model, algorithm, checkpoint_steps=1 + runs % 3, seed=runs, meta_steps=24)
        whole, folder = laboratory.folder / f"whole {runs}", laboratory.folder / f"killed {runs}"
        began = time.monotonic()
        assert training(experiment, whole).end() == 0
        takes, acknowledged, tries_here = time.monotonic() - began, 0, 0
        while True:
            child = training(experiment, folder)
            enough = told.tries == laboratory.tries
            killed = child.lives(300 if enough else laboratory.chance.uniform(0, 0.25 * takes))
            if killed:
                child.kill()
                saving += _left_in_saving(folder)
            problem = None
            if (begun := child.numbers("from")) and begun[0] < acknowledged:
                problem = f"step {acknowledged} was acknowledged, resumed at {begun[0]}"
            elif child.status not in (0, -9):
                problem = f"the resumed program ended with status {child.status}"
            acknowledged = max([acknowledged, *child.numbers("saved")])
            if killed or problem:
                told.count(problem)
                tries_here += 1
            if not killed:
                break
            if not is_run_folder(folder):  # killed before there was a run
                shutil.rmtree(folder, ignore_errors=True)
        ends.count(difference(folder, outcome(whole)))
        print(f"    run {runs}: {algorithm} {model}, {tries_here} kills", flush=True)
        shutil.rmtree(whole)
        shutil.rmtree(folder)
    told.details = f"{saving} fell into the saving of a checkpoint"
    ends.details = "weights, optimizer, metrics, best checkpoint: bit for bit the uninterrupted run's"
    yield told
    yield ends


def _left_in_saving(folder: Path) -> bool:
    """Return whether a save was under way: a temporary file, or weights that no manifest vouches for."""
    files = {path.name for path in (folder / "checkpoints").glob("*")}
    weights = {name.split(".")[0] for name in files if name.endswith(".safetensors")}
    return any(".tmp-" in name for name in files) or any(f"{name}.json" not in files for name in weights)


@fault("kill_cells")
def kill_cells(laboratory: Laboratory) -> Iterator[Outcome]:
    """Kill once in every cell of algorithm × model, right after a checkpoint that chance picks, or a little later."""
    told, refused = Outcome("kill -9 once, every algorithm × model"), 0
    for algorithm in algorithms.names():
        for model in models.names():
            experiment = small(model, algorithm, meta_steps=5, validate_every=2)
            try:
                experiment.check()
                experiment.build_algorithm(experiment.build_model(experiment.build_tasks()))
            except BadInput:  # they do not go together
                refused += 1
                continue
            whole, folder = laboratory.folder / "whole", laboratory.folder / "killed"
            assert training(experiment, whole).end() == 0
            child, step = training(experiment, folder), laboratory.chance.randint(1, 4)
            child.says(f"saved {step}")
            child.lives(laboratory.chance.uniform(0, 0.03))
            if child.status is None:
                child.kill()
            again = training(experiment, folder) if child.status else child
            problem = None if again.end() == 0 else f"ended with status {again.status}"
            if (begun := again.numbers("from")) and child.status and begun[0] < step:
                problem = f"step {step} was acknowledged, resumed at {begun[0]}"
            problem = problem or difference(folder, outcome(whole))
            told.count(f"{algorithm} × {model}: {problem}" if problem else None)
            shutil.rmtree(whole)
            shutil.rmtree(folder)
    told.details = f"resumed bit for bit; {refused} pairs do not go together"
    yield told
