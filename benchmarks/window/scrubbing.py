"""How many pictures a second the scrubber shows, and what memory it and saved animations take.

    python benchmarks/window/scrubbing.py [--scale 2] [--kind images|points|curves] [--snapshots 20] [--seconds 5]
    python benchmarks/window/scrubbing.py --memory
    python benchmarks/window/scrubbing.py --animations

The first writes snapshots into a folder (6 tasks × 6 images of 28 × 28, or 6 clouds of 256 points, or 6 curves), opens
them in the adaptation view, waits until they are read, and moves the pointer over every cell of the map, each time
until the window has drawn what it shows. The second does so over 400 snapshots of 3 × 64 × 64 pixels, more than is
held. The third saves 120 frames in every format that can be written. None needs a screen.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", default="1")
    parser.add_argument("--kind", choices=("images", "points", "curves"), default="images")
    parser.add_argument("--snapshots", type=int, default=20)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--animations", action="store_true")
    given = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QT_SCALE_FACTOR"] = given.scale
    from PySide6.QtWidgets import QApplication

    app = QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        if given.animations:
            save_all(app, Path(folder))
        elif given.memory:
            walk_over(app, Path(folder), "images", 400, given.steps, given.seconds, shape=(3, 64, 64))
        else:
            walk_over(app, Path(folder), given.kind, given.snapshots, given.steps, given.seconds)


def walk_over(
    app: Any, folder: Path, kind: str, snapshots: int, steps: int, seconds: float, shape: tuple[int, ...] = (1, 28, 28)
) -> None:
    """Print how fast pictures follow the pointer over the map, and how much memory that took."""
    from metagen_gui.engine.store.snapshots import write_snapshot
    from metagen_gui.gui.samples.view import SampleView

    (folder / "samples").mkdir()
    for place in range(snapshots):
        write_snapshot(folder, made(kind, place, steps + 1, shape))
    before = resident()
    view = SampleView()
    view.resize(640, 560)
    view.show()
    view.reset(snapshots, folder)
    view.add_snapshot(made(kind, snapshots - 1, steps + 1, shape))
    view.scrub_button.click()
    begin = time.perf_counter()
    wait(app, lambda: len(view._store.steps) == snapshots)
    wait(app, lambda: view._reader._job is None and not view._reader._ahead)
    print(f"{snapshots} snapshots × {steps + 1} steps of {kind}: read in {time.perf_counter() - begin:.2f} s")
    print(f"held {len(view._store)}, {(resident() - before) / 2**20:.0f} MB more than before")
    cells = [(place, row) for row in range(steps + 1) for place in range(snapshots)]
    times: list[float] = []
    used, end = time.process_time(), time.perf_counter() + seconds
    while time.perf_counter() < end:
        for cell in cells:
            at = time.perf_counter()
            view.scrubber.map.looked.emit(*cell)
            wait(app, lambda cell=cell: shows(view, cell))
            app.processEvents()  # what has changed is drawn
            times.append(time.perf_counter() - at)
    used = 1000 * (time.process_time() - used) / len(times)
    milliseconds = sorted(1000 * each for each in times)
    ninety_fifth = milliseconds[int(0.95 * len(milliseconds))]
    print(f"{1000 / statistics.mean(milliseconds):.0f} pictures a second over {len(times)}", end=": ")
    print(f"median {statistics.median(milliseconds):.1f} ms, 95 % {ninety_fifth:.1f}, worst {milliseconds[-1]:.1f}")
    print(f"{used:.1f} ms of the processor for each")
    print(f"afterwards {(resident() - before) / 2**20:.0f} MB more, at most {peak(before):.0f} MB more")


def save_all(app: Any, folder: Path) -> None:
    """Print how long 120 frames take in every format, how large the file is, and how much memory it took."""
    from PySide6.QtWidgets import QWidget

    from metagen_gui.engine.animations.write import FORMATS
    from metagen_gui.gui.animations.dialog import AnimationDialog
    from metagen_gui.gui.samples.cell_picture import Options
    from metagen_gui.gui.samples.motions import through_the_run

    first = made("images", 0, 6, (1, 28, 28))
    motion = through_the_run(first, range(120), lambda at: made("images", at, 6, (1, 28, 28)), 3, Options())
    window = QWidget()  # whose dialogs go with it, and not where a thread sweeps up
    for ending, kind in FORMATS.items():
        if kind.missing:
            print(f"{kind.title}: {kind.missing}")
            continue
        dialog = AnimationDialog([motion], window)
        dialog.format_picker.setCurrentIndex(dialog.format_picker.findData(ending))
        before, begin, path = resident(), time.perf_counter(), folder / f"film{ending}"
        dialog.save_to(path)
        most = before
        while dialog.writing:
            app.processEvents()
            time.sleep(0.005)
            most = max(most, resident())
        width, height = dialog.film.size
        told = f"{kind.title}, 120 frames of {width} × {height}: {time.perf_counter() - begin:.1f} s"
        print(f"{told}, {path.stat().st_size / 1e6:.1f} MB, {(most - before) / 2**20:.0f} MB of memory")


def made(kind: str, place: int, steps: int, shape: tuple[int, ...]) -> Any:
    """Return a snapshot whose samples differ from step to step and from snapshot to snapshot."""
    from metagen_gui.engine.events import Snapshot

    random, given = np.random.default_rng([1, place]), np.random.default_rng(0)
    names, numbers = tuple(f"task {task}" for task in range(6)), tuple(range(steps))
    if kind == "images":

        def ink(source: np.random.Generator, *lead: int) -> np.ndarray:
            return np.where(source.random((*lead, *shape)) < 0.1, source.integers(0, 256, (*lead, *shape)), 0).astype(
                np.uint8
            )

        return Snapshot(place, names, numbers, ink(given, 6, 5), ink(given, 6, 6), ink(random, 6, steps, 6))
    points = {"support": given.normal(size=(6, 20, 2)), "query": given.normal(size=(6, 20, 2))}
    points = {name: values.astype(np.float32) for name, values in points.items()}
    if kind == "points":
        samples = random.normal(size=(6, steps, 256, 2)).astype(np.float32)
        density = given.random((6, 48, 48)).astype(np.float32)
        return Snapshot(place, names, numbers, samples=samples, density=density, extent=(-4, -4, 4, 4), **points)
    x = np.linspace(-4, 4, 161, dtype=np.float32)
    curves = np.cumsum(random.normal(size=(6, steps, 161)), axis=-1).astype(np.float32) / 12
    samples = np.zeros((6, steps, 6, 2), np.float32)
    extent = (-4.0, -4.0, 4.0, 4.0)
    truth = np.sin(x)[None].repeat(6, 0)
    return Snapshot(
        place, names, numbers, samples=samples, extent=extent, curve_x=x, curves=curves, truth=truth, **points
    )


def shows(view: Any, cell: tuple[int, int]) -> bool:
    """Whether the view shows the snapshot and the step of a cell of the map."""
    return view.shown.meta_step == cell[0] and view.grid.only == cell[1]


def wait(app: Any, until: Callable[[], bool]) -> None:
    """Let the window go on until something is so."""
    while not until():
        app.processEvents()
        if not until():
            time.sleep(0.0005)  # threads that read want the interpreter, too


def resident() -> int:
    """Return the bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def peak(before: int) -> float:
    """Return how many megabytes more than `before` this process has ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before / 2**20


if __name__ == "__main__":
    main()
