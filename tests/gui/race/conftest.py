"""A window, and a race in it that is a stand-in."""

from __future__ import annotations

import time
from collections.abc import Generator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.held_out.summaries import Difference, Summary
from metagen_gui.engine.queue.worker import Worker
from metagen_gui.engine.races.events import (
    LaneEnded,
    LaneLooked,
    LaneSampled,
    Led,
    RaceAdvanced,
    RaceBegun,
    RaceEvent,
    RaceFinished,
    RaceNotice,
)
from metagen_gui.engine.races.verdict import Standing, Verdict
from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.race.tool import RaceTool
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.window.main_window import MainWindow
from tests.gui.stand_ins import FakeTraining, engine, letting_go, snapshot

VERDICT = Verdict(
    "loss",
    "nats",
    (
        Standing(1, Summary(1.0, 0.1, 1.0, 9, 9)),
        Standing(0, Summary(2.0, 0.1, 2.0, 9, 9), 0, Difference(1, 0.2, 0, 9, 9)),
    ),
    "Reptile wins.",
    ("Seconds of computing: …",),
)


class FakeRace:
    """Stands in for `run_race`: two lanes of ten looks; counts what happened to it."""

    def __init__(self, looks: int = 10, pause: float = 0.002) -> None:
        self.looks, self.pause, self.done = looks, pause, 0
        self.begun = self.closed = 0
        self.fault: Exception | None = None

    def __call__(
        self, folder: Path, worker: Worker | None, *, finish: bool = False
    ) -> Generator[RaceEvent, None, Verdict]:
        self.begun += 1
        try:
            yield RaceBegun(folder, (folder / "a", folder / "b"), (self.looks, self.looks))
            while self.done < self.looks and not finish:
                fault, self.fault = self.fault, None
                if fault is not None:
                    raise fault
                time.sleep(self.pause)
                self.done += 1
                for lane in (0, 1):
                    yield LaneSampled(lane, snapshot(self.done))
                    yield LaneLooked(lane, self.done, 0.1 * self.done, 3.0 - lane - 0.1 * self.done, 0.2)
                yield Led(1, "Reptile leads MAML by 1 ± 0.2.", True)
                yield RaceAdvanced("MAML: outer step 3 of 10", self.done / self.looks)
            yield from (LaneEnded(lane) for lane in (0, 1))
            yield RaceNotice("MAML: something")
            yield RaceFinished(VERDICT, self.done == self.looks)
            return VERDICT
        finally:
            self.closed += 1


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> MainWindow:
    return another_window(qtbot, tmp_path)


def another_window(qtbot: QtBot, tmp_path: Path) -> MainWindow:
    training = FakeTraining(tmp_path / "runs")
    opened = MainWindow(WindowSettings(tmp_path / "window.ini"), lambda: engine(training, tmp_path / "runs"))
    qtbot.addWidget(opened, before_close_func=letting_go(qtbot))
    opened.resize(1280, 800)
    opened.show()
    return opened


def race_tool(qtbot: QtBot, window: MainWindow, fake: FakeRace | None = None) -> RaceTool:
    qtbot.waitUntil(lambda: window.controller.state is not RunState.LOADING)
    window.layouts.toggle("race")
    tool = window.tools.by_name["race"]
    assert isinstance(tool, RaceTool)
    qtbot.waitUntil(lambda: tool.contents is not None)
    if fake is not None:
        tool.race._run_race = fake
        tool.setup.add(Experiment(algorithm="reptile"))
    return tool


def ended(qtbot: QtBot, tool: RaceTool) -> None:
    qtbot.waitUntil(lambda: not tool.busy)
