"""How soon the playground answers, and how live the window stays meanwhile.

    python benchmarks/window/playground.py [--strokes 40] [--seconds 0] [--model characters]

Strokes are drawn by events of the mouse into one of five examples of a held-out character, one every half a second, so
that the arm beside the model adapts, too. Told are the milliseconds from the lifted pen to painted samples, and of the
ticks of a 10 ms timer how late they come, how late without the time in which other programs had all cores, and how much
processor time the window's thread has used between two of them: idle, and while the window trains the default
experiment, there for so many seconds at least. The model is the default VAE (28 × 28, 3 steps; its weights do not
matter for that), or one of those that come along. No screen is needed.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pace import Ticks, open_window

APART = 0.5
WARM = 30
"""Outer steps before strokes are measured beside a training run: by then it is replayed from its recording."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--strokes", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=0.0, help="how long to draw while training, at least")
    parser.add_argument("--model", default="", help="one that comes along; by default a VAE with the defaults")
    given = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        for folder in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
            os.environ[folder] = home
        measure(given.model, given.strokes, given.seconds)


def measure(model: str, strokes: int, seconds: float) -> None:
    """Open the window and print a table of both situations."""
    from metagen_gui.gui.run.states import RunState

    window = open_window(None)
    controller, ticks = window.controller, Ticks()
    pause(60, lambda: controller.state is RunState.IDLE)
    window.layouts.bring("playground")
    tool = window.tools.by_name["playground"]
    pause(60, lambda: tool.page is not None and tool.page.ready is not None)
    page = tool.page
    folder = next(each.folder for each in page.source_picker.sources if each.folder.name == (model or "characters"))
    if not model:
        folder = default_run(controller.engine.runs_folder() / "vae")
    tool._list()
    page.open(folder)
    pause(60, lambda: page.ready.folder == folder)
    page.held_out.box.setValue(3)
    pause(60, lambda: page.hand.support() is not None and len(page.hand.support()) == 5)
    pause(60, lambda: page.wall.arms["scratch"].shown is not None)
    spec, load = page.ready.spec, os.getloadavg()[0]
    print(f"{model or 'default VAE'}: {spec}, {len(page.hand.support())} examples, {page.steps.count.value()} steps, ")
    print(f"{strokes} strokes each; load {load:.1f} on {os.cpu_count()} cores when it began\n")
    print("| | median, ms | 95 % | worst | late ticks: 99 % | worst | by itself: 99 % | worst | used: 99 % | worst |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    report("idle", draw(page, strokes, ticks), ticks)
    window.actions_by_name["start"].trigger()
    pause(120, lambda: controller.progress.meta_step > WARM)
    began, step = time.monotonic(), controller.progress.meta_step
    waits = draw(page, strokes, ticks)
    while time.monotonic() - began < seconds:
        waits += draw(page, strokes, ticks, anew=False)
    assert page.ready.folder == folder, "another model was measured"
    speed = (controller.progress.meta_step - step) / (time.monotonic() - began)
    report(f"while training ({speed:.1f} steps/s)", waits, ticks)
    window.actions_by_name["finish"].trigger()
    pause(30, lambda: not controller.state.busy)
    window.wait()
    window.close()


def default_run(folder: Path) -> Path:
    """Return a run of the default experiment, as long as it is one."""
    from metagen_gui.engine.experiment import Experiment
    from metagen_gui.engine.run.outer_loop import meta_train

    experiment = Experiment().with_value("training.meta_steps", 1).with_value("training.validation_tasks", 1)
    for _ in meta_train(experiment.with_value("training.device", "cpu"), out=folder, previews=False):
        pass
    return folder


def draw(page: Any, strokes: int, ticks: Ticks, *, anew: bool = True) -> list[float]:
    """Draw and return the waits in milliseconds; ticks are counted `anew` or on."""
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    pad, arm, waits = page.hand.pad, page.wall.arms["learned"], list[float]()
    if anew:
        ticks.clear()
    for number in range(strokes):
        side = min(pad.width(), pad.height())
        at = [QPoint(int(side * (0.3 + 0.02 * step)), int(side * (0.3 + 0.01 * number))) for step in range(12)]
        QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=at[0])
        for place in at[1:]:
            QTest.mouseMove(pad, place)
            pause(0.015)
        lifted = time.perf_counter()
        QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=at[-1])
        asked = page._stamp
        while arm.shown is None or arm.shown.stamp < asked:
            pause(0.001)
        arm.repaint()
        waits.append(1000 * (time.perf_counter() - lifted))
        pause(APART)
    return waits


def pause(seconds: float, until: Callable[[], bool] = lambda: False) -> None:
    """Let the window live for so long, or until something holds. A tick wakes it; no timers are left as garbage."""
    from PySide6.QtCore import QCoreApplication, QEventLoop

    end = time.perf_counter() + seconds
    while time.perf_counter() < end and not until():
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def report(name: str, waits: list[float], ticks: Ticks) -> None:
    """Print one row."""

    def at(values: list[float], share: float) -> float:
        return sorted(values)[min(len(values) - 1, int(share * len(values)))]

    figures = [at(waits, share) for share in (0.5, 0.95, 1.0)]
    figures += [at(each, share) for each in (ticks.late, ticks.own, ticks.worked) for share in (0.99, 1.0)]
    print(f"| {name} | " + " | ".join(f"{figure:.0f}" for figure in figures) + " |", flush=True)


if __name__ == "__main__":
    main()
