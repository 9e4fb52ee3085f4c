"""Presets from Start on: what a newcomer sees of each after some seconds of one core.

    python benchmarks/presets.py [PRESET…] [--seconds 60,180] [--out FOLDER]
    python benchmarks/presets.py [PRESET…] --steps 100

Without names, all of them. Each is trained as the window would do it, samples and validation included, and told of by
the score that tells most of its model, before and after adaptation to held-out tasks. The clock is the processor's own,
from where tasks are built: the time of other programs is not counted. With --steps every preset takes so many outer
steps instead, for comparing two versions: seconds a step, and the last training losses to their last digits.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from metagen_gui.engine.devices import use_threads
from metagen_gui.engine.events import StepReport, ValidationReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.models.base import models
from metagen_gui.engine.run.outer_loop import meta_train

PRESETS = Path(__file__).parents[1] / "resources" / "presets"


def main() -> None:
    """Train, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("presets", nargs="*")
    parser.add_argument("--seconds", default="60,180", help="when to look, such as 60,180")
    parser.add_argument("--steps", type=int, default=0, help="outer steps of every preset, in place of seconds")
    parser.add_argument("--out", type=Path, help="folder for the runs; without it they are not kept")
    given = parser.parse_args()
    use_threads(1)
    marks = [float(each) for each in given.seconds.split(",")]
    files = [PRESETS / f"{name}.json" for name in given.presets] or sorted(PRESETS.glob("*.json"))
    print("| preset | seconds | outer steps | score | before adaptation | after |\n|---|---|---|---|---|---|")
    for file in files:
        with TemporaryDirectory() as spare:
            out = (given.out or Path(spare)) / file.stem
            rows = steps_of(file, given.steps, out) if given.steps else looks_at(file, marks, out)
            for row in rows:
                print(f"| {' | '.join([file.stem, *row])} |", flush=True)


def looks_at(file: Path, marks: list[float], out: Path) -> Iterator[tuple[str, ...]]:
    """Yield a row for every one of `marks`, in seconds: the last validation until then."""
    experiment, began, waiting = Experiment.load(file), process_time(), list(marks)
    run, step, seen = meta_train(experiment, out=out), 0, None
    for event in run:
        if isinstance(event, StepReport):
            step = event.meta_step
        if isinstance(event, ValidationReport):
            seen = event
        while waiting and process_time() - began > waiting[0]:
            yield (f"{waiting.pop(0):g}", f"{step:,}", *(told(experiment, seen) if seen else ("", "", "")))
        if not waiting:
            run.close()
            return
    if seen:
        yield (f"{process_time() - began:.0f}, done", f"{step:,}", *told(experiment, seen))


def steps_of(file: Path, steps: int, out: Path) -> Iterator[tuple[str, ...]]:
    """Yield one row: seconds a step over the second half of so many `steps`, and the last training losses."""
    run, half, last = meta_train(Experiment.load(file), out=out, previews=False), 0.0, None
    for event in run:
        if isinstance(event, StepReport):
            last = event
            if event.meta_step == steps // 2:
                half = process_time()
            if event.meta_step == steps:
                break
    took = (process_time() - half) / (steps - steps // 2)
    run.close()
    losses = ", ".join(f"{player} {loss!r}" for player, loss in last.query_loss.items()) if last else ""
    yield (f"{took:.4f} a step", f"{steps:,}", "training loss", "", losses)


def told(experiment: Experiment, report: ValidationReport) -> tuple[str, str, str]:
    """Return the name of the score that tells most of a model, and its values before and after adaptation."""
    model = models.get(experiment.model)
    name = "negative_elbo" if "negative_elbo/0" in report.details else model.score_name
    if f"{name}/0" in report.details:
        last = max(int(key.rpartition("/")[2]) for key in report.details if key.startswith(f"{name}/"))
        return name, f"{report.details[f'{name}/0']:.4g}", f"{report.details[f'{name}/{last}']:.4g}"
    losses = report.query_loss[model.players[0]]
    return f"loss of {model.players[0]}", f"{losses[0]:.4g}", f"{losses[-1]:.4g}"


if __name__ == "__main__":
    main()
