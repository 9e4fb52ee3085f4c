"""Whatever is asked of a run in whatever order, at whatever moment it fails: no state that the table does not know."""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.run.controller import RunController
from metagen_gui.gui.run.states import NEXT, RunState
from tests.gui.stand_ins import FakeTraining, engine


def spin(seconds: float) -> None:
    """Let the window live for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QCoreApplication.processEvents()
        time.sleep(0.001)


class OneRun(RuleBasedStateMachine):
    """What holds of a window's run whatever is asked of it."""

    folder: Path
    numbers = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        own = self.folder / str(next(self.numbers))
        own.mkdir()
        self.training = FakeTraining(own, steps=25, pause=0.0005)
        self.training.before_step = self._before_step
        self.controller = RunController()
        self.states = [self.controller.state]
        self.controller.state_changed.connect(self._note)
        self.controller.set_engine(engine(self._begin, own, resume_run=self.training.resume))
        self.fault: Exception | None = None
        self.refusing = False

    def _note(self, state: RunState) -> None:
        if state is not self.states[-1]:
            self.states.append(state)

    def _begin(self, experiment: Experiment, **given: Any) -> Any:
        if self.refusing:
            self.refusing = False
            raise BadInput("algorithm.inner_lr", "too high")
        return self.training(experiment, **given)

    def _before_step(self, number: int) -> None:
        fault, self.fault = self.fault, None
        if fault is not None:
            raise fault

    @invariant()
    def every_way_is_in_the_table(self) -> None:
        for before, after in itertools.pairwise(self.states):
            assert after in NEXT[before], f"{before} → {after}"

    @invariant()
    def there_is_one_run_at_most(self) -> None:
        assert self.training.begun - self.training.closed in (0, 1)

    @invariant()
    def a_thread_is_alive_just_while_the_state_says_so(self) -> None:
        assert (self.controller._thread is not None) == self.controller.state.busy

    def teardown(self) -> None:
        self.controller.finish()
        end = time.monotonic() + 60
        while self.controller.state.busy and time.monotonic() < end:
            spin(0.005)
        assert not self.controller.state.busy, "a run that is asked to finish comes to an end"
        assert self.training.begun == self.training.closed
        self.every_way_is_in_the_table()
        self.controller.deleteLater()


class Runs(OneRun):
    """Everything a person can do to a run, and everything that can happen to it."""

    @initialize(wait=st.sampled_from([False, True]))
    def there_is_a_run(self, wait: bool) -> None:
        """Most of what can be asked for is about one; in most sequences none would ever be started."""
        self.controller.start(Experiment())
        end = time.monotonic() + 60
        while wait and self.controller.folder is None and time.monotonic() < end:
            spin(0.005)

    @rule(steps=st.sampled_from([None, 1]))
    def start(self, steps: int | None) -> None:
        self.controller.start(Experiment(), steps=steps)

    @rule(
        what=st.sampled_from(["step", "pause", "resume", "toggle_pause", "finish", "discard", "save_now", "sample_now"])
    )
    def ask(self, what: str) -> None:
        getattr(self.controller, what)()

    @rule()
    def change(self) -> None:
        self.controller.change("training.outer_lr", 0.1)

    @rule()
    def resume_the_last(self) -> None:
        if self.controller.folder is not None and self.controller.folder.is_dir():
            self.controller.resume_run(self.controller.folder)

    @rule(fault=st.sampled_from([RuntimeError("a fault"), MemoryError(), BadInput("tasks.path", "is gone")]))
    def fail(self, fault: Exception) -> None:
        self.fault = fault

    @rule()
    def refuse(self) -> None:
        self.refusing = True

    @rule(milliseconds=st.sampled_from([1, 5, 25]))
    def wait(self, milliseconds: int) -> None:
        spin(milliseconds / 1000)


def test_no_sequence_of_requests_and_faults_leads_to_an_illegal_state(qapp: QApplication, tmp_path: Path) -> None:
    Runs.folder = tmp_path
    run_state_machine_as_test(Runs, settings=settings(max_examples=60, stateful_step_count=30, deadline=None))
