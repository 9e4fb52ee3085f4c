"""Races as they are run: every lane is an ordinary run, whatever is closed, thrown away or killed on the way."""

from __future__ import annotations

import json
import math
import subprocess
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from metagen_gui.engine.events import Event, RunBroken, StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.pace import Pace
from metagen_gui.engine.queue import process, wanted
from metagen_gui.engine.queue.entry import Entry
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.queue.owned import Owned
from metagen_gui.engine.races import runner
from metagen_gui.engine.races.events import (
    LaneEnded,
    LaneLooked,
    LaneSampled,
    Led,
    RaceAdvanced,
    RaceBegun,
    RaceEvent,
    RaceFinished,
)
from metagen_gui.engine.races.folder import RaceFolder
from metagen_gui.engine.races.runner import seconds_of
from metagen_gui.engine.run import training_run
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.library import list_runs, read_entry
from metagen_gui.engine.store.trash import throw_away
from tests.engine.queue.here import Here
from tests.engine.races.conftest import Tiny, begun, looks_of, numbers, raced, until
from tests.engine.races.test_race import race_of

pytestmark = pytest.mark.usefixtures("library", "started")


def test_lanes_are_ordinary_runs_that_advance_together_on_however_few_cores(tiny: Tiny, tmp_path: Path) -> None:
    race = race_of(tiny(), tiny(algorithm="reptile"), tiny(algorithm="meta_sgd"))
    path, together = begun(race), 0
    own = tiny()
    Line().add(own.document(complete=True), own.to_json(complete=True), "a person's")
    for event in raced(path):
        entries = Line().entries()
        together += [entry.state for entry in entries if entry.owner] == ["running"] * 3
        if isinstance(event, RaceAdvanced) and entries and len(entries) > 1:
            assert [entry.name[:6] for entry in entries] == ["lane 0", "lane 1", "lane 2", "a pers"][-len(entries) :]
            assert entries[-1].state == "waiting"
    assert together > 5
    runs = RaceFolder(path).runs
    assert {entry.folder for entry in list_runs()} == set(runs)
    assert [read_entry(run).name for run in runs] == [f"lane {place} (race {path.name})" for place in range(3)]
    for place, run in enumerate(runs):
        assert read_entry(run).state == "finished"
        alone = tmp_path / f"alone {place}"
        list(meta_train(race.experiment(place, 6), out=alone))
        assert numbers(run) == numbers(alone)
    assert [entry.name for entry in Line().entries()] == ["a person's"]


def test_who_leads_is_told_from_the_same_tasks_and_curves_have_intervals(tiny: Tiny) -> None:
    path = begun(race_of(tiny(), tiny(algorithm="reptile")))
    told = list(raced(path))
    looks = [event for event in told if isinstance(event, LaneLooked)]
    assert [(look.lane, look.meta_step) for look in sorted(looks, key=lambda look: (look.lane, look.meta_step))] == [
        (lane, step) for lane in (0, 1) for step in range(7)
    ]
    assert all(math.isfinite(look.loss) and look.interval > 0 for look in looks)
    seconds = [look.seconds for look in looks if look.lane == 0]
    assert seconds[0] > 0 and seconds == sorted(seconds)
    led = [event for event in told if isinstance(event, Led)]
    last = {look.lane: look.loss for look in looks}
    assert len(led) >= 3 and led[-1].leader == min(last, key=lambda lane: last[lane])
    assert f"lane {led[-1].leader} leads lane {1 - (led[-1].leader or 0)} by" in led[-1].sentence


def test_a_race_that_is_closed_goes_on_where_it_was_with_the_same_numbers(tiny: Tiny) -> None:
    race = race_of(tiny(), tiny(algorithm="reptile"))
    whole, broken = begun(race), begun(race)
    list(raced(whole))
    for looks in (4, 8):
        until(raced(broken), looks)
        assert not Line().entries(), "nothing goes on without the race"
    assert [read_entry(run).state for run in RaceFolder(broken).runs] == ["stopped", "stopped"]
    told = list(raced(broken))
    assert isinstance(told[-1], RaceFinished)
    for one, other in zip(RaceFolder(whole).runs, RaceFolder(broken).runs, strict=True):
        assert numbers(one) == numbers(other)
        assert 0 < seconds_of(one)[1] < seconds_of(one)[0]
    assert looks_of(whole) == looks_of(broken)
    seen = [event for event in told if isinstance(event, LaneLooked)]
    assert seen[0].meta_step == 0, "what was drawn before is drawn again"


