"""A run that was killed, stopped or finished early goes on as if nothing had happened."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from metagen_gui.engine.events import (
    Event,
    Notice,
    RunFinished,
    RunStarted,
    Saved,
    SettingChanged,
    Snapshot,
    StepReport,
    ValidationReport,
)
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run.commands import Commands
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from metagen_gui.engine.run.training_run import TrainingRun
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import Checkpoint, files_of, load_checkpoint, manifests, save_checkpoint
from metagen_gui.engine.store.library import read_entry
from metagen_gui.engine.store.record import read_record
from metagen_gui.engine.store.snapshots import kept_steps, read_snapshot
from metagen_gui.testing.runs import outcome
from tests.engine.cells import diagonal, home

Tiny = Callable[..., Experiment]
EACH_STEP = {"training.meta_steps": 4, "training.checkpoint_steps": 1, "training.replay": False}


def of_kind(events: list[Event], kind: type[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def up_to(run: Iterator[Event], step: int) -> None:
    """Take a run's events up to the report of a step."""
    next(event for event in run if isinstance(event, StepReport) and event.meta_step == step)


def killed(experiment: Experiment, whole: Path, left: Path, step: int, commands: Commands | None = None) -> list[Event]:
    """Train in `whole` to the end; `left` becomes what a kill right after `step` would have left."""
    events = []
    for event in meta_train(experiment, out=whole, commands=commands, previews=False):
        events.append(event)
        if isinstance(event, StepReport) and event.meta_step == step:
            shutil.copytree(whole, left)
    return events


@pytest.mark.parametrize(("algorithm", "model"), diagonal(4))
def test_a_killed_run_goes_on_bit_for_bit(tiny: Tiny, tmp_path: Path, algorithm: str, model: str) -> None:
    """Killed at step 3, two steps after its last checkpoint: they are taken once more, and their rows written once."""
    steps = {
        "training.meta_steps": 4,
        "training.checkpoint_steps": 1 if algorithm == "maml" else 2,
        "training.replay": (algorithm, model) == ("maml", "vae"),  # a recording takes longer than these few steps
    }
    whole, left = tmp_path / "whole", tmp_path / "left"
    killed(tiny(home(model), model, algorithm, steps), whole, left, 3)
    events = list(resume_run(left, previews=False))
    (started,) = of_kind(events, RunStarted)
    assert started.resumed_from == (3 if algorithm == "maml" else 2)
    assert events[1].text == f"Resumed at step {started.resumed_from}." and isinstance(events[-1], RunFinished)
    assert outcome(left) == outcome(whole)


def test_a_run_killed_before_its_first_checkpoint_begins_again(tiny: Tiny, tmp_path: Path) -> None:
    """Where it had written of its beginning alone; of what came later nothing is wiped."""
    for event in meta_train(tiny(), out=tmp_path / "whole", previews=False):
        if isinstance(event, ValidationReport) and event.meta_step == 0:
            shutil.copytree(tmp_path / "whole", tmp_path / "left")
        if isinstance(event, StepReport) and event.meta_step == 1:
            shutil.copytree(tmp_path / "whole", tmp_path / "later")
    with pytest.raises(BadInput, match="holds no whole checkpoint, though the run had come to step 1; what it has"):
        next(resume_run(tmp_path / "later", previews=False))
    events = list(resume_run(tmp_path / "left", previews=False))
    assert of_kind(events, RunStarted)[0].resumed_from == 0
    assert [report.meta_step for report in of_kind(events, ValidationReport)] == [0, 2, 3]
    assert outcome(tmp_path / "left") == outcome(tmp_path / "whole")


def test_a_stopped_run_goes_on_bit_for_bit_with_its_pictures_and_seconds(tiny: Tiny, tmp_path: Path) -> None:
    """Validated and drawn at step 2, so not again on resuming; the clock goes on where it stood."""
    experiment = tiny("densities", "gan", "reptile", {"training.meta_steps": 5})
    list(meta_train(experiment, out=tmp_path / "whole"))
    run = meta_train(experiment, out=tmp_path / "run")
    up_to(run, 2)
    run.close()
    stopped = read_record(tmp_path / "run")
    assert stopped is not None and (stopped.state, stopped.meta_step) == ("stopped", 2) and stopped.seconds > 0
    events = list(resume_run(tmp_path / "run"))
    assert [report.meta_step for report in of_kind(events, ValidationReport)] == [4, 5]
    assert outcome(tmp_path / "run") == outcome(tmp_path / "whole")
    assert of_kind(events, StepReport)[0].seconds > stopped.seconds
    for name in ("whole", "run"):
        assert len(list((tmp_path / name / "samples").iterdir())) == 4
    finished = read_record(tmp_path / "run")
    assert finished is not None and finished.state == "finished" and finished.began == stopped.began


