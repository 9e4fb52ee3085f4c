"""`metagen runs`, `train --resume` and `train --branch`: what they print and do, and how they refuse."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch

from metagen_gui.engine import devices
from metagen_gui.engine.events import StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning import meta_learner
from metagen_gui.engine.run.commands import Commands
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.store.checkpoint import load_checkpoint, manifests
from metagen_gui.engine.store.library import read_entry, set_note
from metagen_gui.engine.store.names import runs_folder
from tests.cli.conftest import Done, Metagen
from tests.engine.small_runs import small_run

KEYS = {
    "folder", "name", "state", "tasks", "model", "algorithm", "meta_step", "meta_steps", "best", "best_step",
    "seconds", "began", "note", "parent", "problem", "resumable", "host",
}  # fmt: skip


def small(device: str = "cpu") -> Experiment:
    run = small_run(meta_steps=4, checkpoint_steps=1)
    return run.with_value("training.replay", False).with_value("training.device", device)


def stopped(folder: Path, step: int = 2, device: str = "cpu") -> Path:
    """Return the folder of a run that was stopped after a step."""
    run = meta_train(small(device), out=folder, previews=False)
    next(event for event in run if isinstance(event, StepReport) and event.meta_step == step)
    run.close()
    return folder


def refusal(done: Done) -> str:
    """Return the one line that a refusal comes to."""
    assert (done.status, done.out) == (2, "") and done.err.count("\n") == 1 and done.err.startswith("metagen: ")
    return done.err


# -- runs --------------------------------------------------------------------------------------------------------------


def test_the_runs_of_a_folder_for_programs(metagen: Metagen, tmp_path: Path) -> None:
    stopped(tmp_path / "b\nreak")
    done = metagen("runs", tmp_path, "--json")
    document = json.loads(done.out)
    assert (done.status, document["version"], document["folder"]) == (0, 1, str(tmp_path))
    (run,) = document["runs"]
    assert set(run) == KEYS
    assert (run["state"], run["meta_step"], run["meta_steps"], run["resumable"]) == ("stopped", 2, 4, True)
    assert run["folder"] == str(tmp_path / "b\nreak") and isinstance(run["best"], float)


def test_a_best_that_is_not_a_number_stays_json(metagen: Metagen, tmp_path: Path) -> None:
    """NaN and Infinity are not JSON."""
    state = stopped(tmp_path / "run", 1) / "state.json"
    state.write_text(json.dumps({**json.loads(state.read_text()), "best": float("inf")}))

    def refuse(word: str) -> None:
        raise AssertionError(word)

    document = json.loads(metagen("runs", tmp_path, "--json").out, parse_constant=refuse)
    assert [run["best"] for run in document["runs"]] == [None]


def test_the_runs_for_people(metagen: Metagen, tmp_path: Path) -> None:
    set_note(stopped(tmp_path / "first"), "try [red]this[/] \x1b[2J next")
    (tmp_path / "broken" / "checkpoints").mkdir(parents=True)
    (tmp_path / "broken" / "experiment.json").write_text("{")
    done = metagen("runs", tmp_path)
    assert done.status == 0 and "first" in done.out and "stopped" in done.out and "step 2 of 4" in done.out
    assert "maml · vae · densities" in done.out and "unreadable" in done.out and "not JSON" in done.out
    assert "try [red]this[/]" in done.out and "\x1b" not in done.out, "a note does not steer the terminal"
    assert "metagen train --resume FOLDER" in done.out


def test_no_runs_and_no_folder(metagen: Metagen, tmp_path: Path) -> None:
    assert metagen("runs", tmp_path).out == f"There are no runs in {tmp_path}.\n"
    assert json.loads(metagen("runs", tmp_path, "--json").out)["runs"] == []
    assert "there is no such folder" in refusal(metagen("runs", tmp_path / "missing"))


def test_without_a_folder_those_are_listed_that_live_where_runs_do(metagen: Metagen) -> None:
    run = stopped(runs_folder() / "mine", 1)
    listed = json.loads(metagen("runs", "--json").out)
    assert str(run) in [one["folder"] for one in listed["runs"]] and listed["folder"] == str(runs_folder())


# -- resume ------------------------------------------------------------------------------------------------------------


def test_a_stopped_run_is_resumed_to_its_end(metagen: Metagen, tmp_path: Path) -> None:
    folder = stopped(tmp_path / "run")
    done = metagen("train", "--resume", folder)
    assert done.status == 0 and done.out.startswith("Finished 4 steps in ") and str(folder) in done.out
    assert "Note: Resumed at step 2." in done.err
    assert read_entry(folder).state == "finished" and load_checkpoint(folder / "checkpoints").meta_step == 4
    assert "has taken all its steps; branch from it" in refusal(metagen("train", "--resume", folder))


@pytest.mark.parametrize("more", [["--set", "training.seed=3"], ["--meta-steps", 9], ["--out", "x"], ["--branch", "x"]])
def test_resuming_changes_nothing(metagen: Metagen, tmp_path: Path, more: list[object]) -> None:
    assert "use --branch" in refusal(metagen("train", "--resume", tmp_path, *more))


def test_a_run_begun_on_a_gpu_goes_on_where_there_is_none(
    metagen: Metagen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices.torch.cuda, "device_count", lambda: 0)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(meta_learner, "choose_device", lambda wanted: torch.device("cpu"))
        folder = stopped(tmp_path / "run", device="cuda")
    assert "training.device: there is no 'cuda' here; there are auto, cpu (as in --device cpu)" in refusal(
        metagen("train", "--resume", folder)
    )
    assert "there is no 'cuda:7'" in refusal(metagen("train", "--resume", folder, "--device", "cuda:7"))
    done = metagen("train", "--resume", folder, "--device", "cpu")
    assert done.status == 0, done.err
    assert "Note: Computed on cpu from here on, not cuda: the last digits may differ." in done.err
    assert "Note: Resumed at step 2." in done.err and read_entry(folder).state == "finished"


def test_the_device_that_it_was_is_no_news(metagen: Metagen, tmp_path: Path) -> None:
    done = metagen("train", "--resume", stopped(tmp_path / "run"), "--device", "cpu")
    assert done.status == 0 and "Computed on" not in done.err


def test_what_cannot_be_resumed_is_named(metagen: Metagen, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        assert str(folder) in refusal(metagen("train", "--resume", folder))
    damaged = stopped(tmp_path / "damaged", 1)
    for path in manifests(damaged / "checkpoints"):
        path.write_bytes(b"")
    assert "holds no whole checkpoint; the damaged ones were set aside" in refusal(
        metagen("train", "--resume", damaged)
    )


def test_a_run_that_somebody_else_writes_is_left_alone(metagen: Metagen, tmp_path: Path) -> None:
    stopped(tmp_path / "other", 1)
    run = meta_train(Experiment.load(tmp_path / "other"), out=tmp_path / "run", previews=False)
    next(event for event in run if isinstance(event, StepReport))
    said = refusal(metagen("train", "--resume", tmp_path / "run"))
    assert f"is being written by another MetaGen (process {os.getpid()} on " in said
    assert [event.meta_step for event in run if isinstance(event, StepReport)] == [2, 3, 4]


# -- branch ------------------------------------------------------------------------------------------------------------


def test_a_branch_has_the_settings_of_its_parent_but_for_those_that_are_given(metagen: Metagen, tmp_path: Path) -> None:
    parent = stopped(tmp_path / "parent", 3)
    done = metagen(
        "train", "--branch", parent, "--at", 2, "--set", "training.outer_lr=0.05", "--out", tmp_path / "child"
    )
    assert done.status == 0 and "Note: Begins with what parent had learned at step 2." in done.err
    entry = read_entry(tmp_path / "child")
    assert (entry.parent, entry.state, entry.meta_step) == ("parent@2", "finished", 4)
    training = Experiment.load(tmp_path / "child").config("training")
    assert (training.outer_lr, training.meta_batch_size) == (0.05, 2)
    assert read_entry(parent).state == "stopped"


def test_a_branch_has_the_settings_that_were_changed_up_to_its_checkpoint(metagen: Metagen, tmp_path: Path) -> None:
    commands, parent = Commands(), tmp_path / "parent"
    for event in meta_train(small(), out=parent, commands=commands, previews=False):
        if isinstance(event, StepReport) and event.meta_step == 2:
            commands.change("training.outer_lr", 0.07)  # taken with the next step
    begun = Experiment.load(parent).config("training").outer_lr
    assert begun != 0.07
    for at, rate in ((None, 0.07), (3, 0.07), (2, begun)):
        place = () if at is None else ("--at", at)
        out = tmp_path / f"at-{at}"
        assert metagen("train", "--branch", parent, *place, "--meta-steps", 5, "--out", out).status == 0
        assert Experiment.load(out).config("training").outer_lr == rate


def test_branches_that_cannot_be_are_refused(metagen: Metagen, tmp_path: Path) -> None:
    parent, out = stopped(tmp_path / "parent"), tmp_path / "child"
    assert "give --branch as well" in refusal(metagen("train", "--at", 2))
    assert "no whole checkpoint of step 77" in refusal(metagen("train", "--branch", parent, "--at", 77, "--out", out))
    short = metagen("train", "--branch", parent, "--meta-steps", 2, "--out", out)
    assert "training.meta_steps: the run begins at step 2" in refusal(short)
    assert str(tmp_path / "missing") in refusal(metagen("train", "--branch", tmp_path / "missing", "--out", out))
    wider = metagen("train", "--branch", parent, "--set", "model.width=7", "--out", out)
    assert "does not fit this experiment" in refusal(wider)
    assert not out.exists()
