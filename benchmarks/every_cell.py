"""Train every algorithm on every model for some minutes and print the validation query loss at adaptation steps 0..k.

    python benchmarks/every_cell.py --set tasks.name=images --set tasks.path=images_background.zip --minutes 5

One Markdown row per cell and player: before training, halfway and at the end, each as `step 0 → … → step k`, how many
outer steps were not finite, and how many tasks exploded. Minutes are those that the processor worked for this cell,
divided by its threads, so that other programs on the machine do not shorten a cell. A run that is over is over.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import numpy as np
import torch

from metagen_gui.engine.algorithms.base import algorithms
from metagen_gui.engine.devices import use_threads
from metagen_gui.engine.events import ValidationReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.learning.observer import Observer
from metagen_gui.engine.models.base import models
from metagen_gui.engine.settings.bad_input import BadInput


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE")
    parser.add_argument("--only", action="append", default=[], metavar="ALGORITHM-MODEL")
    given = parser.parse_args()
    use_threads()
    print("| algorithm | model | player | outer steps | not applied | exploded | at first | halfway | at the end |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    for model in models.names():
        for algorithm in algorithms.names():
            if given.only and f"{algorithm}-{model}" not in given.only:
                continue
            experiment = Experiment(model=model, algorithm=algorithm)
            for assignment in given.set:
                experiment = experiment.with_text(assignment)
            try:
                for row in cell(experiment, 60 * given.minutes):
                    print(row, flush=True)
            except BadInput as refused:
                print(f"| {algorithm} | {model} | {refused} | | | | | | |", flush=True)


def cell(experiment: Experiment, seconds: float) -> Iterator[str]:
    """Train one cell and return its rows."""
    learner = MetaLearner(experiment)
    reports, left_out, exploded = [look(learner)], 0, 0
    began, threads = time.process_time(), torch.get_num_threads()
    while (
        spent := (time.process_time() - began) / threads
    ) < seconds and learner.meta_step < learner.training.meta_steps:
        if spent > seconds / 2 and len(reports) == 1:
            reports.append(look(learner))
        step = learner.step()
        left_out += not step.applied
        exploded += step.diverged
    reports.append(look(learner))
    for player in learner.model.players:
        paths = " | ".join(path(report.query_loss[player]) for report in reports)
        print_name = f"| {experiment.algorithm} | {experiment.model} | {player}"
        yield f"{print_name} | {learner.meta_step} | {left_out} | {exploded} | {paths} |"


def look(learner: MetaLearner) -> ValidationReport:
    """Return the scores of the held-out tasks."""
    return Observer(learner).validate(0.0)[0]


def path(losses: np.ndarray) -> str:
    """Return the losses after 0, 1, … k steps in one cell."""
    return " → ".join(f"{loss:.2f}" for loss in losses)


if __name__ == "__main__":
    main()
