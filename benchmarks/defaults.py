"""Are the defaults any good? For every algorithm × model × family, train with them and with rates around them.

    python benchmarks/defaults.py --seconds 30 --json found.json

Every candidate gets the same processor seconds (as many outer steps as fit in, so that schedules run to their end), the
same tasks and the same seed, and is scored on validation tasks after as many adaptation steps as it was trained with:
a VAE by −ELBO, a GAN of points by its unbiased MMD² to the query. A candidate differs from the defaults where the 95 %
interval of the paired difference over tasks excludes 0. What is in the JSON file already is not run again.

One candidate is the defaults with another initialization and other noise: what differs no more than that one is luck.
Runs are short: a rate that is ahead after half a minute need not be after ten, so a factor that is ahead by little is
no reason to change a default; see `benchmarks/results/defaults.md` for what was.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from metagen_gui.engine.algorithms.base import algorithms
from metagen_gui.engine.devices import use_threads
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.held_out.adapted import HeldOut, score_adapted
from metagen_gui.engine.held_out.measures import Eyes
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.settings.bad_input import BadInput

CELLS = (("vae", "strokes"), ("vae", "densities"), ("gan", "densities"))
CANDIDATES: dict[str, tuple[float, float, int]] = {
    "defaults": (1, 1, 0),
    "other luck": (1, 1, 1),
    "inner rate × ½": (0.5, 1, 0),
    "inner rate × 2": (2, 1, 0),
    "outer rate × ⅓": (1, 1 / 3, 0),
    "outer rate × 3": (1, 3, 0),
}
"""Factors of the inner and of the outer rate, and the seed of initialization and noise."""
TIMED, TASKS, SAMPLES = 12, 64, 128
"""Steps to time, validation tasks to score on, samples of each."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--only", action="append", default=[], metavar="ALGORITHM-MODEL-FAMILY")
    parser.add_argument("--preset", action="append", default=[], type=Path, metavar="FILE", help="search there instead")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    use_threads()
    kept: dict[str, Any] = json.loads(given.json.read_text()) if given.json and given.json.exists() else {}
    cells = {path.stem: Experiment.load(path) for path in given.preset} or {
        f"{algorithm}-{model}-{family}": Experiment(family, model, algorithm)
        for model, family in CELLS
        for algorithm in algorithms.names()
    }
    print("| cell | outer steps | defaults: step 0 → k |", " | ".join([*CANDIDATES][1:]), "|")
    print("|---" * (len(CANDIDATES) + 2) + "|", flush=True)
    for name, experiment in cells.items():
        if given.only and name not in given.only:
            continue
        for candidate, changes in CANDIDATES.items():
            key = f"{name} · {candidate}"
            if key not in kept:
                try:
                    kept[key] = outcome(experiment, changes, given.seconds)
                except BadInput as refused:
                    kept[key] = {"refused": str(refused)}
                if given.json:
                    given.json.write_text(json.dumps(kept))
        print(row(name, kept), flush=True)


def outcome(experiment: Experiment, candidate: tuple[float, float, int], seconds: float) -> dict[str, Any]:
    """Train a candidate, and return its scores by task at step 0 and after adaptation."""
    inner, outer = experiment.config("algorithm").inner_lr, experiment.config("training").outer_lr
    inner_factor, outer_factor, seed = candidate
    experiment = experiment.with_value("algorithm.inner_lr", inner * inner_factor).with_value("training.seed", seed)
    experiment = experiment.with_value("training.outer_lr", outer * outer_factor)
    steps = max(10, math.floor(seconds / seconds_per_step(experiment)))
    warmup = min(int(experiment.config("training").warmup_steps), steps // 4)
    experiment = experiment.with_value("training.meta_steps", steps).with_value("training.warmup_steps", warmup)
    learner = MetaLearner(experiment)
    learner.family = experiment.with_value("training.seed", 0).build_tasks()  # the same tasks whatever the seed
    for _ in range(steps):
        learner.step()
    training, algorithm = learner.training, learner.algorithm
    tasks = HeldOut(learner.family, "validation", TASKS, training.shots, training.query_size, SAMPLES)
    eyes = Eyes(learner.family, algorithm.model, "validation", training.query_size)
    measure = eyes.measures[0]
    found = score_adapted(algorithm, learner.meta, tasks, eyes, (0, algorithm.steps), measures=(measure,))
    return {"steps": steps, "measure": measure.title, "values": found.values[measure.name].tolist()}


def seconds_per_step(experiment: Experiment) -> float:
    """Return the processor seconds of an outer step after its first few, in which a recording is made."""
    learner, taken = MetaLearner(experiment.with_value("training.warmup_steps", 0)), list[float]()
    for _ in range(TIMED):
        began = time.process_time()
        learner.step()
        taken.append(time.process_time() - began)
    return median(taken[TIMED // 2 :])


def row(name: str, kept: dict[str, Any]) -> str:
    """Return the line of a table: negative differences are better than the defaults."""
    first = kept[f"{name} · defaults"]
    if "refused" in first:
        return f"| {name} | – | {first['refused']} |" + " – |" * (len(CANDIDATES) - 1)
    base = np.array(first["values"], dtype=float)
    cells = [name, f"{first['steps']:,}", f"{np.nanmean(base[0]):.4g} → {np.nanmean(base[1]):.4g}"]
    for candidate in [*CANDIDATES][1:]:
        found = kept[f"{name} · {candidate}"]
        apart = np.array(found["values"], dtype=float)[1] - base[1]
        lost = int(np.isnan(apart).sum())
        apart = apart[np.isfinite(apart)]
        if len(apart) < 2:
            cells.append("diverged")
            continue
        mean, error = apart.mean(), 1.96 * apart.std(ddof=1) / math.sqrt(len(apart))
        text = f"{mean:+.3g} ± {error:.2g}" + (f" ({lost} diverged)" if lost else "")
        cells.append(f"**{text}**" if abs(mean) > error else text)
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
