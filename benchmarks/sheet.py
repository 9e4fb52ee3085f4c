"""A sheet to be looked at: what trained runs generate before and after adapting to held-out tasks.

    python benchmarks/sheet.py RUN [RUN…] --out samples.png [--steps 9] [--set model.guidance=1.4 …]

One block per run, one row per task of the stream `test`: what it adapts to, samples at step 0, samples from the same
latents after as many steps as in training (or as are asked for), and other examples of the task, which it never saw.
The first tasks of different names are shown, as they come: none is chosen.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from metagen_gui.engine.tasks.base import Task
from metagen_gui.engine.trained.trained_run import TrainedRun, open_run

COLUMNS = ("Support", "Step 0", "Step {steps}", "Query")
PER_CELL, SIDE, GAP, HEAD = 5, 140, 14, 26
"""Images of a cell, points of a cell, its side for points, and pixels between and above cells."""
PAPER, LINE, INK = 255, 215, 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--rows", type=int, default=6, help="tasks per run")
    parser.add_argument("--steps", type=int, help="adaptation steps; by default as many as in training")
    parser.add_argument("--set", dest="values", action="append", default=[], help="a setting of sampling, PATH=VALUE")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    values = dict(each.split("=", 1) for each in given.values)
    blocks = [block(open_run(path).changed(values), given.rows, given.steps) for path in given.runs]
    width = max(one.width for one in blocks)
    sheet = Image.new("L", (width, sum(one.height for one in blocks) + GAP * (len(blocks) - 1)), PAPER)
    top = 0
    for one in blocks:
        sheet.paste(one, (0, top))
        top += one.height + GAP
    sheet.save(given.out, optimize=True)
    print(f"{given.out}: {sheet.width} × {sheet.height}")


def block(run: TrainedRun, rows: int, steps: int | None) -> Image.Image:
    """Return a picture of one run: a heading per column, and a row per task."""
    steps = run.model.algorithm.steps if steps is None else steps
    cells = [[cell(part) for part in parts(run, task, steps)] for task in first_tasks(run, rows)]
    high, wide = cells[0][0].shape
    picture = Image.new("L", (4 * (wide + GAP) - GAP, HEAD + len(cells) * (high + 4)), PAPER)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(15)
    for column, title in enumerate(COLUMNS):
        draw.text((column * (wide + GAP), 2), title.format(steps=steps), fill=INK, font=font)
        for row, drawn in enumerate(cells):
            picture.paste(Image.fromarray(drawn[column]), (column * (wide + GAP), HEAD + row * (high + 4)))
    return picture


def first_tasks(run: TrainedRun, count: int) -> list[Task]:
    """Return the first tasks of the test stream that have different names."""
    training, found, index = run.experiment.config("training"), dict[str, Task](), 0
    while len(found) < count and index < 100 * count:
        task = run.family.task("test", index, training.shots, training.query_size)
        found.setdefault(task.name, task)
        index += 1
    return [*found.values()]


def parts(run: TrainedRun, task: Task, steps: int) -> tuple[npt.NDArray[np.float32], ...]:
    """Return support, samples before, samples after, and query."""
    count = run.family.spec.free_samples or PER_CELL
    before, after = run.model.sample(count), run.model.adapt(task.support, steps).sample(count)
    return task.support, before.numpy(), after.numpy(), task.query


def cell(examples: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Return examples as pixels: `(n, channels, height, width)` in a row, `(n, 2)` as a cloud."""
    if examples.ndim == 2:
        return cloud(examples)
    ink = 255 - (examples[:PER_CELL].mean(1).clip(0, 1) * 255).round().astype(np.uint8)
    padded = np.pad(ink.repeat(2, 1).repeat(2, 2), ((0, 0), (1, 1), (1, 1)), constant_values=LINE)
    return np.concatenate([*padded], axis=1)


def cloud(points: npt.NDArray[np.float32], reach: float = 3.0) -> npt.NDArray[np.uint8]:
    """Return points as dots of two pixels within ±`reach`."""
    drawn = np.full((SIDE, SIDE), PAPER, np.uint8)
    places = ((points[np.abs(points).max(1) < reach] / reach + 1) / 2 * (SIDE - 1)).astype(int)
    for right, up in ((0, 0), (1, 0), (0, 1), (1, 1)):
        drawn[SIDE - 2 - places[:, 1] + up, places[:, 0] + right] = INK
    return np.pad(drawn, 1, constant_values=LINE)


if __name__ == "__main__":
    main()
