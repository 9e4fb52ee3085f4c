"""Runs of the line in the process of a test: a step of each, whenever whoever waits for them lets a moment pass."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import pytest

from metagen_gui.cli.turn import begun
from metagen_gui.engine.claims.examination import runner, trainings
from metagen_gui.engine.events import StepReport
from metagen_gui.engine.queue import process, wanted
from metagen_gui.engine.queue.entry import Entry
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.queue.owned import Owned
from metagen_gui.engine.queue.turn import taken
from metagen_gui.engine.run.commands import Commands

numbers = itertools.count(2**30)  # no system has processes of such numbers


class Here:
    """Stands in for the process of a run, and trains."""

    def __init__(self, entry: Entry, at_once: int = 1) -> None:
        self.entry, self.pid = entry, next(numbers)
        self.status: int | None = None
        self._work = self._steps()

    def of(self, entry: Entry) -> Here:
        """Be the process of `entry`, as it has been claimed."""
        self.entry = entry
        return self

    def poll(self) -> int | None:
        return self.status

    def step(self) -> None:
        """Take an outer step, or what comes before it or after the last."""
        try:
            next(self._work)
        except StopIteration:
            self.status = 0
        except Exception:  # noted in the entry
            self.status = 1

    def _steps(self) -> Iterator[None]:
        commands = Commands()
        with taken(Line(self.entry.folder.parent), self.entry.id, self.entry.claim) as turn:
            for event in begun(turn, commands)[1]:
                if turn.line.entry(turn.entry.id).pausing:
                    commands.finish()
                if isinstance(event, StepReport):
                    yield


def train_here(patch: pytest.MonkeyPatch) -> list[Here]:
    """Let tests of claims, races and the window train in this process; return what has been started."""
    started = list[Here]()

    def start(entry: Entry, at_once: int, changed: Mapping[str, str] | None = None) -> Here:
        started.append(Here(entry))
        return started[-1]

    def wait(self: Owned, seconds: float) -> None:
        for one in started:
            if one.status is None:
                one.step()

    for module in (trainings, process):
        patch.setattr(module, "start_process", start)
    patch.setattr(trainings, "side_by_side", lambda: 2)
    patch.setattr(Owned, "wait", wait)
    for module in (runner, wanted):
        patch.setattr(module, "BETWEEN", -1.0)
    return started
