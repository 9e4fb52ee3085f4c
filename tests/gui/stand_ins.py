"""A run that costs nothing: an engine whose `meta_train` yields what a test wants."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from metagen_gui.engine.events import (
    Event,
    RatesReport,
    RunFinished,
    RunStarted,
    Saved,
    SettingChanged,
    Snapshot,
    StepReport,
    ValidationReport,
)
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.exports.offers import Offer
from metagen_gui.engine.run.commands import Commands
from metagen_gui.engine.run.outer_loop import Origin
from metagen_gui.engine.store import library as run_library
from metagen_gui.gui.program.engine import Engine
from metagen_gui.gui.program.job import Job
from metagen_gui.gui.run.progress import RunProgress
from metagen_gui.gui.window.main_window import MainWindow


def step(number: int, loss: float = 1.0, **more: Any) -> StepReport:
    return StepReport(number, number * 0.01, {"model": loss}, **more)


def validation(number: int) -> ValidationReport:
    losses = {"model": np.array([0.52, 0.4, 0.31])}
    return ValidationReport(number, number * 0.01, losses, losses, tasks=4)


def progress_at(number: int) -> RunProgress:
    """A run of 2,000 steps that has come to step `number` at 8.3 steps a second."""
    now = [0.0]
    progress = RunProgress(lambda: now[0])
    progress.started = RunStarted(Path("/runs/one"), ("model",), 5, 2000, "cpu", 10)
    for meta_step in (number - 10, number):
        now[0] += 10 / 8.3
        progress.add_steps([step(meta_step)])
    return progress


def snapshot(number: int) -> Snapshot:
    rng = np.random.default_rng(number)

    def images(*lead: int) -> np.ndarray:
        return rng.integers(0, 255, (*lead, 1, 28, 28)).astype(np.uint8)

    return Snapshot(number, ("a", "b"), (0, 1, 2), images(2, 5), images(2, 5), images(2, 3, 4))


class FakeTraining:
    """Stands in for `meta_train`; counts what happened to it."""

    def __init__(self, folder: Path, steps: int = 1000, pause: float = 0.001) -> None:
        self.folder, self.steps, self.pause = folder, steps, pause
        self.begun = 0
        self.closed = 0
        self.threads: set[int] = set()
        self.experiments: list[Experiment] = []
        self.changes: list[tuple[str, object]] = []
        self.before_step: Callable[[int], None] = lambda number: None
        self.at_close: Callable[[], None] = lambda: None
        self.rates: RatesReport | None = None
        self.diverged = 0
        self.parents: list[Origin] = []
        self.resumed: list[Path] = []
        self.resumed_from = 0

    def __call__(
        self, experiment: Experiment, *, commands: Commands, parent: Origin | None = None, **_: Any
    ) -> Generator[Event, None, None]:
        self.experiments.append(experiment)
        self.parents += [parent] if parent else []
        folder = self.folder / f"run-{self.begun + 1}"
        (folder / "checkpoints").mkdir(parents=True)
        return self._events(folder, commands, 0)

    def resume(self, folder: Path, *, commands: Commands, **_: Any) -> Generator[Event, None, None]:
        self.resumed.append(folder)
        return self._events(folder, commands, self.resumed_from)

    def _events(self, folder: Path, commands: Commands, first: int) -> Generator[Event, None, None]:
        self.begun += 1
        self.threads.add(threading.get_ident())
        try:
            yield RunStarted(folder, ("model",), 2, self.steps, "cpu", 1000, resumed_from=first)
            yield validation(first)
            if self.rates:
                yield replace(self.rates, meta_step=first)
            yield snapshot(first)
            for number in range(first + 1, self.steps + 1):
                if commands.finishing:
                    yield validation(number - 1)
                    yield snapshot(number - 1)
                    return
                self.before_step(number)
                time.sleep(self.pause)
                yield step(number, 1 / number, diverged=self.diverged)
                if number % 50 == 0:
                    yield validation(number)
                    if self.rates:
                        yield replace(self.rates, meta_step=number)
                    yield snapshot(number)
                for command in commands.take():
                    if command.what == "save":
                        yield Saved(number, folder / "checkpoints")
                    elif command.what == "sample":
                        yield snapshot(number)
                    else:
                        self.changes.append((command.path, command.value))
                        yield SettingChanged(number, command.path, command.value)
            yield RunFinished(self.steps, 1.0, folder)
        finally:
            self.closed += 1
            self.at_close()


INITIALIZATION = Offer(
    "initialization",
    "Initialization",
    "All of it.",
    frozenset({"initialization"}),
    takes_steps=False,
    of_run=False,
    ending="",
)
ADAPTED = replace(INITIALIZATION, name="adapted", title="Adapted model", takes=frozenset({"adapted"}))
"""Formats of exports, of which the engine has more."""


def engine(training: Callable[..., Any], folder: Path, **changed: Any) -> Engine:
    """An `Engine` around a stand-in for `meta_train`."""

    def exported(*given: Any, **_: Any) -> Any:
        return SimpleNamespace(folder=given[0].to, code="import metagen_gui\n", summary="Written.")

    parts: dict[str, Any] = {
        "experiment": Experiment,
        "meta_train": training,
        "resume_run": getattr(training, "resume", training),
        "origin": Origin,
        "library": run_library,
        "commands": Commands,
        "use_threads": lambda: 1,
        "devices": lambda: [SimpleNamespace(id="cpu", name="CPU (2 cores)")],
        "memory_used": lambda device: 1_200_000_000,
        "runs_folder": lambda: folder,
        "export": exported,
        "export_formats": lambda run: (INITIALIZATION, ADAPTED),
        **changed,
    }
    return Engine(**parts)


def jobs(kind: type[Job] = Job) -> list[Job]:
    """Return the jobs that have not gone yet."""
    app = QCoreApplication.instance()
    assert app is not None
    return app.findChildren(kind)


def letting_go(qtbot: QtBot) -> Callable[[QWidget], None]:
    """Return what ends a window's run and threads before a test closes it."""

    def let_go(window: QWidget) -> None:
        assert isinstance(window, MainWindow)
        window.quit_quietly()
        qtbot.waitUntil(lambda: not window.controller.state.busy and not window.claims.controller.state.busy)
        window.wait()

    return let_go
