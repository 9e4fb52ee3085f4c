"""Samples of trained runs of images, measured on held-out classes at chosen adaptation steps.

    python benchmarks/generators.py RUN [RUN…] [--stream validation] [--tasks 100] [--steps 0,3,9] [--set PATH=VALUE …]

Settings of sampling are chosen on the stream `validation` and reported on `test`, once. Every run meets the same tasks,
supports and latents. Prints Markdown: means over tasks with 95 % intervals over what was held out together (alphabets).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from metagen_gui.engine.devices import use_threads
from metagen_gui.engine.held_out.adapted import HeldOut, score_adapted
from metagen_gui.engine.held_out.measures import Eyes
from metagen_gui.engine.held_out.summaries import summarize
from metagen_gui.engine.tasks.base import Stream
from metagen_gui.engine.trained.trained_run import TrainedRun, open_run


def main() -> None:
    """Score, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--stream", choices=("validation", "test"), default="validation")
    parser.add_argument("--tasks", type=int, default=100)
    parser.add_argument("--samples", type=int, default=10, help="per task")
    parser.add_argument(
        "--steps", default="", help="adaptation steps, such as 0,3,9; by default 0 and those of training"
    )
    parser.add_argument("--set", dest="values", action="append", default=[], help="a setting of sampling, PATH=VALUE")
    given = parser.parse_args()
    use_threads(1)
    values = dict(each.split("=", 1) for each in given.values)
    for path in given.runs:
        run = open_run(path).changed(values)
        steps = [int(step) for step in given.steps.split(",") if step] or [0, run.model.algorithm.steps]
        print(f"\n{', '.join([f'{path.name} after {run.meta_step:,} outer steps', given.stream, *given.values])}")
        table(run, given.stream, given.tasks, given.samples, sorted({0, *steps}))


def table(run: TrainedRun, stream: Stream, tasks: int, samples: int, steps: Sequence[int]) -> None:
    """Print a row per measure and a column per step."""
    training, algorithm = run.experiment.config("training"), run.model.algorithm
    held_out = HeldOut(run.family, stream, tasks, training.shots, training.query_size, samples)
    eyes = Eyes(run.family, algorithm.model, stream, training.query_size)
    values = score_adapted(algorithm, run.model.weights, held_out, eyes, steps).values
    print(f"\n| | {' | '.join(f'step {step}' for step in steps)} |\n|---|{'---|' * len(steps)}")
    for measure in eyes.measures:
        found = [summarize(row, held_out.batch.groups) for row in values[measure.name]]
        told = " | ".join(f"{one.mean:.3f} ± {one.interval:.3f}" for one in found)
        print(f"| {measure.title} | {told} |")


if __name__ == "__main__":
    main()