def test_a_finished_race_is_judged_again_without_a_step(tiny: Tiny, started: list[Here]) -> None:
    path = begun(race_of(tiny(), tiny(algorithm="reptile")))
    first, again = list(raced(path)), list(raced(path))
    shown = [(event.lane, event.snapshot.meta_step) for event in again if isinstance(event, LaneSampled)]
    assert shown == [(0, 6), (1, 6)] and len(started) == 2
    assert [event.lane for event in again if isinstance(event, LaneEnded)] == [0, 1]
    assert isinstance(first[-1], RaceFinished) and first[-1] == again[-1]


def test_equal_seconds_are_as_many_steps_as_fit_in_by_each_lanes_own_clock(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    takes, timed = {"maml": 0.05, "reptile": 0.2}, list[str]()
    step = training_run.TrainingRun.step

    def known(experiment: Experiment) -> Pace:
        timed.append(experiment.algorithm)
        return Pace(0.0, 0.1)  # neither is right

    def clocked(self: training_run.TrainingRun) -> Generator[Event, None, StepReport]:
        report = yield from step(self)
        return replace(report, computing=takes[self.learner.experiment.algorithm])

    monkeypatch.setattr(runner, "pace_of", known)
    monkeypatch.setattr(training_run.TrainingRun, "step", clocked)
    race = race_of(tiny(), tiny(algorithm="reptile"), equal="seconds", amount=3.0)
    path, broken = begun(race), begun(race)
    told = list(raced(path))
    (ready,) = (event for event in told if isinstance(event, RaceBegun))
    assert ready.steps == (30, 30) and timed == ["maml", "reptile"]
    entries = [read_entry(run) for run in ready.runs]
    assert [(entry.meta_step, entry.meta_steps) for entry in entries] == [(60, 60), (15, 15)]
    shares = [event.share for event in told if isinstance(event, RaceAdvanced)]
    assert shares == sorted(shares)
    verdict = told[-1].verdict  # type: ignore[union-attr]
    (remark,) = (text for text in verdict.notices if "econds of computing" in text)
    for run in ready.runs:
        whole, besides = seconds_of(run)
        assert whole - besides == pytest.approx(3.0) and f" {whole - besides:.3g} and {besides:.3g}" in remark
    for looks in (9, 25):
        until(raced(broken), looks)
    list(raced(broken))
    seen = [numbers(run) for run in ready.runs]
    assert seen == [numbers(run) for run in RaceFolder(broken).runs]
    throw_away(ready.runs[0])
    takes["maml"] = 1.0  # as beside others; what was decided holds
    list(raced(path))
    assert seen == [numbers(run) for run in ready.runs] and timed == ["maml", "reptile"] * 2


def test_races_from_before_keep_the_steps_that_they_were_given(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    path = begun(race_of(tiny(), tiny(algorithm="reptile"), equal="seconds", amount=0.1))
    RaceFolder(path).begin((4, 5))
    lanes = json.loads((path / "lanes.json").read_text())
    assert lanes.pop("budget") == 0.1
    (path / "lanes.json").write_text(json.dumps(lanes))
    list(raced(path))
    assert [read_entry(run).meta_step for run in RaceFolder(path).runs] == [4, 5]


def test_a_race_can_be_judged_before_its_end_and_go_on_afterwards(tiny: Tiny) -> None:
    path = begun(race_of(tiny(), tiny(algorithm="reptile")))
    until(raced(path), 6)
    (*_, scored, end) = raced(path, finish=True)
    assert isinstance(scored, RaceAdvanced) and 0 < scored.share < 1
    assert isinstance(end, RaceFinished) and "Judged before the end: lanes have" in end.verdict.notices[0]
    (*_, end) = raced(path)
    assert isinstance(end, RaceFinished) and not any("before the end" in text for text in end.verdict.notices)


def test_a_lane_that_diverges_is_told_of_and_the_others_go_on(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_run, "MOST_FAILURES", 5)
    wild = {"algorithm.inner_lr": 100, "algorithm.inner_clip": 0, "algorithm.adaptation_steps": 8}
    path = begun(race_of(tiny(), tiny(values=wild), tiny(algorithm="reptile"), amount=12))
    told = list(raced(path))
    ends = {event.lane: event.problem for event in told if isinstance(event, LaneEnded)}
    assert ends[0] == ends[2] == "" and ends[1].startswith("diverged")
    assert isinstance(told[-1], RaceFinished)
    assert told[-1].verdict.winner in (0, 2) and {one.lane for one in told[-1].verdict.standings} == {0, 2}
    assert any("lane 1 diverged" in text for text in told[-1].verdict.notices)
    assert not any("before the end" in text for text in told[-1].verdict.notices), "it takes no more steps"
    (*_, again) = raced(path)
    assert again == told[-1]


def test_two_programs_do_not_run_one_race(tiny: Tiny) -> None:
    path = begun(race_of(tiny(), tiny(algorithm="reptile")))
    with closing(raced(path)) as race:
        next(race)
        with pytest.raises(BadInput, match="being written by"):
            next(raced(path))
    list(raced(path))


def test_what_keeps_a_lane_from_going_on_is_told_with_its_name(tiny: Tiny) -> None:
    def start(entry: Entry, at_once: int) -> Here:
        raise OSError(11, "Resource temporarily unavailable")

    path = begun(race_of(tiny(), tiny(algorithm="reptile")))
    with pytest.raises(RunBroken, match=r"^lane \d: its process could not be started: Resource temp"):
        list(raced(path, start=start))
    with pytest.raises(RunBroken, match=r"^lane \d: is paused in the queue; nothing else is left"):
        for event in raced(path):
            for entry in Line().entries() if isinstance(event, LaneLooked) else ():
                Line().pause(entry.id)
    assert not Line().entries(), "whoever ends leaves nothing in line"
    (*_, end) = raced(path)
    assert isinstance(end, RaceFinished) and end.is_over


def test_in_processes_of_their_own_and_killed_lanes_are_what_they_are_here(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    often = {"training.checkpoint_steps": 5}
    race = race_of(tiny(values=often), tiny(algorithm="reptile", values=often), amount=60)
    whole, path = begun(race), begun(race)
    list(raced(whole))
    monkeypatch.undo()
    monkeypatch.setenv("XDG_DATA_HOME", str(whole.parents[2]))
    monkeypatch.setattr(wanted, "BETWEEN", 0.1)
    started, end = list[subprocess.Popen[bytes]](), time.monotonic() + 300

    def start(entry: Entry, at_once: int) -> subprocess.Popen[bytes]:
        started.append(process.start_process(entry, at_once))
        return started[-1]

    with monkeypatch.context() as patch, closing(raced(path, start=start)) as first:
        patch.setattr(Owned, "withdraw", lambda self: None)  # as kill -9 does, which asks nobody
        for event in first:
            assert time.monotonic() < end
            if isinstance(event, LaneLooked) and event.meta_step > 5:
                started[event.lane].kill()
                started[event.lane].wait()
                break
    assert {entry.state for entry in Line().entries()} == {"running"}, "the other goes on by itself"
    told = list[RaceEvent]()
    for event in raced(path, start=start):
        assert time.monotonic() < end
        told.append(event)
    assert isinstance(told[-1], RaceFinished) and not Line().entries()
    assert sorted(process.wait(60) for process in started) == [-9, 0, 0]
    for one, other in zip(RaceFolder(whole).runs, RaceFolder(path).runs, strict=True):
        assert numbers(one) == numbers(other)
    assert looks_of(whole) == looks_of(path)
