"""Starts the program: application, look, window; the engine comes behind the painted window."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from PySide6.QtCore import QLocale, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from metagen_gui.engine.resources import resources_folder
from metagen_gui.engine.store.names import LESSON
from metagen_gui.gui.program.crash_log import CrashLog
from metagen_gui.gui.program.fault_dialog import FaultHandler, log_file
from metagen_gui.gui.program.garbage import Garbage
from metagen_gui.gui.program.language import speak_in_window
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.window.look_commands import apply_remembered_look
from metagen_gui.gui.window.main_window import MainWindow

TURN = 0.0005
"""Seconds after which a thread that waits for Python gets it. A picture is painted by dozens of calls into Qt, each of
which may have to wait for a thread that computes: by Python's own 5 ms that made a tenth of a second. Of training it
takes nothing that could be measured (`benchmarks/results/window.md`)."""


def run(experiment: Path | None = None) -> int:
    """Open the window and stay until it is closed; return the exit status."""
    settings = WindowSettings()
    app = make_application(settings)
    apply_remembered_look(app, settings)
    faults = FaultHandler(app)
    faults.install()
    crashes = CrashLog(log_file().parent)
    crashes.begin()
    window = MainWindow(settings)
    window.loader.loaded.connect(window.tour.offer)
    if experiment and experiment.suffix == LESSON:
        window.lessons.first = experiment
        window.loader.loaded.connect(window.lessons.open_first)
    elif experiment:
        window.files.open(experiment)
    window.show()
    if last_words := crashes.earlier():
        faults.show_crash(last_words)
    heartbeat = _listen_for_interrupts(window)
    status = app.exec()
    heartbeat.stop()
    window.wait()
    crashes.end()
    return status


def make_application(settings: WindowSettings) -> QApplication:
    """Return the application with its names, icon and language."""
    sys.setswitchinterval(TURN)
    app = QApplication(sys.argv[:1])
    Garbage(app)
    app.setApplicationName("metagen")
    app.setApplicationDisplayName("MetaGen")
    app.setDesktopFileName("metagen")
    icons = resources_folder() / "icons"
    for name in ("metagen.svg", "metagen.png"):
        if (icons / name).is_file():
            app.setWindowIcon(QIcon(str(icons / name)))
            break
    speak_in_window(app, settings)
    # Numbers are written with a dot, as in every file of ours.
    QLocale.setDefault(QLocale.c())
    return app


def _listen_for_interrupts(window: MainWindow) -> QTimer:
    """Let Ctrl+C in the terminal close the window; Python sees signals only while it runs, hence the timer."""
    signal.signal(signal.SIGINT, lambda *_: window.quit_quietly())
    heartbeat = QTimer(window)
    heartbeat.timeout.connect(_nothing)
    heartbeat.start(250)
    return heartbeat


def _nothing() -> None:
    """Give Python's signal handlers a moment."""
