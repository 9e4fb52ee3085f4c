"""Whatever is done to a race and its runs, in whatever order: nothing that a lane has learned is lost."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.races.events import RaceFinished
from metagen_gui.engine.races.folder import RaceFolder
from metagen_gui.engine.races.race import Race
from metagen_gui.engine.store.library import list_runs, read_entry
from metagen_gui.engine.store.trash import bring_back, throw_away, thrown_away
from tests.engine.queue.here import train_here
from tests.engine.races.test_race import race_of
from tests.engine.races.test_runner import raced

Tiny = Callable[..., Experiment]
STEPS = 8
LANES = st.sampled_from([0, 1])


class Races(RuleBasedStateMachine):
    """One race, its runs, and the trash."""

    home: Path
    race: Race
    patch: pytest.MonkeyPatch
    numbers = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        self.patch.setenv("XDG_DATA_HOME", str(self.home / str(next(self.numbers))))
        self.folder = RaceFolder.create(self.race).path
        self.learned: dict[str, int] = {}
        """How far the runs have come that there were: by how often their folder was thrown away, and its name."""

    def known(self) -> dict[str, int]:
        """Return how far every run has come that there is, in the library or in the trash, by when it began."""
        folders = [entry.folder for entry in list_runs()] + [thrown.content for thrown in thrown_away()]
        entries = [read_entry(folder) for folder in folders]
        return {str(entry.began): entry.meta_step for entry in entries}

    @rule(events=st.integers(1, 60))
    def race_for_a_while(self, events: int) -> None:
        with closing(raced(self.folder)) as race:
            list(itertools.islice(race, events))

    @rule()
    def judge_now(self) -> None:
        with closing(raced(self.folder, finish=True)) as race:
            assert isinstance(list(race)[-1], RaceFinished)

    @rule(lane=LANES)
    def discard(self, lane: int) -> None:
        runs = RaceFolder(self.folder).runs
        if runs and runs[lane].is_dir():
            throw_away(runs[lane])

    @rule()
    def bring_the_last_one_back(self) -> None:
        for thrown in thrown_away()[:1]:
            bring_back(thrown)

    @invariant()
    def no_run_has_gone_or_unlearned(self) -> None:
        now = self.known()
        for began, step in self.learned.items():
            assert now.get(began, -1) >= step, "a run is gone, or has lost steps"
        self.learned = now

    @invariant()
    def nobody_holds_a_run_and_nothing_is_in_line(self) -> None:
        assert all(entry.state != "running" for entry in list_runs()) and not Line().entries()

    def teardown(self) -> None:
        *_, end = raced(self.folder)
        assert isinstance(end, RaceFinished) and end.is_over
        assert [read_entry(run).meta_step for run in RaceFolder(self.folder).runs] == [STEPS, STEPS]
        self.no_run_has_gone_or_unlearned()


def test_nothing_is_lost_in_any_order(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train_here(monkeypatch)
    few = {"training.preview_tasks": 1, "training.replay": False}
    lanes = (tiny("sinusoids", "curve", algorithm, few) for algorithm in ("maml", "reptile"))
    Races.home, Races.patch, Races.race = tmp_path, monkeypatch, race_of(*lanes, amount=STEPS)
    run_state_machine_as_test(Races, settings=settings(max_examples=6, stateful_step_count=10, deadline=None))
