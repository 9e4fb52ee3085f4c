from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from pytestqt.qtbot import QtBot

from metagen_gui.engine.events import RunBroken
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.trash import Thrown, bring_back
from metagen_gui.gui.run.controller import RunController
from metagen_gui.gui.run.states import RunState
from tests.gui.stand_ins import FakeTraining, engine, jobs


@pytest.fixture
def training(tmp_path: Path) -> FakeTraining:
    return FakeTraining(tmp_path)


@pytest.fixture
def controller(qtbot: QtBot, training: FakeTraining, tmp_path: Path) -> Iterator[RunController]:
    made = RunController()
    made.set_engine(engine(training, tmp_path))
    yield made
    made.finish()
    qtbot.waitUntil(lambda: not made.state.busy)


def wait_for(qtbot: QtBot, controller: RunController, *states: RunState) -> None:
    qtbot.waitUntil(lambda: controller.state in states)


def test_a_run_goes_from_preparing_to_done(qtbot: QtBot, controller: RunController, training: FakeTraining) -> None:
    training.steps = 30
    seen: list[RunState] = []
    steps: list[int] = []
    controller.state_changed.connect(seen.append)
    controller.delivered.connect(lambda delivery: steps.extend(report.meta_step for report in delivery.steps))
    controller.start(Experiment())
    wait_for(qtbot, controller, RunState.DONE)
    assert seen == [RunState.PREPARING, RunState.RUNNING, RunState.DONE]
    assert steps == list(range(1, 31))
    assert controller.folder is not None
    assert controller.folder.is_dir()
    assert training.threads.isdisjoint({threading.get_ident()})
    assert training.closed == 1


def test_fifty_starts_make_one_run(qtbot: QtBot, controller: RunController, training: FakeTraining) -> None:
    for _ in range(50):
        controller.start(Experiment())
    wait_for(qtbot, controller, RunState.RUNNING)
    for _ in range(50):
        controller.start(Experiment())
    assert training.begun == 1


def test_pausing_is_not_asking_for_more(qtbot: QtBot, controller: RunController, training: FakeTraining) -> None:
    taken: list[int] = []
    training.before_step = taken.append
    controller.start(Experiment())
    wait_for(qtbot, controller, RunState.RUNNING)
    controller.pause()
    assert controller.state is RunState.PAUSED
    qtbot.wait(150)
    count = len(taken)
    qtbot.wait(100)
    assert len(taken) == count
    controller.resume()
    assert controller.state is RunState.RUNNING
    qtbot.waitUntil(lambda: len(taken) > count)


def test_single_steps(qtbot: QtBot, controller: RunController, training: FakeTraining) -> None:
    taken: list[int] = []
    training.before_step = taken.append
    controller.start(Experiment(), steps=1)
    wait_for(qtbot, controller, RunState.PAUSED)
    assert taken == [1]
    controller.step()
    controller.step()
    qtbot.waitUntil(lambda: controller.progress.meta_step == 3)
    qtbot.wait(50)
    assert taken == [1, 2, 3]
    assert controller.state is RunState.PAUSED
    assert not controller.stepping


def test_commands_are_answered_while_paused(qtbot: QtBot, controller: RunController, training: FakeTraining) -> None:
    taken: list[int] = []
    training.before_step = taken.append
    controller.start(Experiment(), steps=1)
    wait_for(qtbot, controller, RunState.PAUSED)
    with qtbot.waitSignal(controller.saved):
        controller.save_now()
    with qtbot.waitSignal(controller.snapshot_delivered):
        controller.sample_now()
    qtbot.wait(50)
    assert len(taken) <= 2
    assert controller.state is RunState.PAUSED


def test_live_changes_reach_the_run(qtbot: QtBot, controller: RunController, training: FakeTraining) -> None:
    controller.start(Experiment())
    wait_for(qtbot, controller, RunState.RUNNING)
    with qtbot.waitSignal(controller.setting_changed):
        controller.change("algorithm.inner_lr", 0.02)
    assert training.changes == [("algorithm.inner_lr", 0.02)]


def test_finish_keeps_and_discard_moves_to_the_trash_in_every_state(
    qtbot: QtBot, controller: RunController, training: FakeTraining
) -> None:
    controller.start(Experiment())
    wait_for(qtbot, controller, RunState.RUNNING)
    controller.finish()
    assert controller.state is RunState.FINISHING
    wait_for(qtbot, controller, RunState.DONE)
    kept = controller.folder
    assert kept is not None
    assert kept.is_dir()
    assert training.closed == 1
    heard = list[Thrown | None]()
    controller.discarded.connect(heard.append)
    controller.discard()
    assert controller.state is RunState.IDLE
    assert not kept.exists()

    controller.start(Experiment())
    wait_for(qtbot, controller, RunState.RUNNING)
    gone = controller.folder
    assert gone is not None
    controller.discard()
    wait_for(qtbot, controller, RunState.IDLE)
    assert not gone.exists()
    for folder, thrown in zip((kept, gone), heard, strict=True):
        assert thrown is not None and thrown.content.is_dir() and bring_back(thrown) == folder
    assert (kept / "checkpoints").is_dir() and (gone / "checkpoints").is_dir()