@pytest.mark.parametrize("step", [0, 2, 3])
def test_a_run_that_is_finished_early_is_looked_at_in_the_end_and_goes_on_as_if_it_had_not_been(
    tiny: Tiny, tmp_path: Path, step: int
) -> None:
    """Validated every two steps: at 3 what would be shown is that of step 2, and of a short run that of step 0."""
    experiment = tiny(values={"training.meta_steps": 5, "training.replay": False})
    list(meta_train(experiment, out=tmp_path / "whole"))
    commands = Commands()
    run = meta_train(experiment, out=tmp_path / "run", commands=commands)
    if step:
        up_to(run, step)
    commands.finish()
    commands.change("algorithm.inner_lr", experiment.config("algorithm").inner_lr)  # once more, so that it is taken
    last = list(run)
    looked = [type(event) for event in last if isinstance(event, Saved | ValidationReport | Snapshot)]
    assert looked == {0: [ValidationReport, Snapshot, Saved], 2: [Saved], 3: [Saved, ValidationReport, Snapshot]}[step]
    assert not of_kind(last, RunFinished) and of_kind(last, Saved)[0].meta_step == step
    stopped = read_record(tmp_path / "run")
    assert stopped is not None and (stopped.state, stopped.meta_step) == ("stopped", step)
    with (tmp_path / "run" / "metrics.csv").open(newline="") as file:
        told = list(csv.DictReader(file))[-1]
    assert told["meta_step"] == str(step) and told["validation/query_loss/curve/0"]
    assert (tmp_path / "run" / "samples" / f"step-{step:08d}.npz").exists()
    list(resume_run(tmp_path / "run"))
    assert outcome(tmp_path / "run") == outcome(tmp_path / "whole")


def test_a_setting_that_was_changed_on_the_way_stays_changed(tiny: Tiny, tmp_path: Path) -> None:
    commands = Commands()
    commands.change("training.outer_lr", 0.2)
    events = killed(tiny(values=EACH_STEP), tmp_path / "whole", tmp_path / "left", 2, commands)
    assert of_kind(events, SettingChanged)
    list(resume_run(tmp_path / "left", previews=False))
    assert outcome(tmp_path / "left") == outcome(tmp_path / "whole")
    assert (tmp_path / "left" / "events.jsonl").read_text().count("outer_lr") == 1
    assert Experiment.load(tmp_path / "left").config("training").outer_lr != 0.2, "the folder tells how the run began"


def test_leftovers_of_a_killed_save_are_removed(tiny: Tiny, tmp_path: Path) -> None:
    killed(tiny(values=EACH_STEP), tmp_path / "whole", tmp_path / "left", 2)
    for place in (".", "checkpoints", "samples"):
        (tmp_path / "left" / place / "some.tmp-123").write_bytes(b"half")
    (tmp_path / "left" / "checkpoints" / "step-00000003.safetensors").write_bytes(b"half")
    with (tmp_path / "left" / "metrics.csv").open("ab") as file:
        file.write(b"3,0.1,1.2")
    list(resume_run(tmp_path / "left", previews=False))
    assert not list((tmp_path / "left").rglob("*.tmp-*"))
    assert outcome(tmp_path / "left") == outcome(tmp_path / "whole")


# -- damage ------------------------------------------------------------------------------------------------------------


# -- who may resume ----------------------------------------------------------------------------------------------------


def test_a_run_that_died_after_its_last_step_is_finished_by_resuming_it(tiny: Tiny, tmp_path: Path) -> None:
    """Everything is saved, but the record says that it is running: it must not look interrupted for ever."""
    killed(tiny(values=EACH_STEP), tmp_path / "whole", tmp_path / "left", 4)
    assert read_entry(tmp_path / "left").state == "interrupted"
    events = list(resume_run(tmp_path / "left", previews=False))
    assert not of_kind(events, StepReport) and isinstance(events[-1], RunFinished)
    assert read_entry(tmp_path / "left").state == "finished"
    assert outcome(tmp_path / "left") == outcome(tmp_path / "whole")


def test_a_finished_run_is_not_resumed_and_stays_finished(tiny: Tiny, tmp_path: Path) -> None:
    list(meta_train(tiny(), out=tmp_path / "run"))
    before = outcome(tmp_path / "run")
    with pytest.raises(BadInput, match="has taken all its steps; branch from it"):
        next(resume_run(tmp_path / "run"))
    record = read_record(tmp_path / "run")
    assert record is not None and record.state == "finished" and outcome(tmp_path / "run") == before


def test_whoever_comes_second_is_told_who_holds_the_run(tiny: Tiny, tmp_path: Path) -> None:
    run = meta_train(tiny(), out=tmp_path / "run")
    up_to(run, 1)
    with pytest.raises(BadInput, match=rf"is being written by another MetaGen \(process {os.getpid()} on "):
        next(resume_run(tmp_path / "run"))
    assert [event.meta_step for event in run if isinstance(event, StepReport)] == [2, 3], "the first is not disturbed"
    with pytest.raises(BadInput, match="has taken all"):
        next(resume_run(tmp_path / "run"))


def test_what_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not a run folder") as refused:
        next(resume_run(tmp_path))
    assert refused.value.where == str(tmp_path) and not list(tmp_path.iterdir())


