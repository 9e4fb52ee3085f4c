"""Run folders: what is in them, that they are never overwritten, and that nothing else is ever deleted."""

from __future__ import annotations

import csv
import errno
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from metagen_gui.engine.events import Snapshot
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store import kept_data
from metagen_gui.engine.store.lock import RunLock
from metagen_gui.engine.store.names import runs_folder
from metagen_gui.engine.store.run_folder import RunFolder


def test_a_run_folder_holds_the_whole_experiment_and_empty_places(tmp_path: Path) -> None:
    experiment = Experiment().with_value("training.seed", 4)
    run = RunFolder.create(experiment, tmp_path / "new" / "run", ["a"])
    run.close()
    assert run.path == tmp_path / "new" / "run" and run.checkpoints == run.path / "checkpoints"
    assert sorted(p.name for p in run.path.iterdir()) == [
        "checkpoints", "events.jsonl", "experiment.json", "metrics.csv", "run.lock", "samples", "state.json"
    ]  # fmt: skip
    document = json.loads((run.path / "experiment.json").read_text())
    assert document["training"]["seed"] == 4 and document["training"]["meta_steps"] > 0, "defaults are written out"
    assert Experiment.load(run.path).config("training") == experiment.config("training")


def test_metrics_are_one_row_per_report_to_the_last_digit(tmp_path: Path) -> None:
    run = RunFolder.create(Experiment(), tmp_path / "run", ["train/loss", "validation/loss"])
    run.write_metrics(1, 0.5, {"train/loss": 0.1 + 0.2})
    written = (run.path / "metrics.csv").read_text()
    assert written.count("\n") == 2, "a row can be read as soon as it is written"
    run.write_metrics(2, 1.0, {"validation/loss": float("nan"), "train/loss": 1e-300})
    assert (run.path / "metrics.csv").read_text().startswith(written), "rows appear at once and are only added to"
    run.close()
    with (run.path / "metrics.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert b"\r" not in (run.path / "metrics.csv").read_bytes(), "the same on every system"
    assert rows[0] == ["meta_step", "seconds", "train/loss", "validation/loss"]
    assert rows[1] == ["1", "0.500", "0.30000000000000004", ""]
    assert rows[2] == ["2", "1.000", "1e-300", "nan"]


def test_a_disk_that_is_full_at_the_start_is_told_as_bad_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(RunFolder, "_write_row", full)
    (tmp_path / "empty").mkdir()
    for name in ("run", "empty"):
        with pytest.raises(BadInput, match="No space left on device") as caught:
            RunFolder.create(Experiment(), tmp_path / name, [])
        assert caught.value.where == str(tmp_path / name)
    runs_folder().mkdir(parents=True, exist_ok=True)
    before = set(runs_folder().iterdir())
    with pytest.raises(BadInput, match="No space left on device"):
        RunFolder.create(Experiment(), None, [])
    assert set(runs_folder().iterdir()) == before, "no half-made run is left behind"
    assert [path.name for path in tmp_path.iterdir()] == ["empty"] and not any((tmp_path / "empty").iterdir())


def test_events_are_lines_of_json(tmp_path: Path) -> None:
    run = RunFolder.create(Experiment(), tmp_path / "run", [])
    run.write_event(3, "setting", path="training.outer_lr", value=0.1)
    assert (run.path / "events.jsonl").read_text().endswith("}\n"), "an event can be read as soon as it is written"
    run.write_event(4, "notice", text="×\n2")
    run.close()
    lines = [json.loads(line) for line in (run.path / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines == [
        {"meta_step": 3, "event": "setting", "path": "training.outer_lr", "value": 0.1},
        {"meta_step": 4, "event": "notice", "text": "×\n2"},
    ]


def test_snapshots_come_back_without_pickle(tmp_path: Path) -> None:
    run = RunFolder.create(Experiment(), tmp_path / "run", [])
    support = np.arange(8, dtype=np.float32).reshape(1, 4, 2)
    snapshot = Snapshot(7, ("ring of 5",), (0, 2), support, support + 1, support[None] + 2, extent=(-1, -2, 3, 4))
    path = run.write_snapshot(snapshot)
    run.close()
    assert path == run.path / "samples" / "step-00000007.npz"
    with np.load(path, allow_pickle=False) as arrays:
        assert set(arrays) == {"support", "query", "samples", "extent", "steps", "names"}
        assert arrays["names"].tolist() == ["ring of 5"] and arrays["steps"].tolist() == [0, 2]
        assert np.array_equal(arrays["samples"], snapshot.samples) and arrays["extent"].tolist() == [-1, -2, 3, 4]
    grid = np.ones((1, 5, 5), np.float32)
    run = RunFolder.create(Experiment(), tmp_path / "another", [])
    path = run.write_snapshot(replace(snapshot, density=grid, field=grid[None] * 2))
    run.close()
    with np.load(path, allow_pickle=False) as arrays:
        assert np.array_equal(arrays["density"], grid) and np.array_equal(arrays["field"], grid[None] * 2)


def test_what_is_kept_of_data_is_not_written_where_it_could_not_be_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_data, "MAX_DATA_BYTES", 2**20)
    with pytest.raises(BadInput, match=r"data\.json would be larger than 1 MB"):
        RunFolder.create(Experiment(), tmp_path / "run", [], kept={"classes": ["a name"] * 2**17})
    assert not (tmp_path / "run").exists()


def test_a_folder_that_holds_something_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(BadInput, match="must be empty") as caught:
        RunFolder.create(Experiment(), tmp_path, [])
    assert caught.value.where == str(tmp_path)
    with pytest.raises(BadInput) as caught:
        RunFolder.create(Experiment(), tmp_path / "thesis.tex", [])
    assert caught.value.where == str(tmp_path / "thesis.tex") and caught.value.why == "is a file, not a folder"
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_what_a_creation_that_was_killed_has_left_is_no_obstacle(tmp_path: Path) -> None:
    """The same command with the same folder then works; a folder with anything of value does not count as that."""
    folder = tmp_path / "run"
    for name in ("samples", "checkpoints"):
        (folder / name).mkdir(parents=True)
    for name in ("run.lock", "run.holder", "experiment.json.tmp-0123456789abcdef"):
        (folder / name).touch()
    (folder / "samples" / "mine.npz").touch()
    with pytest.raises(BadInput, match="must be empty"):
        RunFolder.create(Experiment(), folder, [])
    (folder / "samples" / "mine.npz").unlink()
    lock = RunLock(folder)
    with pytest.raises(BadInput, match="must be empty"):
        RunFolder.create(Experiment(), folder, [])
    lock.release()
    RunFolder.create(Experiment(), folder, []).close()
    assert (folder / "experiment.json").is_file() and not list(folder.glob("*.tmp-*"))


def test_an_empty_folder_is_used_as_it_is(tmp_path: Path) -> None:
    run = RunFolder.create(Experiment(), tmp_path, [])
    run.close()
    assert run.path == tmp_path and (tmp_path / "metrics.csv").is_file()


def test_runs_without_a_folder_get_one_of_their_own_each() -> None:
    """Several in the same second, too; each says what it is of."""
    runs = [RunFolder.create(Experiment("densities", "gan", "reptile"), None, []) for _ in range(3)]
    for run in runs:
        run.close()
        assert run.path.parent == runs_folder() and "reptile-gan-densities" in run.path.name
    assert len({run.path for run in runs}) == 3
