"""The library of runs: each state is told for what it is, and what cannot be read is listed with the reason."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from metagen_gui.engine.events import StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run.outer_loop import Origin, meta_train, resume_run
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.library import (
    checkpoints,
    differing_settings,
    duplicate,
    experiment_at,
    list_runs,
    read_entry,
    rename,
    set_note,
)
from metagen_gui.engine.store.record import read_record
from metagen_gui.engine.trained.export import export_initialization
from tests.kept_runs import keep_run

INNER_LR = {"event": "setting", "path": "algorithm.inner_lr", "meta_step": 60, "value": 0.07}
Tiny = Callable[..., Experiment]
VALUES = {"training.replay": False, "training.checkpoint_steps": 1}
ENDLESS = (
    b'{"tasks": {"name": "a"}, "model": {"name": "b"}, "algorithm": {"name": "c"}, "training": {"meta_steps": 1e999}}'
)


def stopped(experiment: Experiment, folder: Path, step: int = 2) -> Path:
    run = meta_train(experiment, out=folder, previews=False)
    next(event for event in run if isinstance(event, StepReport) and event.meta_step == step)
    run.close()
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_state_is_told_for_what_it_is(tiny: Tiny, tmp_path: Path) -> None:
    """Running while it is held, interrupted as soon as nobody holds it, then stopped, finished or failed."""
    run = meta_train(tiny(values=VALUES), out=tmp_path / "run", previews=False)
    next(event for event in run if isinstance(event, StepReport) and event.meta_step == 2)
    running = read_entry(tmp_path / "run")
    assert (running.state, running.resumable, running.meta_step, running.meta_steps) == ("running", False, 2, 3)
    shutil.copytree(tmp_path / "run", tmp_path / "killed")
    killed = read_entry(tmp_path / "killed")
    assert (killed.state, killed.resumable, killed.meta_step) == ("interrupted", True, 2)
    run.close()
    assert (read_entry(tmp_path / "run").state, read_entry(tmp_path / "run").resumable) == ("stopped", True)
    list(resume_run(tmp_path / "run", previews=False))
    finished = read_entry(tmp_path / "run")
    assert (finished.state, finished.resumable, finished.meta_step) == ("finished", False, 3)
    assert finished.best is not None and finished.seconds > 0 and abs(finished.began - time.time()) < 600
    assert (finished.tasks, finished.model, finished.algorithm) == ("sinusoids", "curve", "maml")


def test_why_a_run_failed_is_told(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from metagen_gui.engine.learning.meta_learner import MetaLearner

    own = MetaLearner.step

    def failing(self: MetaLearner) -> Any:
        if self.meta_step == 1:
            raise RuntimeError("the device\nis gone")
        return own(self)

    monkeypatch.setattr(MetaLearner, "step", failing)
    with pytest.raises(RuntimeError, match="is gone"):
        list(meta_train(tiny(values=VALUES), out=tmp_path / "run", previews=False))
    entry = read_entry(tmp_path / "run")
    assert (entry.state, entry.problem, entry.resumable) == ("failed", "the device is gone", True)


def test_the_newest_come_first_and_what_is_no_run_is_not_listed(tiny: Tiny, tmp_path: Path) -> None:
    for number, name in enumerate(("a", "c", "b")):
        stopped(tiny(values=VALUES), tmp_path / name, 1)
        state = json.loads((tmp_path / name / "state.json").read_text())
        (tmp_path / name / "state.json").write_text(json.dumps({**state, "began": number}))
    (tmp_path / "photos").mkdir()
    (tmp_path / "notes.txt").write_text("x")
    assert [entry.name for entry in list_runs(tmp_path)] == ["b", "c", "a"]
    assert list_runs(tmp_path / "missing") == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "not JSON that can be read"),
        (b"[" * 100_000, "not JSON that can be read"),
        (b"[1]", "an experiment is a JSON object"),
        (b"{}", "experiment.json is not an experiment of a run"),
        (b'{"tasks": 3, "model": {}, "algorithm": null}', "experiment.json is not an experiment of a run"),
        (ENDLESS, "experiment.json is not an experiment of a run"),
    ],
)
def test_a_run_that_cannot_be_read_is_listed_with_the_reason(
    tiny: Tiny, tmp_path: Path, text: bytes, problem: str
) -> None:
    stopped(tiny(values=VALUES), tmp_path / "run", 1)
    (tmp_path / "run" / "experiment.json").write_bytes(text)
    for manifest in (tmp_path / "run" / "checkpoints").glob("*.json"):  # which hold the settings once more
        manifest.unlink()
    (entry,) = list_runs(tmp_path)
    assert (entry.state, entry.name, entry.resumable) == ("unreadable", "run", False) and problem in entry.problem


@pytest.mark.parametrize("text", [b"", b"{", b'{"state": "dancing"}', b'{"meta_step": -3}', b"\xff"])
def test_a_record_that_cannot_be_read_leaves_a_run_that_can_be_resumed(tiny: Tiny, tmp_path: Path, text: bytes) -> None:
    stopped(tiny(values=VALUES), tmp_path / "run", 1)
    (tmp_path / "run" / "state.json").write_bytes(text)
    entry = read_entry(tmp_path / "run")
    assert entry.state == "stopped" and entry.resumable and entry.meta_steps == 3
    list(resume_run(tmp_path / "run", previews=False))
    assert read_entry(tmp_path / "run").state == "finished"


def test_only_checkpoints_that_can_be_gone_on_with_are_offered(tiny: Tiny, tmp_path: Path) -> None:
    folder = stopped(tiny(values={**VALUES, "training.meta_steps": 9}), tmp_path / "run", 4) / "checkpoints"
    assert checkpoints(folder.parent)[-3:] == [2, 3, 4]
    (folder / "step-00000002.safetensors").unlink()
    (folder / "step-00000003.json").write_text("[]")
    manifest = json.loads((folder / "step-00000004.json").read_text())
    manifest.pop("optimizer")
    (folder / "step-00000004.json").write_text(json.dumps(manifest))
    assert not {2, 3, 4} & set(checkpoints(folder.parent))


# -- what a person may do ----------------------------------------------------------------------------------------------


def test_a_name_and_a_note_are_kept_and_an_empty_name_brings_back_the_folders(tiny: Tiny, tmp_path: Path) -> None:
    folder = stopped(tiny(values=VALUES), tmp_path / "run", 1)
    before = contents(folder)
    set_note(folder, "too slow\n× 3")
    rename(folder, "  first try \udce9 ")
    entry = read_entry(folder)
    assert (entry.name, entry.note) == ("first try \\udce9", "too slow\n× 3"), "what is no text costs nothing else"
    rename(folder, " ")
    assert (read_entry(folder).name, read_entry(folder).note) == ("run", "too slow\n× 3")
    after = contents(folder)
    assert {name: after[name] for name in before} == before, "nothing of the run itself is touched"
    for change in (lambda: rename(tmp_path, "x"), lambda: set_note(tmp_path, "x")):
        with pytest.raises(BadInput, match="not a run folder"):
            change()


def test_a_copy_is_a_run_of_its_own(tiny: Tiny, tmp_path: Path) -> None:
    folder = stopped(tiny(values=VALUES), tmp_path / "run")
    set_note(folder, "good")
    first, second = duplicate(folder), duplicate(folder)
    assert [path.name for path in (first, second)] == ["run-copy", "run-copy-2"]
    assert (read_entry(first).name, read_entry(first).note) == ("run (copy)", "good")
    before = contents(folder)
    list(resume_run(first, previews=False))
    assert read_entry(first).state == "finished" and read_entry(second).state == "stopped"
    assert contents(folder) == before


def test_a_run_that_is_held_is_not_copied_and_one_that_died_is_copied_as_stopped(tiny: Tiny, tmp_path: Path) -> None:
    run = meta_train(tiny(values=VALUES), out=tmp_path / "run", previews=False)
    next(event for event in run if isinstance(event, StepReport))
    shutil.copytree(tmp_path / "run", tmp_path / "killed")
    with pytest.raises(BadInput, match="a copy can be made when its run has ended"):
        duplicate(tmp_path / "run")
    run.close()
    record = read_record(duplicate(tmp_path / "killed"))
    assert record is not None and record.state == "stopped"
    assert not (tmp_path / "run-copy").exists()


def test_a_copy_that_fails_leaves_nothing(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = stopped(tiny(values=VALUES), tmp_path / "run", 1)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copytree", full)
    with pytest.raises(BadInput, match="No space left on device"):
        duplicate(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_the_settings_that_set_runs_apart(tiny: Tiny, tmp_path: Path) -> None:
    """Also where one has a setting that the other has not."""
    one = stopped(tiny(values=VALUES), tmp_path / "one", 1)
    other = stopped(tiny("sinusoids", "curve", "reptile", {**VALUES, "training.seed": 7}), tmp_path / "other", 1)
    rows = dict(differing_settings([one, other]))
    assert rows["algorithm.name"] == ["maml", "reptile"] and rows["training.seed"] == ["0", "7"]
    assert "model.name" not in rows and "training.meta_steps" not in rows
    assert any("" in values for values in rows.values()), "maml has settings that reptile has not"
    assert differing_settings([one, one]) == []


@pytest.mark.parametrize(("name", "told"), [("parent", "parent@1"), ("caf\udce9", "caf\\udce9@1")])
def test_a_branch_names_its_parent(tiny: Tiny, tmp_path: Path, name: str, told: str) -> None:
    """Also one in a folder whose name is no valid text."""
    parent = stopped(tiny(values=VALUES), tmp_path / name, 1)
    list(meta_train(tiny(values=VALUES), out=tmp_path / "child", parent=Origin(parent), previews=False))
    entry = read_entry(tmp_path / "child")
    assert (entry.parent, entry.state) == (told, "finished")


@pytest.mark.parametrize(
    "lie", ['"seconds": NaN', '"seconds": 1e300', '"began": 1e300', '"best": -Infinity', f'"meta_step": {10**40}']
)
def test_a_record_of_wild_numbers_counts_for_nothing(tiny: Tiny, tmp_path: Path, lie: str) -> None:
    """No list can draw them: one such folder must not hide the others."""
    stopped(tiny(values=VALUES), tmp_path / "run", 1)
    (tmp_path / "run" / "state.json").write_text(f'{{"state": "failed", {lie}}}')
    assert read_record(tmp_path / "run") is None and read_entry(tmp_path / "run").state == "stopped"


@pytest.mark.parametrize("step", ["1e999", "-4", str(10**30), '"x"'])
def test_a_manifest_of_a_wild_step_is_not_offered(tiny: Tiny, tmp_path: Path, step: str) -> None:
    stopped(tiny(values=VALUES), tmp_path / "run", 1)
    newest = max((tmp_path / "run" / "checkpoints").glob("step-*.json"))
    newest.write_text(f'{{"meta_step": {step}, "file": "{newest.stem}.safetensors", "optimizer": {{}}}}')
    assert checkpoints(tmp_path / "run") == [0]


def test_settings_changed_on_the_way_set_runs_apart(tiny: Tiny, tmp_path: Path) -> None:
    for name in ("a", "b"):
        stopped(tiny(values=VALUES), tmp_path / name, 1)
    change = {"meta_step": 1, "event": "setting", "path": "training.outer_lr", "value": 0.5}
    (tmp_path / "b" / "events.jsonl").write_text(json.dumps(change) + "\n[]\n{")
    ((path, values),) = differing_settings([tmp_path / "a", tmp_path / "b"])
    assert path == "training.outer_lr" and values[1] == f"{values[0]}, from step 1 0.5"


def test_settings_that_are_no_object_do_not_keep_runs_from_being_compared(tiny: Tiny, tmp_path: Path) -> None:
    for name in ("a", "b"):
        stopped(tiny(values=VALUES), tmp_path / name, 1)
        for manifest in (tmp_path / name / "checkpoints").glob("*.json"):  # which hold the settings once more
            manifest.unlink()
    (tmp_path / "b" / "experiment.json").write_text('{"tasks": {"name": "densities", "settings": [1]}}')
    assert ("model.name", ["curve", "null"]) in differing_settings([tmp_path / "a", tmp_path / "b"])


def test_a_note_that_could_not_be_read_back_is_refused_and_the_old_one_stays(tiny: Tiny, tmp_path: Path) -> None:
    run = stopped(tiny(values=VALUES), tmp_path / "run", 1)
    set_note(run, "good")
    with pytest.raises(BadInput, match="has 2,000,000 letters"):
        set_note(run, "x" * 2_000_000)
    assert read_entry(run).note == "good"


def test_what_keeps_a_run_from_being_copied_is_one_sentence(tiny: Tiny, tmp_path: Path) -> None:
    run = stopped(tiny(values=VALUES), tmp_path / "run", 1)
    (run / "gone").symlink_to(tmp_path / "nowhere")  # no reason to copy nothing
    assert read_entry(duplicate(run)).resumable
    (run / "again").symlink_to(run)  # a link stays one: what it leads to is not copied
    assert (duplicate(run) / "again").is_symlink()
    os.mkfifo(run / "pipe")
    with pytest.raises(BadInput) as refused:
        duplicate(run)
    assert "[(" not in refused.value.why


@pytest.mark.parametrize("change", ['{"meta_step": 1e999}', '{"path": 5}', '{"path": []}', "[" * 100_000])
def test_changes_that_cannot_be_read_are_left_out(tmp_path: Path, change: str) -> None:
    folder = keep_run(tmp_path, "mine", events=(INNER_LR,))
    with (folder / "events.jsonl").open("a") as file:
        file.write((json.dumps({**INNER_LR, **json.loads(change)}) if change[0] == "{" else change) + "\n")
    assert experiment_at(Experiment, folder, 100).values["algorithm"]["inner_lr"] == 0.07
    assert experiment_at(Experiment, folder, 59) == Experiment.load(folder)


def test_an_export_beside_runs_is_no_run(tiny: Tiny, tmp_path: Path) -> None:
    run = stopped(tiny(values=VALUES), tmp_path / "run", 1)
    export_initialization(run, tmp_path / "export")
    assert [entry.folder for entry in list_runs(tmp_path)] == [run]
