"""How live the window stays: train in it and see how late the ticks of a 10 ms timer come.

    python benchmarks/window.py --seconds 60 [experiment.json]

Prints the time to the first painted window and to the engine being ready, from the start of this process; the time from
Start to the first loss; outer steps per second; and the lateness of the ticks while the engine loads and while it
trains: median, 99th percentile and worst, in milliseconds.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PERIOD = 10
STARTED = time.monotonic()

# before Qt and the program are imported: no screen needed, and nothing of the person's own is touched
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
for folder in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
    os.environ[folder] = tempfile.mkdtemp()


if True:  # these imports are part of what is timed
    import numpy as np
    from PySide6.QtCore import QElapsedTimer, Qt, QTimer
    from PySide6.QtWidgets import QApplication, QToolButton

    from metagen_gui.gui.app import make_application
    from metagen_gui.gui.main_window import MainWindow
    from metagen_gui.gui.run_states import RunState
    from metagen_gui.gui.theme import apply_theme
    from metagen_gui.gui.window_settings import WindowSettings


class Ticks:
    """A precise timer that notes how late each of its ticks comes."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self._clock = QElapsedTimer()
        self._clock.start()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(PERIOD)

    def _tick(self) -> None:
        self.late.append(max(0.0, self._clock.nsecsElapsed() / 1e6 - PERIOD))
        self._clock.restart()

    def report(self, name: str) -> None:
        """Print the lateness since the last report and begin anew."""
        late = np.array(self.late or [0.0])
        quantiles = f"median {np.median(late):.1f}, 99 % {np.percentile(late, 99):.1f}, worst {late.max():.1f}"
        print(f"late ticks while {name}: {quantiles} ms ({len(late)} ticks)", flush=True)
        self.late.clear()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiment", type=Path, nargs="?")
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    app = make_application()
    settings = WindowSettings()
    apply_theme(app, "light")
    window = MainWindow(settings)
    if given.experiment:
        window.files.open(given.experiment)
    window.resize(1600, 950)
    window.show()
    app.processEvents()
    print(f"window painted after {time.monotonic() - STARTED:.2f} s")
    ticks, controller = Ticks(), window.controller
    spin_until(app, lambda: controller.state is RunState.IDLE, 60)
    print(f"engine ready after {time.monotonic() - STARTED:.2f} s")
    ticks.report("loading the engine")
    seen: list[float] = []
    controller.delivered.connect(lambda delivery: seen.append(time.monotonic()) if delivery.validations else None)
    pressed = time.monotonic()
    window.findChild(QToolButton, "start_button").click()
    spin_until(app, lambda: bool(seen), 60)
    print(f"first loss drawn {seen[0] - pressed:.2f} s after Start" if seen else "no loss within a minute")
    ticks.report("starting the run")
    spin_until(app, lambda: False, given.seconds)
    print(window.status.text())
    ticks.report("training")
    window.findChild(QToolButton, "finish_button").click()
    spin_until(app, lambda: not controller.state.busy, 30)
    window.close()


def spin_until(app: QApplication, condition: Callable[[], bool], seconds: float) -> None:
    """Run the event loop as the program does, until the condition holds or time is over."""
    end, check = QTimer(), QTimer()
    end.setSingleShot(True)
    end.timeout.connect(app.quit)
    end.start(int(seconds * 1000))
    check.timeout.connect(lambda: app.quit() if condition() else None)
    check.start(20)
    app.exec()


if __name__ == "__main__":
    main()
