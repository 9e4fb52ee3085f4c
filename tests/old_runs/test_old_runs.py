"""Runs and exports of an earlier version: they open, score, go on, repeat and export as they did."""

from __future__ import annotations

import csv
import json
import math
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch

from metagen_gui.cli import main

ZIP = Path(__file__).with_name("old_runs.zip")
with zipfile.ZipFile(ZIP) as archive:
    CELLS = sorted({name.partition("/")[0] for name in archive.namelist()})
EXACT = os.environ.get("METAGEN_EXACT") == "1"
"""Compare to the last digit, as holds on the kind of processor that the zip was made on; others round otherwise."""
ADAPTED = {"by_task": ("--task", "1"), "by_images": ("--images", "images", "--steps", "1")}


class Cell:
    """The files of one cell, in the present folder."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def metagen(self, *words: str) -> str:
        """Run the command, which must succeed, and return what it prints."""
        with pytest.raises(SystemExit) as end:
            main(words)
        out, err = self.capsys.readouterr()
        assert not end.value.code, err
        return out


@pytest.fixture(params=CELLS)
def cell(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    reading_here: None,
) -> Cell:
    with zipfile.ZipFile(ZIP) as archive:
        archive.extractall(tmp_path, [name for name in archive.namelist() if name.startswith(f"{request.param}/")])
    monkeypatch.chdir(tmp_path / request.param)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # as it was made: last digits depend on it
    return Cell(capsys)


def test_it_is_listed_and_scores_as_it_did(cell: Cell) -> None:
    assert_same(by_name(json.loads(cell.metagen("runs", ".", "--json"))), by_name(recorded("runs.json")))
    found = json.loads(cell.metagen("evaluate", "run", "--json", "--tasks", "5"))
    now, old = (flat(each) for each in (found, recorded("evaluation.json")))
    intervals = [path for path in old if path.endswith("/interval")]
    kept = {path: (now.pop(path), old.pop(path)) for path in intervals}
    assert_same(now, old)
    if found["tasks"]["family"] != "strokes":  # over alphabets by now
        near = 1e-9 if EXACT else 1e-3  # how far tasks are apart takes part in it: it rounds otherwise than their means
        assert all(one == other or math.isclose(one, other, rel_tol=near) for one, other in kept.values())


def test_it_goes_on_to_the_numbers_of_the_run_without_interruption(cell: Cell) -> None:
    assert rows("interrupted") != rows("run")
    cell.metagen("train", "--resume", "interrupted", "--no-previews")
    assert_same(rows("interrupted"), rows("run"))
    listed = by_name(json.loads(cell.metagen("runs", ".", "--json")))
    resumed, whole = ({**listed[name], "folder": "", "name": "", "seconds": 0} for name in ("interrupted", "run"))
    assert_same(resumed, whole)
    if EXACT:  # elsewhere Adam makes a whole step of a gradient that is nothing but rounding
        cell.metagen("export", "interrupted", "--to", "exports/resumed")
        assert_same(tensors("exports/resumed"), tensors("exports/initialization"))


def test_its_experiment_gives_the_same_numbers_anew(cell: Cell) -> None:
    drawn = list(Path("run/samples").iterdir())
    cell.metagen("train", "run/experiment.json", "--out", "again", *([] if drawn else ["--no-previews"]))
    assert_same(rows("again"), rows("run"))
    for file in drawn:
        assert_same(arrays(Path("again/samples", file.name)), arrays(file))


def test_its_exports_load_by_the_lines_they_came_with_and_are_made_again(cell: Cell) -> None:
    for name, samples in recorded("samples.json").items():
        export, old = f"exports/{name}", f"exports/old_{name}"
        assert_same(sampled_by(Path(f"{export}.py").read_text(), len(samples)), samples)
        Path(export).rename(old)
        code = cell.metagen("export", "run", "--to", export, *ADAPTED.get(name, ())).partition("\n\n")[2]
        assert_same(sampled_by(code, len(samples)), samples)
        assert_same(tensors(export), tensors(old))
        about = recorded(f"{old}/export.json")
        assert_same({**recorded(f"{export}/export.json"), "sha256": about["sha256"]}, about)


# -- what was, and what is ---------------------------------------------------------------------------------------------


def recorded(name: str) -> Any:
    return json.loads(Path(name).read_text())


def by_name(listed: Any) -> dict[str, Any]:
    """Return the runs of a listing, whatever their order."""
    return {entry["name"]: entry for entry in listed["runs"]}


def rows(run: str) -> list[dict[str, float | None]]:
    """Return the rows of a run's metrics but for the seconds."""
    with Path(run, "metrics.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    return [{name: float(row[name]) if row[name] else None for name in row if name != "seconds"} for row in found]


def arrays(samples: Path) -> dict[str, Any]:
    """Return the arrays of a run's samples."""
    with np.load(samples, allow_pickle=False) as file:
        return {name: file[name].tolist() for name in file.files}


def tensors(export: str) -> dict[str, Any]:
    """Return the weights of an export."""
    weights = safetensors.torch.load_file(Path(export, "model.safetensors"))
    return {name: value.tolist() for name, value in weights.items()}


def sampled_by(code: str, count: int) -> Any:
    """Run the lines that load an export; return the first of what they sample."""
    found: dict[str, Any] = {}
    exec(code, found)
    return found["samples"][:count].tolist()


def assert_same(found: Any, old: Any) -> None:
    """Compare two trees of numbers and words; more keys than there were are no difference."""
    now = flat(found)
    pairs = {path: (now.get(path, "missing"), value) for path, value in flat(old).items()}
    different = {path: pair for path, pair in pairs.items() if not alike(*pair)}
    assert not different, f"{len(different)} of {len(pairs)}, here and as recorded"


def alike(found: Any, old: Any) -> bool:
    if EXACT or not (isinstance(found, float) and isinstance(old, float)):
        return bool(found == old)
    return math.isclose(found, old, rel_tol=1e-4, abs_tol=1e-5)  # a weight that Adam has moved is off by up to 4e-6


def flat(tree: Any, path: str = "") -> dict[str, Any]:
    """Return the leaves of a tree, each by its path, and the length of every list."""
    if not isinstance(tree, dict | list):
        return {path: tree}
    inside = tree.items() if isinstance(tree, dict) else enumerate(tree)
    found = {leaf: value for name, part in inside for leaf, value in flat(part, f"{path}/{name}").items()}
    return found if isinstance(tree, dict) else {**found, f"{path}/length": len(tree)}
