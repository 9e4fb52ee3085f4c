from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from metagen_gui.engine.events import Event, Notice, RunStarted
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.reports import EarlierReports, read_reports
from metagen_gui.gui.run.earlier_curves import told_from_the_start
from metagen_gui.gui.run.mailbox import Delivery, RunMailbox
from metagen_gui.gui.run.progress import RunProgress
from tests.gui.stand_ins import step
from tests.kept_runs import keep_run


def started(folder: Path, resumed_from: int) -> RunStarted:
    return RunStarted(folder, ("model",), 2, 200, "cpu", 10, resumed_from=resumed_from)


def run(begun: RunStarted, closed: list[bool]) -> Generator[Event, None, None]:
    try:
        yield begun
        yield step(begun.resumed_from + 1)
        yield step(begun.resumed_from + 2)
    finally:
        closed.append(True)


def test_they_come_after_the_run_is_announced_and_before_its_steps(tmp_path: Path) -> None:
    folder, mailbox, closed = keep_run(tmp_path, "mine"), RunMailbox(), list[bool]()
    order: list[str] = []
    for event in told_from_the_start(run(started(folder, 60), closed), mailbox, read_reports):
        order += [type(message).__name__ for message in mailbox.take().messages] + [type(event).__name__]
        mailbox.put(event) if isinstance(event, RunStarted) else None
    assert order == ["RunStarted", "RunStarted", "EarlierCurves", "StepReport", "StepReport"]
    assert closed == [True]


def test_a_run_that_begins_has_no_past(tmp_path: Path) -> None:
    def read(folder: Path, started: RunStarted) -> EarlierReports:
        raise AssertionError("nobody asked for it")

    events = list(told_from_the_start(run(started(tmp_path, 0), []), RunMailbox(), read))
    assert len(events) == 3


@pytest.mark.parametrize("error", [BadInput("metrics.csv", "gone"), KeyError("seconds"), MemoryError()])
def test_a_past_that_cannot_be_read_costs_a_notice_and_not_the_run(tmp_path: Path, error: Exception) -> None:
    def read(folder: Path, started: RunStarted) -> EarlierReports:
        raise error

    kinds = [type(event) for event in told_from_the_start(run(started(tmp_path, 60), []), RunMailbox(), read)]
    assert kinds.count(Notice) == 1 and len(kinds) == 4


def test_stopping_closes_the_run_itself_and_what_fails_there_is_heard(tmp_path: Path) -> None:
    def full_disk() -> Generator[Event, None, None]:
        try:
            yield started(tmp_path, 0)
        finally:
            raise OSError(28, "No space left on device")

    events = told_from_the_start(full_disk(), RunMailbox(), read_reports)
    next(events)
    with pytest.raises(OSError, match="No space"):
        events.close()


def test_progress_goes_on_from_there(tmp_path: Path) -> None:
    now = [0.0]
    progress = RunProgress(lambda: now[0])
    begun = started(tmp_path, 60)
    progress.begin(begun)
    assert progress.meta_step == progress.resumed_from == 60
    folder = keep_run(tmp_path, "mine")
    earlier = read_reports(folder, begun)
    progress.add_earlier(Delivery(earlier.steps, earlier.validations), earlier.seconds)
    now[0] = 2.0
    progress.add_steps([step(61)])
    now[0] = 3.0
    progress.add_steps([step(71)])
    assert progress.seconds == pytest.approx(6.0 + 3.0)
    assert progress.steps_per_second == pytest.approx(10.0), "earlier steps count for the speed"
    assert progress.validation is not None and progress.validation.meta_step == 60
