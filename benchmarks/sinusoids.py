"""Sinusoids as the papers have them: MAML and Meta-SGD with 5, 10 and 20 shots, Reptile, and their errors on new tasks.

    python benchmarks/sinusoids.py runs/            # trains what is not there yet, then scores 1,000 held-out tasks
    python benchmarks/sinusoids.py runs/ --only reptile --tasks 200

Prints Markdown: seconds per run, mean squared error on the even grid with its 95 % interval over tasks for every number
of shots in training and in testing, and the paired difference between Meta-SGD and MAML.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch

from metagen_gui.engine.devices import use_threads
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.held_out import Request, choose_tasks, score_run
from metagen_gui.engine.held_out.summaries import difference
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.trained.trained_run import open_run

SHOTS = (5, 10, 20)
ONE_STEP = ("maml", "meta_sgd")
REPTILE = (
    "algorithm.inner_optimizer=sgd", "algorithm.inner_lr=0.02", "algorithm.adaptation_steps=32",
    "algorithm.minibatch=10", "model.width=64", "model.activation=tanh", "model.initial_weights=by_inputs",
    "training.shots=50", "training.outer_optimizer=sgd", "training.outer_lr=0.1", "training.lr_schedule=linear",
    "training.validate_every=2000",
)  # fmt: skip
"""As its authors describe it: 50 points of every task, 10 of them in each of 32 steps."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path)
    parser.add_argument("--only", choices=[*ONE_STEP, "reptile"], action="append", default=[])
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--meta-steps", type=int, default=60_000)
    parser.add_argument("--one-task", action="store_true", help="Reptile with 30,000 steps of one task, as published")
    given = parser.parse_args()
    use_threads()
    chosen = given.only or [*ONE_STEP, "reptile"]
    steps = f"training.meta_steps={given.meta_steps}"
    reptile = given.runs / ("reptile-one-task" if given.one_task else "reptile")
    for name in ONE_STEP:
        for shots in SHOTS if name in chosen else ():
            sizes = (f"training.shots={shots}", f"training.query_size={shots}")
            train(given.runs / f"{name}-{shots}", name, "tasks.frequency=varied", steps, *sizes)
    if "reptile" in chosen:
        sizes = ("training.meta_steps=30000", "training.meta_batch_size=1") if given.one_task else (steps,)
        train(reptile, "reptile", *sizes, *REPTILE)
    print("\n| | trained with | 5 shots | 10 shots | 20 shots |\n|---|---|---|---|---|")
    for name in ONE_STEP:
        for trained in SHOTS if name in chosen else ():
            row([given.runs / f"{name}-{trained}"], f"{name} | {trained} shots", given.tasks, (1,))
    if set(ONE_STEP) <= set(chosen):
        for trained in SHOTS:
            pair = [given.runs / f"{name}-{trained}" for name in ONE_STEP]
            row(pair, f"meta_sgd less maml, in pairs | {trained} shots", given.tasks, (1,))
    for steps_taken in (1, 5, 10, 32) if "reptile" in chosen else ():
        row([reptile], f"reptile, {steps_taken} steps | 50 points", given.tasks, (steps_taken,))


def train(folder: Path, algorithm: str, *assignments: str) -> None:
    """Train a run unless its folder is there already, and say how long it took."""
    if folder.exists():
        return
    experiment = Experiment().with_plugin("tasks", "sinusoids").with_plugin("algorithm", algorithm)
    for assignment in assignments:
        experiment = experiment.with_text(assignment)
    began, worked = time.monotonic(), time.process_time()
    for _ in meta_train(experiment, out=folder):
        pass
    wall, cpu = time.monotonic() - began, time.process_time() - worked
    print(f"- {folder.name}: {wall:.0f} s, of processor {cpu:.0f} s, {torch.get_num_threads()} thread", flush=True)


def row(folders: list[Path], title: str, tasks: int, steps: tuple[int, ...]) -> None:
    """Print the errors of a run after `steps` for every number of shots, or the differences between two runs."""
    runs, cells = [open_run(folder) for folder in folders], []
    for shots in SHOTS:
        request = Request(tasks=tasks, shots=shots, steps=steps)
        held_out = choose_tasks(runs, request)
        scores = [score_run(run, held_out, request) for run in runs]
        if len(scores) == 1:
            found = scores[0].summary(scores[0].losses["curve"], steps[-1])
            lost = scores[0].lost(steps[-1])
            cells.append(f"{found.mean:.3f} ± {found.interval:.3f}" + (f" ({lost} diverged)" if lost else ""))
        else:
            before, after = scores
            sound = ~(before.diverged[-1] | after.diverged[-1])
            change = difference(after.losses["curve"][-1, sound], before.losses["curve"][-1, sound])
            cells.append(f"{change.mean:+.3f} ± {change.interval:.3f}")
    print(f"| {title} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
