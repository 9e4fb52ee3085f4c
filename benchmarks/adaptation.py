"""Does a preset adapt? Train it for some minutes, then compare step k with step 0 on held-out tasks, in pairs.

    python benchmarks/adaptation.py resources/presets/densities-gan.json --minutes 3 --tasks 100 --picture out.png

Prints, for every loss and figure, its mean at step 0 and at step k and the mean paired difference with its 95 %
interval over tasks; the picture shows support, samples after each adaptation step, and query, a row per task.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from metagen_gui.engine.devices import use_threads
from metagen_gui.engine.events import Snapshot
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.evaluation import score
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.learning.observer import Observer
from metagen_gui.engine.randomness import generator_for

CELL = 96
"""Pixels per side of a drawn cell of points."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiment", type=Path)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--tasks", type=int, default=100)
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE")
    parser.add_argument("--picture", type=Path)
    given = parser.parse_args()
    experiment = Experiment.load(given.experiment)
    for assignment in given.set:
        experiment = experiment.with_text(assignment)
    threads = use_threads()
    learner = MetaLearner(experiment)
    began = time.monotonic()
    while time.monotonic() - began < 60 * given.minutes and learner.meta_step < learner.training.meta_steps:
        learner.step()
    seconds = time.monotonic() - began
    print(f"{learner.meta_step} outer steps in {seconds:.0f} s ({1000 * seconds / learner.meta_step:.0f} ms each), ")
    print(
        f"{threads} threads, {learner.parameters():,} numbers learned; {given.tasks} held-out tasks of the test stream"
    )
    for name, values in held_out(learner, given.tasks).items():
        difference = values[-1] - values[0]
        half = 1.96 * difference.std(ddof=1) / np.sqrt(given.tasks)
        print(
            f"{name:28} step 0 {values[0].mean():9.4f}   step {len(values) - 1} {values[-1].mean():9.4f}   "
            f"difference {difference.mean():9.4f} ± {half:.4f}   better or lower in {np.mean(difference < 0):.0%}"
        )
    if given.picture:
        draw(Observer(learner).snapshot()).save(given.picture)


def held_out(learner: MetaLearner, tasks: int) -> dict[str, npt.NDArray[np.float64]]:
    """Return every loss and figure `(steps + 1, tasks)` on tasks that no run looks at."""
    training = learner.training
    batch = learner.family.batch("test", 0, tasks, training.shots, training.query_size)
    support, query = learner.tensors(batch)
    generator = generator_for(training.seed, "validation", 1, learner.device)
    noise = learner.algorithm.draw_noise(generator, tasks, training.shots, training.query_size, learner.steps)
    scores = score(learner.algorithm, learner.meta, support, query, noise, learner.steps)
    losses = {f"query loss, {player}": values for player, values in scores.query_loss.items()}
    return losses | scores.details


def draw(snapshot: Snapshot) -> Image.Image:
    """Return a picture: a row per task with support, samples after each shown step, and query."""
    rows = []
    for task in range(len(snapshot.names)):
        parts = [snapshot.support[task], *snapshot.samples[task], snapshot.query[task]]
        if snapshot.extent is None:
            cells = [np.pad(255 - image[0], 1, constant_values=128) for part in parts for image in part[:5]]
        else:
            cells = [scatter(points, snapshot.extent[2]) for points in parts]
        rows.append(np.concatenate(cells, axis=1))
    return Image.fromarray(np.concatenate(rows, axis=0))


def scatter(points: npt.NDArray[np.float32], reach: float) -> npt.NDArray[np.uint8]:
    cell = np.full((CELL, CELL), 255, np.uint8)
    places = ((points / reach + 1) / 2 * CELL).astype(int)
    inside = places[((places >= 0) & (places < CELL)).all(1)]
    cell[CELL - 1 - inside[:, 1], inside[:, 0]] = 0
    return np.pad(cell, 1, constant_values=128)


if __name__ == "__main__":
    main()
