"""How good the judge of images is, how long it takes to learn, and what landmarks score by it.

    python benchmarks/judge.py [--images PATH] [--pixels grey|binary] [--tasks 100]

Without PATH on drawn characters. A judge that was made before is taken from the cache; then no time is told.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from metagen_gui.engine.claims.verdicts import number
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.held_out.adapted import HeldOut
from metagen_gui.engine.held_out.landmarks import score_landmarks
from metagen_gui.engine.held_out.measures import Eyes
from metagen_gui.engine.metrics.encoder import ImageEncoder
from metagen_gui.engine.metrics.encoder_training import EncoderSettings, Episodes, measure
from metagen_gui.engine.metrics.landmarks import landmark_title
from metagen_gui.engine.statistics import half_width


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", default="")
    parser.add_argument("--pixels", default="grey")
    parser.add_argument("--tasks", type=int, default=100)
    given = parser.parse_args()
    torch.set_num_threads(1)
    experiment = Experiment("images" if given.images else "strokes", "vae", "maml")
    experiment = experiment.with_value("tasks.pixels", given.pixels)
    if given.images:
        experiment = experiment.with_value("tasks.path", given.images)
    family = experiment.build_tasks()
    eyes = Eyes(family, experiment.build_model(family), "test", 10)
    began = time.process_time()
    encoder: Any = eyes.encode
    assert isinstance(encoder, ImageEncoder)
    print(f"{encoder.judged.sentence} {time.process_time() - began:.0f} s of one core.\n")
    for shots in (1, 5, 10):
        episodes = Episodes(family, replace(EncoderSettings(), shots=shots))
        accuracy, error, ways, _ = measure(encoder.raw, episodes, 100).tolist()
        print(f"{shots} examples of a class, {ways:.0f} ways: {accuracy:.3f} ± {error:.3f}")
    tasks = HeldOut(family, "test", given.tasks, 5, 10, 20)
    found = score_landmarks(tasks, eyes)
    measures = [one for one in eyes.measures if one.metric is not None]
    print(f"\n| {given.tasks} tasks, 5 shots, 20 samples | {' | '.join(one.title for one in measures)} |")
    print(f"|---|{'---|' * len(measures)}")
    for name, one in found.items():
        rows = [one.values[measure.name][0] for measure in measures]
        cells = [f"{number(float(np.mean(row)))} ± {number(half_width(row, tasks.batch.groups))}" for row in rows]
        print(f"| {landmark_title(name)} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
