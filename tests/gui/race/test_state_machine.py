"""Whatever is asked of a race in whatever order, and whatever fails: none is left hanging."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from PySide6.QtWidgets import QApplication

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.gui.race.controller import RaceController, RaceState
from metagen_gui.gui.run.controller import RunController
from tests.gui.race.conftest import FakeRace
from tests.gui.run.test_state_machine import spin
from tests.gui.stand_ins import FakeTraining, engine


class Races(RuleBasedStateMachine):
    """Everything that a person can ask of a race and of the window's run beside it."""

    folder: Path
    numbers = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        own = self.folder / str(next(self.numbers))
        own.mkdir()
        self.run = RunController()
        self.run.set_engine(engine(FakeTraining(own, steps=40, pause=0.0005), own))
        self.fake = FakeRace(looks=30, pause=0.0005)
        self.race = RaceController(self.run, lambda: None, self.fake)

    @rule(finish=st.booleans())
    def start(self, finish: bool) -> None:
        self.race.start(self.folder, finish=finish)

    @rule()
    def pause(self) -> None:
        self.race.pause()

    @rule()
    def wait_for_it(self) -> None:
        self.race.wait()

    @rule(what=st.sampled_from(["pause", "resume", "finish", "discard"]))
    def ask_the_run(self, what: str) -> None:
        getattr(self.run, what)()

    @rule()
    def start_the_run(self) -> None:
        self.run.start(Experiment())

    @rule(fault=st.sampled_from([RuntimeError("a fault"), BadInput("lane", "is gone")]))
    def fail(self, fault: Exception) -> None:
        self.fake.fault = fault

    @rule(milliseconds=st.sampled_from([1, 20]))
    def live(self, milliseconds: int) -> None:
        spin(milliseconds / 1000)

    @invariant()
    def one_at_most(self) -> None:
        assert self.fake.begun - self.fake.closed in (0, 1)

    @invariant()
    def a_thread_is_alive_just_while_the_state_says_so(self) -> None:
        assert (self.race._thread is not None) == (self.race.state in (RaceState.RACING, RaceState.PAUSING))

    def teardown(self) -> None:
        self.run.finish()
        self.race.pause()
        end = time.monotonic() + 60
        while (self.race.state.busy or self.run.state.busy) and time.monotonic() < end:
            spin(0.005)
        assert not self.race.state.busy and self.fake.begun == self.fake.closed
        self.race.deleteLater()
        self.run.deleteLater()


def test_no_sequence_of_requests_and_faults_leaves_a_race_hanging(qapp: QApplication, tmp_path: Path) -> None:
    Races.folder = tmp_path
    run_state_machine_as_test(Races, settings=settings(max_examples=30, stateful_step_count=20, deadline=None))
