"""Races as they are run: every lane is an ordinary run, whatever is closed, thrown away or killed on the way."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Generator
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from metagen_gui.engine.events import Snapshot, StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.pace import Pace
from metagen_gui.engine.races import runner
from metagen_gui.engine.races.events import (
    LaneEnded,
    LaneLooked,
    LaneTold,
    Led,
    RaceAdvanced,
    RaceBegun,
    RaceEvent,
    RaceFinished,
    RaceNotice,
)
from metagen_gui.engine.races.folder import LOOKED, RaceFolder, kept_races
from metagen_gui.engine.races.race import Race
from metagen_gui.engine.races.runner import run_race
from metagen_gui.engine.run import training_run
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.library import list_runs, read_entry
from metagen_gui.engine.store.lock import RunLock
from metagen_gui.engine.store.names import CHECKPOINTS
from metagen_gui.engine.store.trash import throw_away, thrown_away
from tests.engine.races.test_race import race_of

Tiny = Callable[..., Experiment]


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library of this test's own; turns are so short that every step is one."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "SLICE", 0.0)
    return tmp_path


def begun(race: Race) -> Path:
    """Return the folder of a race that is about to begin."""
    return RaceFolder.create(race).path


def numbers(run: Path) -> list[str]:
    """Return what a run has measured, without the seconds."""
    rows = (run / "metrics.csv").read_text().splitlines()
    return [",".join((row.split(",")[0], *row.split(",")[2:])) for row in rows]


def until(events: Generator[RaceEvent, None, object], steps: int) -> list[RaceEvent]:
    """Return what a race tells until its lanes have taken so many steps together, and close it."""
    found = []
    with closing(events):
        for event in events:
            found.append(event)
            steps -= isinstance(event, LaneTold) and isinstance(event.event, StepReport)
            if steps <= 0:
                break
    return found


def test_lanes_are_ordinary_runs_of_the_library_that_advance_together(tiny: Tiny, tmp_path: Path) -> None:
    race = race_of(tiny(), tiny(algorithm="reptile"), tiny(algorithm="meta_sgd"))
    path = begun(race)
    told = list(run_race(path))
    steps = [event.lane for event in told if isinstance(event, LaneTold) and isinstance(event.event, StepReport)]
    assert steps == [0, 1, 2] * 6
    runs = RaceFolder(path).runs
    assert {entry.folder for entry in list_runs()} == set(runs)
    assert [read_entry(run).name for run in runs] == [f"lane {place} (race {path.name})" for place in range(3)]
    for place, run in enumerate(runs):
        assert read_entry(run).state == "finished"
        alone = tmp_path / f"alone {place}"
        list(meta_train(race.experiment(place, 6), out=alone))
        assert numbers(run) == numbers(alone)


def test_who_leads_is_told_from_the_same_tasks_and_curves_have_intervals(tiny: Tiny) -> None:
    path = begun(race_of(tiny(), tiny(algorithm="reptile")))
    told = list(run_race(path))
    looks = [event for event in told if isinstance(event, LaneLooked)]
    assert [(look.lane, look.meta_step) for look in looks[:4]] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert all(math.isfinite(look.loss) and look.interval > 0 for look in looks)
    assert [look.seconds for look in looks if look.lane == 0] == sorted(
        look.seconds for look in looks if look.lane == 0
    )
    led = [event for event in told if isinstance(event, Led)]
    last = {look.lane: look.loss for look in looks}
    assert len(led) == 7 and led[-1].leader == min(last, key=lambda lane: last[lane])
    assert f"lane {led[-1].leader} leads lane {1 - (led[-1].leader or 0)} by" in led[-1].sentence
    assert sorted(looks, key=lambda look: (look.lane, look.meta_step)) == RaceFolder(path).looks()


def test_a_race_that_is_closed_goes_on_where_it_was_with_the_same_numbers(tiny: Tiny) -> None:
    race = race_of(tiny(), tiny(algorithm="reptile"))
    whole, broken = begun(race), begun(race)
    list(run_race(whole))
    for _ in range(3):
        until(run_race(broken), 3)
    assert [read_entry(run).state for run in RaceFolder(broken).runs] == ["stopped", "stopped"]
    told = list(run_race(broken))
    assert isinstance(told[-1], RaceFinished)
    for one, other in zip(RaceFolder(whole).runs, RaceFolder(broken).runs, strict=True):
        assert numbers(one) == numbers(other)
    before, after = (
        [(look.lane, look.meta_step, look.loss, look.interval) for look in RaceFolder(path).looks()]
        for path in (whole, broken)
    )
    assert before == after
    seen = [event for event in told[: len(before)] if isinstance(event, LaneLooked)]
    assert seen and seen[0].meta_step == 0  # what was drawn before is drawn again


def test_a_finished_race_is_judged_again_without_a_step(tiny: Tiny) -> None:
    path = begun(race_of(tiny(), tiny(algorithm="reptile")))
    first, again = list(run_race(path)), list(run_race(path))
    shown = [event.event for event in again if isinstance(event, LaneTold)]
    assert [(type(event), event.meta_step) for event in shown if isinstance(event, Snapshot)] == [(Snapshot, 6)] * 2
    assert len(shown) == 2
    assert [event.lane for event in again if isinstance(event, LaneEnded)] == [0, 1]
    assert isinstance(first[-1], RaceFinished) and first[-1] == again[-1]


def test_equal_seconds_are_as_many_steps_as_fit_in(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    paces = {"maml": 0.5, "reptile": 0.1}
    timed = list[str]()

    def known(experiment: Experiment) -> Pace:
        timed.append(experiment.algorithm)
        busy = 3.0 if len(timed) <= 2 else 1.0
        return Pace(0.0, paces[experiment.algorithm] * busy)

    monkeypatch.setattr(runner, "pace_of", known)
    path = begun(race_of(tiny(), tiny(algorithm="reptile"), equal="seconds", amount=1.0))
    told = list(run_race(path))
    (ready,) = (event for event in told if isinstance(event, RaceBegun))
    assert ready.steps == (2, 10) and timed == ["maml", "reptile"] * 2
    assert [read_entry(run).meta_step for run in ready.runs] == [2, 10]
    shares = [event.share for event in told if isinstance(event, RaceAdvanced)]
    assert shares == sorted(shares)
    until(run_race(path), 1)
    assert timed == ["maml", "reptile"] * 2  # how many steps there are is known by now


def test_what_looking_took_is_told_apart_from_training(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    class Watch(runner.Stopwatch):
        def start(self) -> None:
            pass

        def stop(self) -> float:
            self.seconds += 1.0  # every event takes one
            return 1.0

    monkeypatch.setattr(runner, "Stopwatch", Watch)
    path = begun(race_of(tiny(), tiny(algorithm="reptile"), amount=52))  # looked at after every third step
    told, seen = list(run_race(path)), [0, 0]
    for event in told:
        if isinstance(event, LaneTold):
            seen[event.lane] += 1
    folder = RaceFolder(path)
    assert folder.seconds == [float(count) for count in seen]
    for whole, looking in zip(folder.seconds, folder.looking, strict=True):
        assert 0 < looking < whole
    (remark,) = (text for text in told[-1].verdict.notices if "Seconds of computing" in text)  # type: ignore[union-attr]
    assert f"lane 0 {folder.seconds[0] - folder.looking[0]:.3g} and {folder.looking[0]:.3g}" in remark


def test_a_lane_whose_run_was_thrown_away_begins_anew_and_nothing_is_lost(tiny: Tiny) -> None:
    path = begun(race_of(tiny(), tiny(algorithm="reptile")))
    until(run_race(path), 6)
    run = RaceFolder(path).runs[1]
    throw_away(run)
    told = list(run_race(path))
    assert "not in the library any more" in next(event.text for event in told if isinstance(event, RaceNotice))
    assert isinstance(told[-1], RaceFinished) and read_entry(run).state == "finished"
    assert [thrown.folder for thrown in thrown_away()] == [run]
    looks = [look.meta_step for look in RaceFolder(path).looks() if look.lane == 1]
    assert looks == [*range(7)]


def test_a_lane_that_was_killed_before_its_first_checkpoint_begins_anew(tiny: Tiny) -> None:
    path = begun(race_of(tiny(), tiny(algorithm="reptile")))
    until(run_race(path), 4)
    run = RaceFolder(path).runs[0]
    for file in (run / CHECKPOINTS).glob("step-*"):
        file.unlink()
    told = list(run_race(path))
    assert "is begun anew" in next(event.text for event in told if isinstance(event, RaceNotice))
    assert isinstance(told[-1], RaceFinished) and len(thrown_away()) == 1


def test_a_race_can_be_judged_before_its_end_and_go_on_afterwards(tiny: Tiny) -> None:
    path = begun(race_of(tiny(), tiny(algorithm="reptile")))
    until(run_race(path), 6)
    (*_, end) = run_race(path, finish=True)
    assert isinstance(end, RaceFinished) and "Judged before the end: lanes have 50%" in end.verdict.notices[0]
    (*_, end) = run_race(path)
    assert isinstance(end, RaceFinished) and not any("before the end" in text for text in end.verdict.notices)


def test_a_lane_that_diverges_is_told_of_and_the_others_go_on(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_run, "MOST_FAILURES", 5)
    wild = {"algorithm.inner_lr": 100, "algorithm.inner_clip": 0, "algorithm.adaptation_steps": 8}
    path = begun(race_of(tiny(), tiny(values=wild), tiny(algorithm="reptile"), amount=12))
    told = list(run_race(path))
    ends = {event.lane: event.problem for event in told if isinstance(event, LaneEnded)}
    assert ends[0] == ends[2] == "" and ends[1].startswith("diverged")
    assert isinstance(told[-1], RaceFinished)
    assert told[-1].verdict.winner in (0, 2) and {one.lane for one in told[-1].verdict.standings} == {0, 2}
    assert any("lane 1 diverged" in text for text in told[-1].verdict.notices)
    (*_, again) = run_race(path)
    assert again == told[-1]


def test_two_programs_do_not_run_one_race(tiny: Tiny) -> None:
    path = begun(race_of(tiny(), tiny(algorithm="reptile")))
    with closing(run_race(path)) as race:
        next(race)
        with pytest.raises(BadInput, match="being written by"):
            next(run_race(path))
    list(run_race(path))


def test_what_is_wrong_with_a_lane_is_told_with_its_name(tiny: Tiny) -> None:
    path = begun(race_of(tiny(), tiny(algorithm="reptile")))
    with closing(run_race(path)) as race:
        list(islice(race, 30))
    lock = RunLock(RaceFolder(path).runs[1])
    with pytest.raises(BadInput, match=r"lane 1: .* is being written by"):
        list(run_race(path))
    lock.release()
    list(run_race(path))


def test_races_are_kept_the_newest_first_and_damage_is_named(tiny: Tiny, tmp_path: Path) -> None:
    assert kept_races(tmp_path / "none") == []
    first, second = begun(race_of(tiny(), tiny())), begun(race_of(tiny(), tiny(), amount=3))
    (tmp_path / "metagen" / "races" / "broken").mkdir()
    (tmp_path / "metagen" / "races" / "broken" / "race.json").write_text("{")
    assert [kept.folder for kept in kept_races()] == [second, first]
    assert not kept_races()[0].held
    lanes = {"steps": [1, 2], "runs": ["a", "b"], "seconds": [0, 0], "looking": [0, 0]}
    damaged = [json.dumps({**lanes, "steps": steps}) for steps in ([1], [0, 1], [float("inf"), 1])] + ["[" * 9_000]
    for text in damaged:
        (second / "lanes.json").write_text(text)
        with pytest.raises(BadInput, match="is damaged; the runs of this race are in the library"):
            RaceFolder(second)
    folder = RaceFolder(first)
    folder.begin((1, 2))
    for lane in (0, 9):
        folder.keep_look(LaneLooked(lane, 1, 0.1, 0.5, 0.1))
    assert [look.lane for look in folder.looks()] == [0]
    (first / LOOKED).write_text("not JSON\n")
    assert RaceFolder(first).looks() == []