@pytest.mark.skipif(sys.platform == "win32", reason="needs links")
def test_the_log_of_a_run_is_not_written_through_a_link(
    qtbot: QtBot, controller: RunController, training: FakeTraining, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")

    def break_down(number: int) -> None:
        if number == 5:
            (training.folder / "run-1" / "error.log").symlink_to(precious)
            raise RuntimeError("away")

    training.before_step = break_down
    with qtbot.waitSignals([(controller.failed, "failed"), (controller.noticed, "noticed")]):
        controller.start(Experiment())
    assert precious.read_text() == "mine"


def test_an_exception_is_told_and_logged_and_the_next_run_works(
    qtbot: QtBot, controller: RunController, training: FakeTraining
) -> None:
    def break_down(number: int) -> None:
        if number == 5:
            raise RuntimeError("the loss\nwent away")

    training.before_step = break_down
    with qtbot.waitSignal(controller.failed) as failed:
        controller.start(Experiment())
    assert failed.args is not None
    assert failed.args[0] == "RuntimeError: the loss went away"
    assert "break_down" in failed.args[1]
    assert controller.state is RunState.FAILED
    assert controller.folder is not None
    assert "break_down" in (controller.folder / "error.log").read_text()
    training.before_step = lambda number: None
    controller.start(Experiment())
    wait_for(qtbot, controller, RunState.RUNNING)


def test_a_run_that_says_why_it_cannot_go_on_is_told_in_its_own_words(
    qtbot: QtBot, controller: RunController, training: FakeTraining
) -> None:
    def break_down(number: int) -> None:
        raise RunBroken("tasks.path: /media/stick does not exist")

    training.before_step = break_down
    with qtbot.waitSignal(controller.failed) as failed:
        controller.start(Experiment())
    assert failed.args is not None and failed.args[0] == "tasks.path: /media/stick does not exist"


def test_saving_that_fails_at_the_end_is_a_failure(
    qtbot: QtBot, controller: RunController, training: FakeTraining
) -> None:
    def break_down() -> None:
        raise OSError(28, "No space left on device")

    training.at_close = break_down
    controller.start(Experiment())
    wait_for(qtbot, controller, RunState.RUNNING)
    with qtbot.waitSignal(controller.failed):
        controller.finish()
    assert controller.state is RunState.FAILED
    training.at_close = lambda: None


def test_bad_input_goes_back_to_idle(qtbot: QtBot, controller: RunController, tmp_path: Path) -> None:
    def refuse(experiment: Experiment, **_: object) -> Iterator[None]:
        raise BadInput("tasks.path", "there is no such folder")
        yield

    controller.engine = engine(refuse, tmp_path)
    with qtbot.waitSignal(controller.refused) as refused:
        controller.start(Experiment())
    assert refused.args == ["tasks.path", "there is no such folder"]
    assert controller.state is RunState.IDLE


def test_a_thread_that_cannot_even_begin_is_a_failure(
    qtbot: QtBot, controller: RunController, training: FakeTraining, tmp_path: Path
) -> None:
    def no_threads() -> int:
        raise RuntimeError("no threads")

    controller.engine = engine(training, tmp_path, use_threads=no_threads)
    with qtbot.waitSignal(controller.failed):
        controller.start(Experiment())
    assert training.begun == 0


def test_many_short_runs_leave_no_thread_behind(
    qtbot: QtBot, controller: RunController, training: FakeTraining
) -> None:
    training.steps, training.pause = 1, 0.0
    alive = threading.active_count()
    for _ in range(30):
        controller.start(Experiment())
        wait_for(qtbot, controller, RunState.DONE)
    assert training.begun == training.closed == 30
    assert threading.active_count() <= alive + 1
    assert controller._thread is None
    qtbot.waitUntil(lambda: not jobs())


def test_tasks_that_explode_are_counted_however_they_are_delivered(
    qtbot: QtBot, controller: RunController, training: FakeTraining
) -> None:
    training.steps, training.diverged = 30, 2
    controller.start(Experiment())
    wait_for(qtbot, controller, RunState.DONE)
    assert controller.progress.exploded == 60
    training.diverged = 0
    controller.start(Experiment())
    wait_for(qtbot, controller, RunState.DONE)
    assert controller.progress.exploded == 0


def test_there_is_nothing_to_discard_while_the_engine_loads(qtbot: QtBot) -> None:
    made = RunController()
    made.discard()
    assert made.state is RunState.LOADING


def test_the_step_that_broke_a_run_is_counted_as_its_folder_counts_it(
    qtbot: QtBot, training: FakeTraining, tmp_path: Path
) -> None:
    def fail(number: int) -> None:
        if number == 3:
            raise RuntimeError("taken, and not reported")

    training.before_step = fail
    library = SimpleNamespace(read_entry=lambda folder: SimpleNamespace(meta_step=3))
    controller = RunController()
    controller.set_engine(engine(training, tmp_path, library=library))
    controller.start(Experiment())
    qtbot.waitUntil(lambda: controller.state is RunState.FAILED)
    assert controller.progress.meta_step == 3
