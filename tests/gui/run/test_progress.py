from __future__ import annotations

from pathlib import Path

import pytest

from metagen_gui.engine.events import RunStarted
from metagen_gui.gui.run.progress import RunProgress
from tests.gui.stand_ins import step


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def running(clock: Clock) -> RunProgress:
    progress = RunProgress(clock)
    progress.started = RunStarted(Path("run"), ("model",), 5, 1000, "cpu", 10)
    return progress


def test_speed_and_time_left() -> None:
    clock = Clock()
    progress = running(clock)
    assert progress.steps_per_second is None
    assert progress.seconds_left is None
    for number in range(1, 11):
        clock.now += 0.5
        progress.add_steps([step(number)])
    assert progress.steps_per_second == pytest.approx(2.0)
    assert progress.seconds_left == pytest.approx(990 / 2)


def test_the_speed_is_the_present_one() -> None:
    clock = Clock()
    progress = running(clock)
    for number in range(1, 41):
        clock.now += 10.0 if number <= 20 else 1.0
        progress.add_steps([step(number)])
    assert progress.steps_per_second == pytest.approx(1.0)


def test_pauses_do_not_count() -> None:
    clock = Clock()
    progress = running(clock)
    clock.now += 5
    progress.pause()
    progress.pause()
    clock.now += 1000
    assert progress.seconds == pytest.approx(5)
    progress.resume()
    clock.now += 2
    assert progress.seconds == pytest.approx(7)


def test_tasks_that_exploded_are_counted_over_the_run() -> None:
    progress = running(Clock())
    progress.add_steps([step(1, diverged=2), step(2), step(3, diverged=1)])
    progress.add_steps([])
    progress.add_steps([step(4)])
    assert progress.exploded == 3 and progress.meta_step == 4
