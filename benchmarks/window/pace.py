"""What the window costs, and how live it stays.

    python benchmarks/window/pace.py ticks [EXPERIMENT] --seconds 60
    python benchmarks/window/pace.py redraw
    python benchmarks/window/pace.py throughput [EXPERIMENT] --rounds 8 --seconds 15

`ticks` trains in the window and tells how late the ticks of a 10 ms timer come, while the engine loads and while it
trains. `redraw` adds one step to an outer loss of 10⁴, 10⁵ and 10⁶ steps and draws it, over and over. `throughput`
trains the same experiment without and with the window in turn, each time in a fresh process, and prints medians. None
of them needs a screen or touches anything of the person's own.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PERIOD = 10
WARM_UP = 6.0
"""Seconds of training that are not counted: by then a step is replayed from its recording."""
KINDS = ("headless", "window")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("ticks", "redraw", "throughput", *KINDS))
    parser.add_argument("experiment", type=Path, nargs="?")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--rounds", type=int, default=8)
    given = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        for folder in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
            os.environ[folder] = home
        if given.what == "throughput":
            compare(given.experiment, given.rounds, given.seconds)
        elif given.what == "headless":
            print(json.dumps(train_headless(given.experiment, given.seconds)))
        elif given.what == "window":
            print(json.dumps(train_in_window(given.experiment, given.seconds)))
        elif given.what == "redraw":
            redraw()
        else:
            tell_ticks(given.experiment, given.seconds)


# -- throughput ------------------------------------------------------------------------------------------------------


def compare(experiment: Path | None, rounds: int, seconds: float) -> None:
    """Run both kinds in turn, each first every other time, and print medians and the ratio of each round."""
    seen: dict[str, list[dict[str, float]]] = {kind: [] for kind in KINDS}
    for round_number in range(rounds):
        for kind in KINDS[:: 1 if round_number % 2 else -1]:
            command = [sys.executable, __file__, kind, *([str(experiment)] if experiment else [])]
            ended = subprocess.run([*command, "--seconds", str(seconds)], capture_output=True, text=True, check=False)
            if ended.returncode:
                raise SystemExit(ended.stderr)
            seen[kind].append(json.loads(ended.stdout.splitlines()[-1]))
    print(f"{rounds} rounds of {seconds:.0f} s; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.\n")
    print("| | steps/s | processor ms per step | cores in use |\n|---|---|---|---|")
    for kind, results in seen.items():
        steps, cost, cores = (statistics.median(run[name] for run in results) for name in ("speed", "cost", "cores"))
        print(f"| {kind} | {steps:.1f} | {cost:.2f} | {cores:.2f} |")
    ratios = sorted(w["speed"] / h["speed"] for h, w in zip(seen["headless"], seen["window"], strict=True))
    print(f"\nwindow / headless: median {statistics.median(ratios):.1%} ({ratios[0]:.1%} to {ratios[-1]:.1%})")


class Meter:
    """Counts outer steps, and the processor time they cost, between `begin` and `result`."""

    def begin(self, step: int) -> None:
        self._step, self._wall, self._cpu = step, time.monotonic(), time.process_time()

    def result(self, step: int) -> dict[str, float]:
        """Return steps a second, milliseconds of processor time per step, and how many cores were busy."""
        wall, cpu, steps = time.monotonic() - self._wall, time.process_time() - self._cpu, step - self._step
        return {"speed": steps / wall, "cost": 1000 * cpu / steps, "cores": cpu / wall}


def train_headless(path: Path | None, seconds: float) -> dict[str, float]:
    """Train as `metagen train` does."""
    from metagen_gui.engine.devices import use_threads
    from metagen_gui.engine.events import StepReport
    from metagen_gui.engine.experiment import Experiment
    from metagen_gui.engine.run.outer_loop import meta_train

    use_threads()
    experiment = Experiment.load(path) if path else Experiment()
    meter, begun, last = Meter(), 0.0, 0
    for event in meta_train(experiment):
        if not isinstance(event, StepReport):
            continue
        now, last = time.monotonic(), event.meta_step
        begun = begun or now
        if not hasattr(meter, "_wall"):
            if now - begun > WARM_UP:
                meter.begin(last)
        elif now - meter._wall > seconds:
            return meter.result(last)
    raise SystemExit(f"the run was over after {last} steps: give it more")


def train_in_window(path: Path | None, seconds: float) -> dict[str, float]:
    """Train as a person does who watches."""
    from metagen_gui.gui.run.states import RunState

    window = open_window(path)
    controller = window.controller
    spin_until(lambda: controller.state is RunState.IDLE, 60)
    window.actions_by_name["start"].trigger()
    spin_until(lambda: controller.progress.meta_step > 0, 60)
    spin_until(lambda: False, WARM_UP)
    meter = Meter()
    meter.begin(controller.progress.meta_step)
    spin_until(lambda: not controller.state.busy, seconds)
    if not controller.state.busy:
        raise SystemExit("the run was over: give it more steps")
    result = meter.result(controller.progress.meta_step)
    check_seen(window)
    window.actions_by_name["finish"].trigger()
    spin_until(lambda: not controller.state.busy, 30)
    window.close()
    return result


# -- redrawing -------------------------------------------------------------------------------------------------------


def redraw(times: int = 60) -> None:
    """Print what a new step costs an outer loss plot that is seen: preparing its curves, and painting them."""
    import numpy as np
    from PySide6.QtWidgets import QApplication

    from metagen_gui.engine.events import StepReport
    from metagen_gui.gui.look.theme import apply_theme
    from metagen_gui.gui.plots.loss.outer import OuterLossPlot

    app = QApplication([])
    apply_theme(app, "light")
    print("| steps | prepared, ms | painted, ms | together | worst | processor time |\n|---|---|---|---|---|---|")
    for count in (10**4, 10**5, 10**6):
        plot = OuterLossPlot()
        plot.resize(700, 400)
        plot.show()
        losses = 100 + 10 * np.random.default_rng(0).standard_normal(count + times)
        reports = [StepReport(step + 1, 0.0, {"vae": loss}) for step, loss in enumerate(losses.tolist())]
        plot.add_steps(reports[:count])
        app.processEvents()
        rows = []
        for report in reports[count:]:
            before, cpu = time.perf_counter(), time.process_time()
            plot.add_steps([report])
            prepared = time.perf_counter()
            app.processEvents()
            rows.append((prepared - before, time.perf_counter() - prepared, time.process_time() - cpu))
        prepared, painted, cpu = 1000 * np.array(rows[10:]).T  # the first ones lay out
        both = prepared + painted
        figures = (np.median(prepared), np.median(painted), np.median(both), both.max(), np.median(cpu))
        print(f"| {count:,} | " + " | ".join(f"{figure:.1f}" for figure in figures) + " |", flush=True)
        plot.close()


# -- ticks -----------------------------------------------------------------------------------------------------------


def tell_ticks(path: Path | None, seconds: float) -> None:
    """Train in the window and print how late the ticks of a precise timer come."""
    from metagen_gui.gui.run.states import RunState

    window = open_window(path)
    ticks, controller = Ticks(), window.controller
    spin_until(lambda: controller.state is RunState.IDLE, 60)
    ticks.report("loading the engine")
    seen: list[float] = []
    controller.delivered.connect(lambda delivery: seen.append(time.monotonic()) if delivery.validations else None)
    pressed = time.monotonic()
    window.actions_by_name["start"].trigger()
    spin_until(lambda: bool(seen), 60)
    print(f"first loss drawn {seen[0] - pressed:.2f} s after Start" if seen else "no loss within a minute")
    ticks.report("starting the run")
    spin_until(lambda: False, seconds)
    print(window.status.text())
    check_seen(window)
    ticks.report("training")
    window.actions_by_name["finish"].trigger()
    spin_until(lambda: not controller.state.busy, 30)
    window.close()


class Ticks:
    """A precise timer that notes how late each of its ticks comes, and how much of that no core was free for it."""

    def __init__(self) -> None:
        from PySide6.QtCore import QElapsedTimer, Qt, QTimer

        self.late: list[float] = []
        self.own: list[float] = []
        """The same without the time in which the thread could have gone on and other programs had the cores (Linux)."""
        self.worked: list[float] = []
        """Milliseconds of processor time that the thread has used from tick to tick: no other program changes that."""
        self._queued, self._used = queued(), time.thread_time()
        self._clock = QElapsedTimer()
        self._clock.start()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(PERIOD)

    def _tick(self) -> None:
        late = self._clock.nsecsElapsed() / 1e6 - PERIOD
        before, self._queued = (self._queued, self._used), queued()
        self._used = time.thread_time()
        self.late.append(max(0.0, late))
        self.own.append(max(0.0, late - (self._queued - before[0])))
        self.worked.append(1000 * (self._used - before[1]))
        self._clock.restart()

    def report(self, name: str) -> None:
        """Print the lateness since the last report and begin anew."""
        late = sorted(self.late or [0.0])
        middle, most = late[len(late) // 2], late[min(len(late) - 1, int(0.99 * len(late)))]
        quantiles = f"median {middle:.1f}, 99 % {most:.1f}, worst {late[-1]:.1f}"
        print(f"late ticks while {name}: {quantiles} ms ({len(late)} ticks)", flush=True)
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        for figures in (self.late, self.own, self.worked):
            figures.clear()


def queued() -> float:
    """Return how many milliseconds the calling thread has waited for a core, where the system tells it."""
    try:
        return int(Path(f"/proc/self/task/{threading.get_native_id()}/schedstat").read_text().split()[1]) / 1e6
    except OSError:
        return 0.0


# -- the window ------------------------------------------------------------------------------------------------------


def open_window(path: Path | None) -> Any:
    """Return the window, painted, with the experiment in it."""
    from metagen_gui.gui.look.theme import apply_theme
    from metagen_gui.gui.program.window_settings import WindowSettings
    from metagen_gui.gui.window.app import make_application
    from metagen_gui.gui.window.main_window import MainWindow

    app = make_application(WindowSettings())
    apply_theme(app, "light")
    window = MainWindow(WindowSettings())
    if path:
        window.files.open(path)
    window.resize(1600, 950)
    window.layouts.wide()  # a screen that is none is small, and a small one would get the plots behind each other
    window.show()
    app.processEvents()
    return window


def check_seen(window: Any) -> None:
    """Fail if the plots were hidden, and nothing measured."""
    if not all(window.panels.by_dock[name].isVisible() for name in ("outer_loss", "inner_loss", "samples")):
        raise SystemExit("the panels could not be seen")


def spin_until(condition: Callable[[], bool], seconds: float) -> None:
    """Run an event loop until the condition holds or time is over. Not the application's: to quit it closes windows."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop, end, check = QEventLoop(), QTimer(), QTimer()
    end.setSingleShot(True)
    end.timeout.connect(loop.quit)
    end.start(int(seconds * 1000))
    check.timeout.connect(lambda: loop.quit() if condition() else None)
    check.start(200)
    loop.exec()


if __name__ == "__main__":
    main()
