"""Healthy and sick runs, and what the watch over a run's health says of them.

    python benchmarks/health.py [--only NAME …]

Every case is an experiment, the settings that make it sick, and how many outer steps it is followed. Where a case names
a remedy, the one of that place among those of the first alarm is taken as it is raised, as a click in the window does.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from metagen_gui.engine.events import Alarm, RunBroken, StepReport
from metagen_gui.engine.experiment import SECTIONS, Experiment
from metagen_gui.engine.health import Health
from metagen_gui.engine.run.commands import Commands
from metagen_gui.engine.run.outer_loop import meta_train

PRESETS = Path(__file__).parents[1] / "resources" / "presets"
FEW = {"tasks.name": "images", "tasks.size": 16, "model.width": 128, "model.context_size": 32}
ONLY_D = {"algorithm.adapts": "discriminator", "model.mmd_weight": 0, "algorithm.inner_lr": 1, "model.penalty": 0}
WARM_UP = {
    "model.network": "mlp",
    "model.width": 64,
    "model.mmd_weight": 0,
    "model.penalty": 0,
    "training.warmup_steps": 20_000,
    "training.validate_every": 100,
    "training.validation_tasks": 8,
    "algorithm.adaptation_steps": 2,
}


@dataclass(frozen=True)
class Case:
    """A run: a preset or the defaults, what is set otherwise, its length, and which remedy is taken."""

    name: str
    steps: int
    preset: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    remedy: int | None = None


CASES = (
    Case("defaults", 2200),
    Case("GAN on densities", 57, "densities-gan"),
    Case("GAN on densities, second order", 259, "densities-gan-maml"),
    Case("sinusoids", 10_200, "sinusoids-maml"),
    Case("VAE on densities, β 0.1", 450, "densities-vae", {"model.beta": 0.1}),
    Case("VAE on densities", 3000, "densities-vae"),
    Case("outer rate 1", 60, "", {"training.outer_lr": 1}),
    Case("outer rate 0.1", 60, "", {"training.outer_lr": 0.1}),
    Case("outer rate 0.3, VAE on densities", 90, "densities-vae", {"training.outer_lr": 0.3}),
    Case("outer rate 1, GAN", 60, "densities-gan-maml", {"training.outer_lr": 1}),
    Case("inner rate 10", 60, "", {"algorithm.inner_lr": 10}),
    Case("inner rate 10, no limit", 60, "densities-vae", {"algorithm.inner_lr": 10, "algorithm.inner_clip": 0}),
    Case("β 100", 660, "", {"model.beta": 100}),
    Case("β 10", 530, "", {"model.beta": 10}),
    Case("β 30, VAE on densities", 300, "densities-vae", {"model.beta": 30}),
    Case("only D learns", 400, "densities-gan", ONLY_D),
    Case("joint GAN on strokes", 3400, "strokes-gan", WARM_UP),
    Case("20 training tasks", 6000, "", {**FEW, "training.meta_batch_size": 8, "training.meta_steps": 6000}),
    Case("cure: β 100", 500, "", {"model.beta": 100}, 0),
    Case("cure: VAE on densities", 350, "densities-vae", {}, 0),
    Case("cure: inner rate 10", 150, "densities-vae", {"algorithm.inner_lr": 10, "algorithm.inner_clip": 0}, 0),
)


def experiment_of(case: Case, folder: Path) -> Experiment:
    """Return the experiment of a case; classes of images are drawn into `folder`."""
    made = Experiment.load(PRESETS / f"{case.preset}.json") if case.preset else Experiment()
    for path, value in case.values.items():
        made = made.with_value(path, value)
    return made.with_value("tasks.path", str(draw_classes(folder))) if made.tasks == "images" else made


def draw_classes(folder: Path) -> Path:
    """Draw 20 characters for training, 14 for validation and 7 for testing, 20 times each, as folders of images."""
    family = Experiment().with_value("tasks.size", 16).with_value("tasks.turned", False).build_tasks()
    for part, stream, count in (("train", "train", 20), ("val", "validation", 14), ("test", "test", 7)):
        index, classes = 0, set[Path]()
        while len(classes) < count:
            task = family.task(stream, index, 10, 10)  # type: ignore[arg-type]
            index += 1
            place = folder / part / task.name.replace("/", "_")
            if place in classes:
                continue
            classes.add(place)
            place.mkdir(parents=True)
            for number, image in enumerate(np.concatenate([task.support, task.query])):
                Image.fromarray((image[0] * 255).astype(np.uint8)).save(place / f"{number}.png")
    return folder


def alarms_of(case: Case, folder: Path) -> Iterator[tuple[int, Alarm]]:
    """Run a case; yield every alarm and the step at which it is told."""
    experiment, commands, remedy = experiment_of(case, folder / "classes"), Commands(), case.remedy
    settings = {f"{section}.{name}": value for section in SECTIONS for name, value in experiment.config(section)}
    tasks, model = (experiment.plugin(section) for section in ("tasks", "model"))
    health = Health(settings, (tasks.remedies, model.remedies), model.signs)
    run = meta_train(experiment, out=folder / "run", commands=commands)
    try:
        for event in run:
            for alarm in health.watch(event):
                yield getattr(event, "meta_step", 0), alarm
                if remedy is not None and not alarm.over:
                    commands.change(alarm.remedies[remedy].path, alarm.remedies[remedy].value)
                    remedy = None
            if isinstance(event, StepReport) and event.meta_step >= case.steps:
                return
    except RunBroken as error:
        print(f"    the run ended: {error}")
    finally:
        run.close()


def main() -> None:
    """Run the cases one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=[], help="names of cases")
    only = parser.parse_args().only
    torch.set_num_threads(1)
    for case in CASES:
        if only and case.name not in only:
            continue
        began = time.monotonic()
        print(f"{case.name}, {case.steps:,} steps")
        with tempfile.TemporaryDirectory() as folder:
            for told, alarm in alarms_of(case, Path(folder)):
                what = "is over" if alarm.over else f"since {alarm.meta_step:,}: {alarm.text}"
                print(f"    {told:>6,}  {alarm.kind} {what}", flush=True)
        print(f"    {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