def test_another_torch_is_said_and_the_threads_are_those_of_the_run(tiny: Tiny, tmp_path: Path) -> None:
    run = meta_train(tiny(), out=tmp_path / "run")
    up_to(run, 1)
    run.close()
    found = load_checkpoint(tmp_path / "run" / "checkpoints", whole=True)
    threads = torch.get_num_threads()
    changed = replace(found.progress, torch="2.0", threads=threads + 1)
    other = Checkpoint(found.meta_step, found.meta, found.moments, changed)
    save_checkpoint(tmp_path / "run" / "checkpoints", other)
    try:
        events = list(resume_run(tmp_path / "run", previews=False))
        assert torch.get_num_threads() == threads + 1
    finally:
        torch.set_num_threads(threads)
    assert of_kind(events, Notice)[0].text.startswith("Begun with torch 2.0, resumed with ")


# -- branches ----------------------------------------------------------------------------------------------------------


# -- the best ----------------------------------------------------------------------------------------------------------


def test_the_best_checkpoint_outlives_newer_ones(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scored 5, 1, 4, 3 …: step 1 stays when three newer ones push the others out."""
    monkeypatch.setattr(TrainingRun, "score", lambda self, report: {0: 5.0, 1: 1.0}.get(report.meta_step, 4.0))
    values = {"training.meta_steps": 7, "training.checkpoint_steps": 1, "training.validate_every": 1}
    run = meta_train(tiny(values=values), out=tmp_path / "run", previews=False)
    up_to(run, 4)
    run.close()
    list(resume_run(tmp_path / "run", previews=False))
    kept = [path.stem for path in manifests(tmp_path / "run" / "checkpoints")]
    assert kept == [f"step-{step:08d}" for step in (1, 5, 6, 7)]
    record = read_record(tmp_path / "run")
    assert record is not None and (record.best, record.best_step) == (1.0, 1)


def test_a_run_resumed_from_its_best_state_knows_that_it_is(tiny: Tiny, tmp_path: Path) -> None:
    """The best state is written just before the newest; a kill between the two leaves only the best."""
    values = {"training.meta_steps": 6, "training.checkpoint_steps": 3, "training.validate_every": 2}
    events = killed(tiny(values=values), tmp_path / "whole", tmp_path / "left", 3)
    assert [saved.meta_step for saved in of_kind(events, Saved)] == [3, 6, 6]
    folder = tmp_path / "left" / "checkpoints"
    best = read_record(tmp_path / "left")
    assert best is not None and best.best_step in (0, 2), "or this seed does not show it"
    for file in files_of(folder / "step-00000003.json"):
        file.unlink()
    told = json.loads((folder / f"step-{best.best_step:08d}.json").read_text())["progress"]
    assert (told["best"], told["best_step"]) == (best.best, best.best_step)
    list(resume_run(tmp_path / "left", previews=False))
    assert outcome(tmp_path / "left") == outcome(tmp_path / "whole")


# -- folders of other people's making ----------------------------------------------------------------------------------


def test_a_setting_changed_while_the_run_was_paused_is_kept_by_quitting(tiny: Tiny, tmp_path: Path) -> None:
    """No step follows in which the run would hear of it, and its last one may be saved already."""
    commands = Commands()
    run = meta_train(tiny(values=EACH_STEP), out=tmp_path / "run", commands=commands, previews=False)
    up_to(run, 2)
    commands.change("training.outer_lr", 0.2)
    commands.change("training.outer_lr", -1)  # refused, and no reason to lose the other
    run.close()
    experiment = load_checkpoint(tmp_path / "run" / "checkpoints").progress.experiment
    assert experiment["training"]["outer_lr"] == 0.2
    list(resume_run(tmp_path / "run", previews=False))
    assert (tmp_path / "run" / "events.jsonl").read_text().count("outer_lr") == 1


def test_every_snapshot_of_a_run_is_made_from_the_same_latents(tiny: Tiny, tmp_path: Path) -> None:
    """Whatever the outer step, after a resume and a change of the steps shown; all of a flow's begin as that noise."""
    commands, begun, folder = Commands(), [], tmp_path / "run"
    events = meta_train(tiny("densities", "flow", "maml"), out=folder, commands=commands)
    for event in events:
        if isinstance(event, StepReport) and event.meta_step == 1:
            commands.change("training.steps_shown", 4)
            commands.sample_now()
        if isinstance(event, StepReport) and event.meta_step == 2:
            commands.finish()
    for _ in resume_run(folder):
        pass
    for step in kept_steps(folder):
        snapshot = read_snapshot(folder, step)
        assert snapshot.path is not None
        begun.append((step, snapshot.steps, snapshot.path[:, :, 0]))
    assert [step for step, _, _ in begun] == [0, 2, 3] and len({steps for _, steps, _ in begun}) == 2
    noise = begun[0][2][0, 0]
    assert noise.std() > 0.5 and all((latents == noise).all() for _, _, latents in begun)
