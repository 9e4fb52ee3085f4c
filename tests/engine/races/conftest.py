"""A library of a test's own, lanes that train in its process, and races in it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path

import pytest

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.queue import process
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.queue.worker import Start, Worker
from metagen_gui.engine.races.events import (
    LaneLooked,
    RaceEvent,
)
from metagen_gui.engine.races.folder import RaceFolder
from metagen_gui.engine.races.looks import read_looks
from metagen_gui.engine.races.race import Race
from metagen_gui.engine.races.runner import run_race
from tests.engine.queue.here import Here, train_here

Tiny = Callable[..., Experiment]


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library and a line of this test's own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Here]:
    """Return what has been started: lanes train in this process, a step each whenever the race waits."""
    return train_here(monkeypatch)


def begun(race: Race) -> Path:
    """Return the folder of a race that is about to begin."""
    return RaceFolder.create(race).path


def raced(path: Path, *, finish: bool = False, start: Start | None = None) -> Generator[RaceEvent, None, object]:
    """Run a race in a line in which one run goes on at once."""
    return run_race(path, Worker(Line(), 1, start or process.start_process), finish=finish)


def numbers(run: Path) -> list[str]:
    """Return what a run has measured, without the seconds."""
    rows = (run / "metrics.csv").read_text().splitlines()
    return [",".join((row.split(",")[0], *row.split(",")[2:])) for row in rows]


def until(events: Generator[RaceEvent, None, object], looks: int) -> list[RaceEvent]:
    """Return what a race tells until its lanes have been looked at so often together, and close it."""
    found = []
    with closing(events):
        for event in events:
            found.append(event)
            looks -= isinstance(event, LaneLooked)
            if looks <= 0:
                break
    return found


def looks_of(path: Path) -> list[tuple[int, int, tuple[float, ...]]]:
    """Return what lanes were seen to score, without the seconds."""
    runs = enumerate(RaceFolder(path).runs)
    return [(place, look.meta_step, look.losses) for place, run in runs for look in read_looks(run) if look.losses]
