"""Generators of 2-D densities at equal training time: MMD² and modes on held-out tasks, paired task by task.

    python benchmarks/generators_of_points.py densities-gan densities-flow --seconds 120 --seeds 3 --out FOLDER

Arguments are presets, or files of experiments, with settings after commas: `densities-flow,model.guidance=1.5`. Each is
trained with every seed for as many outer steps as fit into the seconds of one core's own time (that of other programs
is not counted), its schedule as long as that, then adapts to the first tasks of the test stream as it was trained to.
Everyone meets the same tasks, supports and queries. Prints Markdown: means over tasks and seeds with 95 % intervals,
and differences from the first.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np

from metagen_gui.engine.devices import use_threads
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.held_out.adapted import HeldOut, score_adapted
from metagen_gui.engine.held_out.measures import Eyes
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.statistics import Values, compare

PRESETS = Path(__file__).parents[1] / "resources" / "presets"
MEASURES = ("mmd2", "modes_found", "within_3_sigma", "negative_log_likelihood")
FIRST, TIMED = 12, 30
"""Steps before the clock runs (a recording is being made), and steps that are timed."""


def main() -> None:
    """Train, score, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiments", nargs="+")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tasks", type=int, default=100)
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for what is done; interrupted, it goes on there"
    )
    given = parser.parse_args()
    use_threads(1)
    given.out.mkdir(parents=True, exist_ok=True)
    found: dict[str, dict[int, dict[str, Values]]] = {}
    for text in given.experiments:
        by_seed = [one_run(text, seed, given) for seed in range(given.seeds)]
        found[text] = {
            step: {name: np.stack([one[step][name] for one in by_seed]) for name in by_seed[0][step]}
            for step in by_seed[0]
        }
    print_table(found)


def one_run(text: str, seed: int, given: argparse.Namespace) -> dict[int, dict[str, Values]]:
    """Return the scores of one training, from the folder if they are there."""
    path = given.out / f"{Path(text).name}, {given.seconds:g} s, {given.tasks} tasks, seed {seed}.json"
    if not path.exists():
        learner, told = trained(read(text).with_value("training.seed", seed), given.seconds)
        scores = scored(learner, given.tasks)
        print(f"{text}, seed {seed}: {told}; MMD² {in_words(scores, 'mmd2')}", flush=True)
        path.write_text(json.dumps({step: {n: v.tolist() for n, v in each.items()} for step, each in scores.items()}))
    kept = json.loads(path.read_text())
    return {int(step): {name: np.array(values) for name, values in each.items()} for step, each in kept.items()}


def read(text: str) -> Experiment:
    """Return the experiment that an argument names, with its changes."""
    name, *changes = text.split(",")
    path = Path(name) if name.endswith(".json") else PRESETS / f"{name}.json"
    experiment = Experiment.load(path)
    for change in changes:
        place, _, value = change.partition("=")
        experiment = experiment.with_value(place, value)
    return experiment


def trained(experiment: Experiment, seconds: float) -> tuple[MetaLearner, str]:
    """Return what is learned in `seconds`, and how; the first steps tell how many fit, and count among them."""
    learner, taken = MetaLearner(experiment.with_value("training.meta_steps", 10_000_000)), list[float]()
    for _ in range(FIRST + TIMED):
        taken.append(_timed(learner.step))
    steps = max(FIRST + TIMED, int(seconds / median(taken[FIRST:])))
    learner.training = learner.training.model_copy(update={"meta_steps": steps})
    spent = sum(_timed(learner.step) for _ in range(steps - FIRST - TIMED))
    return learner, f"{steps} steps, the last {steps - FIRST - TIMED} in {spent:.0f} s"


def _timed(do: Callable[[], object]) -> float:
    began = process_time()
    do()
    return process_time() - began


def scored(learner: MetaLearner, tasks: int) -> dict[int, dict[str, Values]]:
    """Return by adaptation step what every test task scores, `(tasks,)` by measure; tasks are those of seed 0."""
    family = learner.experiment.with_value("training.seed", 0).build_tasks()
    training = learner.training
    held_out = HeldOut(family, "test", tasks, training.shots, training.query_size, family.spec.free_samples)
    eyes = Eyes(family, learner.model, "test", training.query_size)
    rows = (0, learner.steps)
    measures = [measure for measure in eyes.measures if measure.name in MEASURES]
    values = score_adapted(learner.algorithm, learner.meta, held_out, eyes, rows, measures=measures).values
    names = [name for name in MEASURES if name in values]
    return {step: {name: values[name][row] for name in names} for row, step in enumerate(rows)}


def in_words(scores: Mapping[int, Mapping[str, Values]], name: str) -> str:
    """Return means over tasks."""
    return ", ".join(f"{values[name].mean():.4f} at step {step}" for step, values in scores.items())


def print_table(found: Mapping[str, Mapping[int, Mapping[str, Values]]]) -> None:
    """Print every experiment's figures at every step, and how its last step compares with the first experiment's."""
    print(f"\n| experiment | step | {' | '.join(MEASURES)} |\n|---|---|{'---|' * len(MEASURES)}")
    for text, by_step in found.items():
        for step, values in by_step.items():
            cells = [_mean(values[name]) if name in values else "" for name in MEASURES]
            print(f"| {text} | {step} | {' | '.join(cells)} |")
    (first, by_step), *others = found.items()
    before = by_step[max(by_step)]
    for text, later in others:
        for name, values in later[max(later)].items():
            if name in before:
                print(f"- {name}, {text} less {first}: {_mean(values - before[name])}")


def _mean(values: Values) -> str:
    told = compare(values)
    return f"{told.mean:.4f} ({told.low:.4f} to {told.high:.4f})"


if __name__ == "__main__":
    main()
