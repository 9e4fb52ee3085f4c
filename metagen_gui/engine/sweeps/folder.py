"""What a sweep's folder holds: `plan.json`, the journal, `runs/`, and in the end `best.json` and `result.json`.

A run's folder is called by its trial, its seed and what its values come to: were a journal to be cut off, no run of
other values would be taken for one of the trial's.
"""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from metagen_gui.engine.files import check_own_folder, read_file, remove_leftovers, write_atomically
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.statistics import finite
from metagen_gui.engine.store.lock import HOLDER, RunLock
from metagen_gui.engine.store.names import LOCK, runs_folder
from metagen_gui.engine.sweeps.optimizer import Optimizer
from metagen_gui.engine.sweeps.plan import PLAN, SweepPlan
from metagen_gui.engine.sweeps.standing import Figure, Measured, Result, Standing, Trial

RUNS, BEST, RESULT = "runs", "best.json", "result.json"
MAX_BYTES = 50_000_000
MOST = 20
"""Sweeps that are listed, the newest."""


def sweeps_folder() -> Path:
    """Return the folder that sweeps live under, beside that of the runs."""
    return runs_folder().parent / "sweeps"


def fresh_folder() -> Path:
    """Return the folder for a sweep that begins now; it does not exist yet."""
    stamp, taken = time.strftime("%Y-%m-%d-%H%M%S"), 1
    while (folder := sweeps_folder() / (stamp if taken == 1 else f"{stamp}-{taken}")).exists():
        taken += 1
    return folder


def kept_sweeps() -> list[Path]:
    """Return the folders of the newest sweeps, the last one first."""
    return [file.parent for file in sorted(sweeps_folder().glob(f"*/{PLAN}"), reverse=True)[:MOST]]


def run_folder(folder: Path, trial: Trial, seed: int) -> Path:
    """Return the folder of a trial's run with one of the seeds."""
    told = json.dumps([*sorted(trial.values.items())])
    return folder / RUNS / f"trial-{trial.number}-seed-{seed}-{hashlib.sha256(told.encode()).hexdigest()[:6]}"


class SweepFolder:
    """The folder of one sweep, held by whoever is at it."""

    def __init__(self, path: Path, plan: SweepPlan) -> None:
        """Make the folder, or take that of the same plan; raise `BadInput` for anything else.

        A plan that differs in the number of its trials alone is the same sweep, which goes on to that number.
        """
        self.path, self.plan = path.resolve(), plan
        try:
            path.mkdir(parents=True, exist_ok=True)
            known = (path / PLAN).exists()
            if not known and any(
                ".tmp-" not in each.name for each in path.iterdir() if each.name not in (LOCK, HOLDER)
            ):
                raise BadInput(str(path), "holds no sweep, and the folder for a new one must be empty")
            self._lock = RunLock(path)
        except OSError as error:
            raise BadInput(str(path), error.strerror or str(error)) from None
        try:
            if known and _without_number(SweepPlan.load(path, ours=True)) != _without_number(plan):
                raise BadInput(str(path), "holds a sweep of another plan; choose another folder")
            remove_leftovers(path)
            self.write(PLAN, plan.document())  # first: with it the folder is a sweep's
            (path / RUNS).mkdir(exist_ok=True)
            check_own_folder(path / RUNS)
        except OSError as error:
            self.release()
            raise BadInput(str(path), error.strerror or str(error)) from None
        except BaseException:
            self.release()
            raise

    def run(self, trial: Trial, seed: int) -> Path:
        """Return the folder of a trial's run with one of the seeds."""
        return run_folder(self.path, trial, seed)

    def write(self, name: str, document: Any) -> None:
        """Write a JSON file; raise `BadInput` if the disk does not take it."""
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        try:
            write_atomically(self.path / name, text.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise BadInput(str(self.path / name), error.strerror or str(error)) from None

    def release(self) -> None:
        """Let the folder go."""
        self._lock.release()


def standing_of(folder: Path) -> Standing:
    """Return how a sweep stands, by its folder alone, which somebody else may be writing; raise `BadInput`."""
    plan = SweepPlan.load(folder, ours=True)
    optimizer = Optimizer(folder, plan, writes=False)
    trials = with_runs(folder, plan, optimizer.trials())
    standing = Standing(folder, plan, trials, importance=optimizer.importance())
    with suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
        kept = json.loads(read_file(folder / RESULT, MAX_BYTES))
        best, told = kept["best"], kept["measure"]
        measured = Measured(told["name"], told["title"], told["unit"], told["better"])
        standing = replace(standing, measured=measured)
        if best is not None:
            figures: Any = {name: float("nan") if value is None else value for name, value in best["fresh"].items()}
            fresh = Figure(**figures)
            standing = replace(standing, result=Result(best["trial"], fresh, folder / BEST))
    return standing


def with_runs(folder: Path, plan: SweepPlan, trials: list[Trial]) -> tuple[Trial, ...]:
    """Return trials with the folders of their runs."""
    return tuple(
        replace(trial, runs=tuple(run_folder(folder, trial, seed) for seed in plan.settings.seeds)) for trial in trials
    )


def described(standing: Standing) -> dict[str, Any]:
    """Return a sweep as JSON data, as `result.json` keeps it and `metagen sweep --json` prints it."""
    result, best = standing.result, standing.best
    told = {
        "version": 1,
        "folder": str(standing.folder),
        "measure": vars(standing.measured),
        "trials": [
            {
                "trial": trial.number,
                "state": trial.state,
                "values": dict(trial.values),
                "figure": None if trial.figure is None else vars(trial.figure),
                "problem": trial.problem,
                "reached": trial.reached,
                "runs": [str(run) for run in trial.runs],
            }
            for trial in standing.trials
        ],
        "importance": dict(standing.importance),
        "best": None
        if best is None or result is None
        else {
            "trial": result.number,
            "values": dict(best.values),
            "validation": None if best.figure is None else vars(best.figure),
            "fresh": vars(result.fresh),
            "experiment": str(result.experiment),
        },
    }
    data: dict[str, Any] = finite(told)
    return data


def _without_number(plan: SweepPlan) -> dict[str, Any]:
    return {**plan.document(), "trials": None}
