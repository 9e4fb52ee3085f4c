"""Whatever kills a sweep at whatever moment: it goes on, and every trial is run once and told once."""

from __future__ import annotations

import json
import math
import os
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from metagen_gui.engine.events import RunBroken
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.queue.entry import Entry
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.metrics_file import Curves
from metagen_gui.engine.store.record import RunRecord, read_record, write_record
from metagen_gui.engine.sweeps import sweep as room
from metagen_gui.engine.sweeps.folder import BEST, SweepFolder, standing_of
from metagen_gui.engine.sweeps.objective import Lost
from metagen_gui.engine.sweeps.optimizer import JOURNAL
from metagen_gui.engine.sweeps.plan import SweepPlan
from metagen_gui.engine.sweeps.standing import Figure, Measured, Standing
from tests.engine.cells import EVERY
from tests.engine.sweeps.test_plan import PLAN, RATE


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody pulls the plug here, and a sweep of stand-ins does little else than write."""
    monkeypatch.setattr(os, "fsync", bool)


class Killed(BaseException):
    """What the test does at a moment of its choice."""


class Bowl:
    """Stands in for what takes trained weights: a run scores by its settings, best at an inner rate of 0.1."""

    measured, measure, weighs_alike = Measured("loss", "Loss"), SimpleNamespace(metric=None), True

    def scores(self, run: Path) -> list[float]:
        experiment = Experiment.load(run)
        rate, seed = experiment.config("algorithm").inner_lr, experiment.config("training").seed
        return [abs(math.log10(rate) + 1) + 0.01 * seed + 0.001 * task for task in range(4)]

    def figure(self, scores: Sequence[Sequence[float]]) -> tuple[float, Figure]:
        mean = sum(map(sum, scores)) / (4 * len(scores))
        if mean > 1.9:
            raise Lost("the adaptation to 4 of 4 tasks diverges")
        return mean, Figure(mean, 0.1, mean - 1, mean + 1, 4, 2)

    def fresh(self, runs: Sequence[Path]) -> Figure:
        return Figure(sum(sum(self.scores(run)) for run in runs) / (4 * len(runs)), 0.1, 0, 1, 4, 2)

    def on_the_way(self, curves: Curves) -> dict[int, float]:
        return {}


class Runs:
    """Stands in for worker and processes: what waits in the line is done at the next look, one at a time."""

    def __init__(self, line: Line, end: Callable[[Entry], dict[str, Any]] = lambda entry: {"state": "done"}) -> None:
        self.line, self.end, self.trained = line, end, Counter[str]()

    def look(self) -> list[Entry]:
        entries = self.line.entries()
        waiting = next((entry for entry in entries if entry.state == "waiting"), None)
        if waiting is not None:
            run, ended = Path(waiting.run), self.end(waiting)
            run.mkdir(parents=True, exist_ok=True)
            (run / "experiment.json").write_text((waiting.folder / "experiment.json").read_text())
            if ended["state"] == "done" and read_record(run) is None:
                write_record(run, RunRecord(state="finished"))
                self.trained[run.name] += 1
            with self.line.held():
                self.line.change(self.line.entry(waiting.id), **ended)
        return self.line.entries()


def pulled(folder: Path, runs: Runs, plan: SweepPlan) -> Standing:
    opened = SweepFolder(folder, plan)
    try:
        owner = room.Owner(opened, plan, Bowl(), runs.line, runs.look, 2)  # type: ignore[arg-type]
        for _ in owner.until_over(0):
            pass
        return owner.concluded()
    finally:
        opened.release()


def plan_of(**more: Any) -> SweepPlan:
    return SweepPlan.from_document({**PLAN, **more})


def test_a_sweep_seeks_and_its_best_experiment_opens(tmp_path: Path) -> None:
    runs = Runs(Line(tmp_path / "line"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        standing = pulled(tmp_path / "sweep", runs, plan_of(trials=14))
    assert len(standing.trials) == 14 and len(runs.trained) == 28 and set(runs.trained.values()) == {1}
    assert standing.best is not None and standing.result is not None and standing.result.number == standing.best.number
    assert standing.trials[0].values[RATE] == 0.01, "one's own setting is the first that is tried"
    best = Experiment.load(tmp_path / "sweep" / BEST)
    assert best.config("algorithm").inner_lr == standing.best.values[RATE]
    assert next(iter(standing.importance)) == RATE
    seen = standing_of(tmp_path / "sweep")
    assert seen.trials == standing.trials and seen.result == standing.result
    assert all(run.is_dir() for trial in seen.trials for run in trial.runs)


def test_killed_at_every_moment_it_goes_on_and_no_trial_is_lost_or_told_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, whole = plan_of(trials=2, seeds=[5]), tmp_path / "whole"
    expected = pulled(whole / "sweep", Runs(Line(whole / "line")), plan)
    moment, interrupted, stride = 0, 0, 1 if EVERY else 5
    while True:
        moment += stride  # of the writes there are, some; those of one trial are no multiple of that
        here, left = tmp_path / str(moment), [moment]
        runs = Runs(Line(here / "line"))

        def kill(handle: int, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise Killed

        monkeypatch.setattr(os, "fsync", kill)
        try:
            pulled(here / "sweep", runs, plan)
        except Killed:
            interrupted += 1
        else:
            break
        monkeypatch.setattr(os, "fsync", bool)
        if (journal := here / "sweep" / JOURNAL).exists():
            with journal.open("ab") as file:
                file.write(b'{"op_code":6,"wor')  # as much of a line as had come to the disk
            journal.with_name(f"{JOURNAL}.lock").touch()
        standing = pulled(here / "sweep", runs, plan)
        assert [trial.values for trial in standing.trials] == [trial.values for trial in expected.trials]
        assert standing.result is not None and expected.result is not None
        assert standing.result.fresh == expected.result.fresh
        assert set(runs.trained.values()) == {1} and len(runs.trained) == 2
        assert runs.line.entries() == []
    assert interrupted > 30 / stride


def test_a_setting_that_is_refused_and_a_run_that_fails_end_their_trials_alone(tmp_path: Path) -> None:
    def end(entry: Entry) -> dict[str, Any]:
        return {"state": "failed", "problem": "out of luck"} if "trial 0 " in entry.name else {"state": "done"}

    trained = SweepPlan.trained

    def refuse(self: SweepPlan, values: Any, seed: int) -> Experiment:
        if values["algorithm.adapts"] == "head":
            raise BadInput("algorithm.adapts", "head does not go with this rate")
        return trained(self, values, seed)

    adapts = {"algorithm.adapts": {"choices": ["everything", "head"]}}
    own = {**PLAN["experiment"], "algorithm": {"name": "maml", "settings": {"adapts": "everything"}}}
    plan = plan_of(trials=8, experiment=own, ranges={**PLAN["ranges"], **adapts})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SweepPlan, "trained", refuse)
        standing = pulled(tmp_path / "sweep", Runs(Line(tmp_path / "line"), end), plan)
    failed = {trial.number: trial.problem for trial in standing.trials if trial.state == "failed"}
    assert failed.pop(0) == "out of luck"
    assert set(failed.values()) == {"algorithm.adapts: head does not go with this rate"}
    assert sum(trial.state == "done" for trial in standing.trials) + len(failed) == 7


def test_when_runs_fail_one_after_another_it_is_not_their_settings(tmp_path: Path) -> None:
    full, folder = {"state": "failed", "problem": "No space left on device"}, tmp_path / "sweep"
    with pytest.raises(RunBroken, match="of 5 trials in a row have failed, at last: No space left on device"):
        pulled(folder, Runs(Line(tmp_path / "line"), lambda entry: full), plan_of(trials=20))
    assert sum(trial.state == "failed" for trial in standing_of(folder).trials) == 5
    assert pulled(folder, Runs(Line(tmp_path / "line")), plan_of(trials=8)).result is not None


def test_what_is_hopeless_on_the_way_is_finished_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(trials=9, experiment={**PLAN["experiment"], "training": {"meta_steps": 100}})
    line = Line(tmp_path / "line")
    steps = Counter[str]()

    class Stepwise(Runs):
        """Runs two at a time, twenty steps a look, and heeds who asks it to end."""

        def look(self) -> list[Entry]:
            for entry in self.line.entries():
                run = Path(entry.run)
                if entry.state == "waiting" and sum(one.state == "running" for one in self.line.entries()) < 2:
                    run.mkdir(parents=True, exist_ok=True)
                    (run / "experiment.json").write_text((entry.folder / "experiment.json").read_text())
                    with self.line.held():
                        self.line.change(entry, state="running")
                elif entry.state == "running":
                    over = entry.pausing or steps[run.name] == 100
                    if not over:
                        steps[run.name] += 20
                    else:
                        write_record(run, RunRecord(state="stopped" if entry.pausing else "finished"))
                        with self.line.held():
                            self.line.settle(self.line.entry(entry.id))
            return self.line.entries()

    def rows(self: room.Owner, run: Path) -> dict[int, float]:
        if not run.is_dir():
            return {}
        return {step: Bowl().scores(run)[0] + 1 / step for step in range(20, steps[run.name] + 1, 20)}

    monkeypatch.setattr(room.Owner, "_rows", rows)
    standing = pulled(tmp_path / "sweep", Stepwise(line), plan)
    pruned = [trial for trial in standing.trials if trial.state == "pruned" and "outer step" in trial.problem]
    assert pruned and standing.best not in pruned
    assert all(steps[run.name] < 100 for trial in pruned for run in trial.runs)
    assert line.entries() == []
    assert all(20 <= trial.reached < 100 for trial in pruned), "the first fifth says nothing yet"


def test_closed_it_holds_its_runs_back_and_lets_them_go_on_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line, folder, plan = Line(tmp_path / "line"), tmp_path / "sweep", plan_of(trials=2)
    monkeypatch.setattr(room, "Objective", lambda plan: Bowl())
    going = room.sweep(plan, folder, line=line, look=line.entries, interval=0)
    next(going), next(going)
    with pytest.raises(BadInput, match="is being written by another MetaGen"):
        next(room.sweep(plan, folder, line=line, look=line.entries))
    assert {entry.state for entry in line.entries()} == {"waiting"}
    going.close()
    assert {entry.state for entry in line.entries()} == {"paused"}
    runs = Runs(line)
    *_, last = room.sweep(plan, folder, line=line, look=runs.look, interval=0)
    assert last.result is not None and len(runs.trained) == 4


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (b'{"op_code":4,"wor\n{"op_code":0}\n', "is damaged in line 1"),
        (b'["op_code"]\n', "is damaged in line 1"),
        (b'{"op_code":"kite"}\n', "is damaged; begin the sweep in another folder"),
        (b"\xff\xfe\n", "is damaged in line 1"),
    ],
)
def test_a_damaged_journal_is_told_of_and_left_as_it_is(tmp_path: Path, damage: bytes, said: str) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(plan_of().document()))
    (tmp_path / JOURNAL).write_bytes(damage)
    for opening in (lambda: pulled(tmp_path, Runs(Line(tmp_path / "line")), plan_of()), lambda: standing_of(tmp_path)):
        with pytest.raises(BadInput, match=said):
            opening()
    assert (tmp_path / JOURNAL).read_bytes() == damage


def test_a_journal_that_lost_its_end_takes_no_run_of_other_values_for_its_own(tmp_path: Path) -> None:
    runs = Runs(Line(tmp_path / "line"))
    before = pulled(tmp_path / "sweep", runs, plan_of(trials=3))
    journal = tmp_path / "sweep" / JOURNAL
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[: len(lines) // 3]))
    after = pulled(tmp_path / "sweep", runs, plan_of(trials=3, sampler_seed=0))
    assert len(after.trials) == len(before.trials)
    for trial in after.trials:
        for run in trial.runs:
            assert Experiment.load(run).config("algorithm").inner_lr == trial.values[RATE]


def test_a_folder_of_anything_else_is_refused_and_more_trials_are_the_same_sweep(tmp_path: Path) -> None:
    runs, folder = Runs(Line(tmp_path / "line")), tmp_path / "sweep"
    pulled(folder, runs, plan_of(trials=2))
    with pytest.raises(BadInput, match="holds a sweep of another plan"):
        pulled(folder, runs, plan_of(trials=2, seeds=[3]))
    assert len(pulled(folder, runs, plan_of(trials=4)).trials) == 4 and len(runs.trained) == 8
    (other := tmp_path / "other").mkdir()
    (other / "thesis.tex").touch()
    with pytest.raises(BadInput, match="holds no sweep"):
        pulled(other, runs, plan_of())
    assert [path.name for path in other.iterdir()] == ["thesis.tex"]
