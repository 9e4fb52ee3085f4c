from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from metagen_gui.engine.claims.examination.events import (
    ClaimsAdvanced,
    ClaimsEvent,
    ClaimsFinished,
    ClaimsNotice,
    ClaimsStarted,
)
from metagen_gui.engine.claims.folder import ClaimFolder
from metagen_gui.engine.events import RunBroken
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.claims.controller import ClaimsController, ClaimsState
from metagen_gui.gui.claims.mailbox import MOST_MESSAGES, ClaimsMailbox
from metagen_gui.gui.run.controller import RunController
from metagen_gui.gui.run.states import RunState
from tests.gui.claims_stand_ins import FakeExamine, run_controller, small_plan


@pytest.fixture
def run(qtbot: QtBot, tmp_path: Path) -> Iterator[RunController]:
    made = run_controller(tmp_path)
    yield made
    made.finish()
    qtbot.waitUntil(lambda: not made.state.busy)


@pytest.fixture
def examine() -> FakeExamine:
    return FakeExamine()


@pytest.fixture
def control(qtbot: QtBot, run: RunController, examine: FakeExamine) -> Iterator[ClaimsController]:
    made = ClaimsController(run, examine)
    yield made
    made.wait()
    qtbot.waitUntil(lambda: not made.state.busy)


def test_a_test_runs_in_a_thread_of_its_own_and_stops_at_once(
    qtbot: QtBot, control: ClaimsController, examine: FakeExamine, tmp_path: Path
) -> None:
    heard = list[ClaimsEvent]()
    control.heard.connect(heard.append)
    control.start(small_plan(), tmp_path / "one")
    control.start(small_plan(), tmp_path / "two")
    qtbot.waitUntil(lambda: any(isinstance(event, ClaimsAdvanced) for event in heard))
    assert control.state is ClaimsState.RUNNING and examine.threads.isdisjoint({threading.get_ident()})
    with qtbot.waitSignal(control.stopped):
        control.stop()
        assert control.state is ClaimsState.STOPPING
    assert control.state is ClaimsState.IDLE and examine.closed == 1
    assert [folder.name for _, folder in examine.asked] == ["one"], "one test at a time"
    assert [type(event) for event in heard[:2]] == [ClaimsStarted, ClaimsNotice]


def test_it_waits_for_the_windows_run_and_begins_when_that_pauses(
    qtbot: QtBot, control: ClaimsController, examine: FakeExamine, run: RunController, tmp_path: Path
) -> None:
    run.start(Experiment())
    qtbot.waitUntil(lambda: run.state is RunState.RUNNING)
    control.start(small_plan(), tmp_path / "one")
    assert control.state is ClaimsState.WAITING and control.beside_a_run
    control.stop()
    assert control.state is ClaimsState.IDLE and not examine.asked
    control.start(small_plan(), tmp_path / "one")
    run.pause()
    assert control.state is ClaimsState.RUNNING and not control.beside_a_run
    run.resume()
    assert control.beside_a_run, "which only makes both slower"
    qtbot.waitUntil(lambda: bool(examine.asked))


def test_a_kept_test_that_goes_while_it_waits_is_refused(
    qtbot: QtBot, control: ClaimsController, examine: FakeExamine, run: RunController, tmp_path: Path
) -> None:
    run.start(Experiment())
    qtbot.waitUntil(lambda: run.state is RunState.RUNNING)
    ClaimFolder(tmp_path / "one", small_plan())
    control.start(small_plan(), tmp_path / "one", kept=True)
    (tmp_path / "one" / "plan.json").unlink()
    with qtbot.waitSignal(control.refused) as told:
        run.pause()
    assert not examine.asked and told.args is not None and told.args[0] == str(tmp_path / "one")


def test_what_is_wrong_with_a_plan_is_told_and_leaves_no_thread(
    qtbot: QtBot, control: ClaimsController, examine: FakeExamine, tmp_path: Path
) -> None:
    examine.problem = BadInput("plan.shots", "there are only 3 images")
    with qtbot.waitSignal(control.refused) as told:
        control.start(small_plan(), tmp_path / "one")
    assert told.args == ["plan.shots", "there are only 3 images"]
    assert control.state is ClaimsState.IDLE


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [(RunBroken("the disk is full"), "the disk is full"), (MemoryError("too much"), "MemoryError: too much")],
)
def test_a_fault_is_one_sentence_with_details(
    qtbot: QtBot,
    control: ClaimsController,
    examine: FakeExamine,
    tmp_path: Path,
    problem: BaseException,
    sentence: str,
) -> None:
    examine.problem = problem
    with qtbot.waitSignal(control.failed) as told:
        control.start(small_plan(), tmp_path / "one")
    assert told.args is not None
    assert told.args[0] == sentence and "Traceback" in told.args[1]
    examine.problem, examine.steps = None, 1
    with qtbot.waitSignal(control.failed) as silent:
        control.start(small_plan(), tmp_path / "two")
    assert silent.args == ["The test ended without saying why.", ""], "an end without a report is a fault"


def test_the_end_comes_after_the_change_of_state(
    qtbot: QtBot, control: ClaimsController, examine: FakeExamine, tmp_path: Path
) -> None:
    examine.steps, examine.result = 3, ClaimsFinished(tmp_path / "report.html", None)  # type: ignore[arg-type]
    states = list[ClaimsState]()
    control.finished.connect(lambda *_: states.append(control.state))
    with qtbot.waitSignal(control.finished) as told:
        control.start(small_plan(), tmp_path / "one")
    assert told.args is not None and told.args[0] is examine.result
    assert states == [ClaimsState.IDLE]


def test_the_mailbox_is_bounded_and_of_how_far_it_is_the_latest_wins() -> None:
    mailbox = ClaimsMailbox()
    for number in range(2 * MOST_MESSAGES):
        mailbox.put(ClaimsNotice(str(number)))
        mailbox.put(ClaimsAdvanced(str(number), 0.5, 1.0))
    taken = mailbox.take()
    assert len(taken) == MOST_MESSAGES + 1
    assert taken[-2:] == [ClaimsNotice("511"), ClaimsAdvanced("511", 0.5, 1.0)]
    assert not mailbox.take()
