"""A run that was killed or stopped goes on as if nothing had happened; a new one may begin where another stood."""

from __future__ import annotations

import csv
import errno
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
from metagen_gui.engine.files import read_file
from metagen_gui.engine.run import outer_loop
from metagen_gui.engine.run.commands import Commands
from metagen_gui.engine.run.outer_loop import Origin, meta_train, resume_run
from metagen_gui.engine.run.training_run import TrainingRun
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store import checkpoint
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


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def another_number(path: Path, name: str) -> None:
    """Change a digit in a manifest: it stays well-formed and within every range."""
    before = path.read_text()
    at = before.index(f'"{name}": ') + len(f'"{name}": ')
    digit = next(place for place in range(at, len(before)) if before[place] in "12345678")
    path.write_text(f"{before[:digit]}{int(before[digit]) + 1}{before[digit + 1 :]}")


DAMAGES: dict[str, Callable[[Path], None]] = {
    "weights": lambda path: flip(files_of(path)[2]),
    "optimizer": lambda path: flip(files_of(path)[1]),
    "optimizer gone": lambda path: files_of(path)[1].unlink(),
    "manifest cut": lambda path: os.truncate(path, 100),
    "another step": lambda path: another_number(path, "meta_step"),
    "another rate": lambda path: another_number(path, "outer_lr"),
    "another size of the metrics": lambda path: another_number(path, "metrics.csv"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_of_a_damaged_checkpoint_the_previous_one_is_used_and_it_is_said(
    tiny: Tiny, tmp_path: Path, damage: str
) -> None:
    killed(tiny(values=EACH_STEP), tmp_path / "whole", tmp_path / "left", 3)
    DAMAGES[damage](manifests(tmp_path / "left" / "checkpoints")[-1])
    events = list(resume_run(tmp_path / "left", previews=False))
    assert of_kind(events, RunStarted)[0].resumed_from == 2
    assert of_kind(events, Notice)[0].text == "The checkpoint step-00000003 is damaged and was set aside."
    aside = {path.name for path in (tmp_path / "left" / "checkpoints").glob("*.corrupt")}
    assert "step-00000003.json.corrupt" in aside and "step-00000003.safetensors.corrupt" in aside
    assert outcome(tmp_path / "left") == outcome(tmp_path / "whole")


def test_where_all_are_damaged_nothing_is_begun_anew_over_what_there_is(tiny: Tiny, tmp_path: Path) -> None:
    list(meta_train(tiny(), out=tmp_path / "run"))
    flip(tmp_path / "run" / "checkpoints" / "step-00000003.safetensors")
    metrics = (tmp_path / "run" / "metrics.csv").read_bytes()
    # the best of the three steps is kept as well
    for path in manifests(tmp_path / "run" / "checkpoints"):
        path.write_bytes(b"")
    for _ in range(2):
        with pytest.raises(BadInput, match="holds no whole checkpoint; the damaged ones were set aside"):
            next(resume_run(tmp_path / "run"))
    assert (tmp_path / "run" / "metrics.csv").read_bytes() == metrics


@pytest.mark.parametrize("lost", ["manifests", "all", "all and the record", "all but the record"])
def test_where_all_are_lost_nothing_is_begun_anew_over_what_there_is(tiny: Tiny, tmp_path: Path, lost: str) -> None:
    """Of a finished run, too: its metrics and events would be wiped."""
    folder = tmp_path / "run"
    list(meta_train(tiny(), out=folder, previews=False))
    for path in (folder / "checkpoints").glob("step-*.json" if lost == "manifests" else "*"):
        path.unlink()
    if lost == "all and the record":
        (folder / "state.json").unlink()
    if lost == "all but the record":
        (folder / "metrics.csv").unlink()
    written = {path: path.read_bytes() for path in folder.iterdir() if path.suffix in (".csv", ".jsonl", ".json")}
    said = "weights without a manifest" if lost == "manifests" else "though the run had come to step 3; what it has"
    for _ in range(2):
        with pytest.raises(BadInput, match=f"holds no whole checkpoint.*{said}"):
            next(resume_run(folder))
    assert {path: path.read_bytes() for path in written} == written


def test_a_checkpoint_that_only_holds_weights_is_not_gone_on_with_nor_set_aside(tiny: Tiny, tmp_path: Path) -> None:
    run = meta_train(tiny(), out=tmp_path / "run")
    up_to(run, 1)
    run.close()
    meta = load_checkpoint(tmp_path / "run" / "checkpoints").meta
    save_checkpoint(tmp_path / "run" / "checkpoints", Checkpoint(2, meta))
    with pytest.raises(BadInput, match="not how to go on; export it instead"):
        next(resume_run(tmp_path / "run"))
    assert load_checkpoint(tmp_path / "run" / "checkpoints").meta_step == 2


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


@pytest.fixture
def parent(tiny: Tiny, tmp_path: Path) -> Path:
    list(meta_train(tiny(values=EACH_STEP), out=tmp_path / "parent", previews=False))
    return tmp_path / "parent"


def test_a_branch_begins_where_its_parent_stood_and_knows_it(tiny: Tiny, tmp_path: Path, parent: Path) -> None:
    """With the same settings it takes the very steps of its parent; the parent is left as it was."""
    before = {path: path.read_bytes() for path in parent.rglob("*") if path.is_file()}
    same = meta_train(tiny(values=EACH_STEP), out=tmp_path / "same", parent=Origin(parent, 2), previews=False)
    events = list(same)
    assert events[1].text == "Begins with what parent had learned at step 2."
    assert [report.meta_step for report in of_kind(events, StepReport)] == [3, 4]
    assert outcome(tmp_path / "same")[1:3] == outcome(parent)[1:3]
    assert {path: path.read_bytes() for path in parent.rglob("*") if path.is_file()} == before
    record = read_record(tmp_path / "same")
    assert record is not None and record.parent == "parent@2"
    other = tiny(values={**EACH_STEP, "training.outer_lr": 0.2})
    list(meta_train(other, out=tmp_path / "other", parent=Origin(parent, 2), previews=False))
    assert outcome(tmp_path / "other")[1] != outcome(parent)[1]
    assert load_checkpoint(tmp_path / "other" / "checkpoints", 4).meta_step == 4


def test_a_branch_that_sees_other_pixels_says_that_losses_do_not_compare(tiny: Tiny, tmp_path: Path) -> None:
    list(meta_train(tiny("strokes", "vae"), out=tmp_path / "grey", previews=False))
    values = {"training.meta_steps": 9, "tasks.pixels": "binary"}
    run = meta_train(tiny("strokes", "vae", values=values), out=tmp_path / "run", parent=Origin(tmp_path / "grey"))
    told = [next(run).text for _ in range(3)[1:]] if next(run) else []
    run.close()
    assert told[1] == (
        "It had learned from images of shape 1 × 16 × 16, grey; here they are images of shape 1 × 16 × 16, 0 or 1: the "
        "two losses do not compare."
    )


def test_a_branch_has_settings_and_weights_of_one_step_though_its_parent_goes_on(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    longer = tiny(values={**EACH_STEP, "training.meta_steps": 5})
    run = meta_train(longer, out=tmp_path / "parent", previews=False)
    up_to(run, 2)
    run.close()
    origin = Origin(tmp_path / "parent")
    experiment = origin.experiment()
    list(resume_run(tmp_path / "parent", previews=False))
    monkeypatch.setattr(outer_loop, "load_checkpoint", None)  # once is enough
    events = list(meta_train(experiment, out=tmp_path / "branch", parent=origin, previews=False))
    assert [report.meta_step for report in of_kind(events, StepReport)] == [3, 4, 5]


def test_a_branch_is_resumed_like_any_run(tiny: Tiny, tmp_path: Path, parent: Path) -> None:
    run = meta_train(
        tiny(values={**EACH_STEP, "training.meta_steps": 6}), out=tmp_path / "branch", parent=Origin(parent)
    )
    up_to(run, 5)
    run.close()
    events = list(resume_run(tmp_path / "branch"))
    assert [report.meta_step for report in of_kind(events, StepReport)] == [6]
    record = read_record(tmp_path / "branch")
    assert record is not None and (record.parent, record.state) == ("parent@4", "finished")


@pytest.mark.parametrize(("parent_algorithm", "algorithm"), [("reptile", "maml"), ("maml", "meta_sgd")])
def test_another_algorithm_takes_over_what_fits_and_says_what_does_not(
    tiny: Tiny, tmp_path: Path, parent_algorithm: str, algorithm: str
) -> None:
    """Reptile has no rates at all, MAML others than Meta-SGD; the weights are the same."""
    list(meta_train(tiny("densities", "vae", parent_algorithm), out=tmp_path / "parent", previews=False))
    experiment = tiny("densities", "vae", algorithm, {"training.meta_steps": 5, "training.outer_lr": 0.0})
    events = list(meta_train(experiment, out=tmp_path / "run", parent=Origin(tmp_path / "parent"), previews=False))
    assert "of its parameters begin afresh, as vae/@rate" in of_kind(events, Notice)[1].text
    mine = load_checkpoint(tmp_path / "run" / "checkpoints").meta["vae"]
    theirs = load_checkpoint(tmp_path / "parent" / "checkpoints").meta["vae"]
    weights = [name for name in mine if not name.startswith("@")]
    assert weights and set(weights) < set(mine)
    assert all(torch.equal(mine[name], theirs[name]) for name in weights), "a rate of 0 leaves them alone"


@pytest.mark.parametrize(
    ("model", "changes", "complaint"),
    [
        ("curve", {"training.meta_steps": 4}, "the run begins at step 4, so it must be more than that"),
        ("curve", {"training.meta_steps": 9, "model.width": 7}, "does not fit this experiment: curve/"),
        ("gan", {"training.meta_steps": 9}, "holds nothing that a gan could take over"),
    ],
)
def test_what_cannot_be_branched_is_refused_before_anything_is_made(
    tiny: Tiny, tmp_path: Path, parent: Path, model: str, changes: dict[str, Any], complaint: str
) -> None:
    experiment = tiny("sinusoids" if model == "curve" else "densities", model, "maml", changes)
    with pytest.raises(BadInput, match=complaint):
        next(meta_train(experiment, out=tmp_path / "run", parent=Origin(parent)))
    assert not (tmp_path / "run").exists()
    with pytest.raises(BadInput, match="holds no whole checkpoint of step 77"):
        next(meta_train(tiny(), out=tmp_path / "run", parent=Origin(parent, 77)))


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


@pytest.mark.parametrize("part", ["metrics.csv", "events.jsonl", "run.holder", "samples", "checkpoints"])
def test_nothing_outside_the_folder_is_touched(tiny: Tiny, tmp_path: Path, part: str) -> None:
    killed(tiny(values=EACH_STEP), tmp_path / "whole", tmp_path / "left", 2)
    place, others = tmp_path / "left" / part, tmp_path / "others"
    if place.is_dir():
        shutil.copytree(place, others)
        (others / "step-00000007.safetensors").write_bytes(b"no manifest")
        (others / "half.tmp-1").write_bytes(b"of somebody else")
        shutil.rmtree(place)
    else:
        others.write_text("precious, without a line end")
        place.unlink(missing_ok=True)
    place.symlink_to(others)
    before = {path: path.read_bytes() for path in (others, *others.rglob("*")) if path.is_file()}
    if part == "run.holder":
        list(resume_run(tmp_path / "left", previews=False))
    else:
        with pytest.raises(BadInput, match=f"{part}: is a link"):
            list(resume_run(tmp_path / "left", previews=False))
    assert {path: path.read_bytes() for path in (others, *others.rglob("*")) if path.is_file()} == before


@pytest.mark.parametrize(
    ("name", "lie"),
    [
        ("sizes", [1]),
        ("sizes", {"metrics.csv": -5}),
        ("threads", True),
        ("chunk", -3),
        ("best", "low"),
        ("seconds", float("nan")),
        ("health", {"divergence": 5}),
    ],
)
def test_progress_that_no_run_would_have_written_is_named(tiny: Tiny, tmp_path: Path, name: str, lie: object) -> None:
    killed(tiny(values=EACH_STEP), tmp_path / "whole", tmp_path / "left", 2)
    folder = tmp_path / "left" / "checkpoints"
    found = load_checkpoint(folder, whole=True)
    save_checkpoint(folder, replace(found, progress=replace(found.progress, **{name: lie})))
    for _ in range(2):  # and the folder is let go
        with pytest.raises(BadInput, match=f"checkpoint of step 2: {name}"):
            list(resume_run(tmp_path / "left", previews=False))


def test_memories_of_health_that_no_run_would_have_written_are_left_out(tiny: Tiny, tmp_path: Path) -> None:
    killed(tiny(values=EACH_STEP), tmp_path / "whole", tmp_path / "left", 2)
    folder = tmp_path / "left" / "checkpoints"
    found = load_checkpoint(folder, whole=True)
    wild = {kind: dict.fromkeys(state, "x") for kind, state in found.progress.health.items()}
    save_checkpoint(folder, replace(found, progress=replace(found.progress, health=wild)))
    assert of_kind(list(resume_run(tmp_path / "left", previews=False)), RunFinished)


def test_a_checkpoint_from_beyond_the_last_step_is_not_gone_on_with(tiny: Tiny, tmp_path: Path) -> None:
    killed(tiny(values=EACH_STEP), tmp_path / "whole", tmp_path / "left", 2)
    folder = tmp_path / "left" / "checkpoints"
    save_checkpoint(folder, replace(load_checkpoint(folder, whole=True), meta_step=2**62))
    with pytest.raises(BadInput, match="has taken all its steps"):
        list(resume_run(tmp_path / "left", previews=False))


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


def test_a_checkpoint_that_cannot_be_read_just_now_is_not_taken_for_damaged(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that is away, too many open files: later it is as good as ever."""
    killed(tiny(values=EACH_STEP), tmp_path / "whole", tmp_path / "left", 2)
    before = sorted((tmp_path / "left" / "checkpoints").iterdir())

    def refusing(path: Path, most: int) -> bytes:
        if path.name == "step-00000002.optimizer.safetensors":
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), str(path))
        return read_file(path, most)

    monkeypatch.setattr(checkpoint, "read_file", refusing)
    with pytest.raises(BadInput, match=r"step-00000002\.optimizer\.safetensors: Too many open files"):
        list(resume_run(tmp_path / "left", previews=False))
    assert sorted((tmp_path / "left" / "checkpoints").iterdir()) == before
    monkeypatch.undo()
    list(resume_run(tmp_path / "left", previews=False))
    assert outcome(tmp_path / "left") == outcome(tmp_path / "whole")


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
