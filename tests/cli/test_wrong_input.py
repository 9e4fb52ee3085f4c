"""What is wrong costs one line that names it, a fault one line and a log; nothing steers the terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import load_checkpoint
from metagen_gui.engine.tasks.base import Stream, Task
from metagen_gui.engine.tasks.densities import Densities
from tests.cli.conftest import Metagen

WRONG: dict[str, tuple[str, str]] = {
    "a command": ("trian", "trian"),
    "an option": ("train --no-such-option", "--no-such-option"),
    "an option's value": ("train --meta-steps many", "--meta-steps"),
    "a value out of range": ("train --meta-steps 0", "training.meta_steps: 0 is too low"),
    "a setting's value": ("train --set algorithm.inner_lr=-1", "algorithm.inner_lr: -1 is too low"),
    "a setting's name": ("train --set algorithm.inner=1", "algorithm.inner: there is no such setting"),
    "a section": ("train --set models.name=gan", "models.name: "),
    "no assignment": ("train --set seed", "seed: write PATH=VALUE"),
    "an assignment of nothing": ("train --set =", '"=": write PATH=VALUE'),
    "a file for a folder": ("train --out broken.json", "broken.json: is a file, not a folder"),
    "a number without end": (f"train --set training.seed={'9' * 5000}", "training.seed: "),
    "a plugin": ("train --set model.name=gann", "model.name: there is no 'gann'"),
    "a device": ("train --device cuda:77", "training.device: there is no 'cuda:77'"),
    "a file": ("train nowhere.json", "nowhere.json: No such file"),
    "a file that is not JSON": ("train broken.json", "broken.json: not JSON (line 2)"),
    "a file that is not text": ("train binary.json", "binary.json: not an experiment file"),
    "a number too long for Python": ("train long.json", "long.json: not JSON"),
    "a file with a wrong value": ("train wrong.json", "training.shots: 0 is too low"),
    "a folder without an experiment": ("train empty", "empty/experiment.json: No such file"),
    "a folder that is taken": ("train --out .", "the folder for a new run must be empty"),
    "a folder of images": (
        "train --set tasks.name=images --set tasks.path=nowhere",
        "tasks.path: nowhere does not exist",
    ),
    "no folder": ("export empty", "--to"),
    "a run": ("export nowhere --to new", "nowhere: there is no such run folder"),
    "not a run": ("export empty --to new", "empty: not a run folder"),
    "two sources": ("export empty --to new --task 0 --images .", "--task, --images: give one of them"),
    "a rate that is no number of the engine": (
        'train --set algorithm.group_rates={"prior":1e300}',
        "algorithm.group_rates: 'prior': 1e+300 is too high; the highest value is 1,000,000",
    ),
    "steps for nothing": ("export empty --to new --steps 3", "steps: an initialization takes no steps"),
    "no language": ("export empty --to new --language tlh", "language: there is no 'tlh'; there are en, zh_CN"),
    "no format": ("export empty --to new --format docx", "format.name: there is no 'docx'; there are adapted, "),
    "a format of adapted models": ("export empty --to new --format adapted", "adapted: say what it adapts to"),
    "a format that does not adapt": ("export empty --to new --format initialization --task 0", "initialization: "),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named_in_one_line(
    metagen: Metagen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.json").write_text('{"version": 1,\n')
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "long.json").write_text("9" * 5000)
    (tmp_path / "wrong.json").write_text('{"training": {"shots": 0}}')
    words, named = WRONG[what]
    done = metagen(*words.split())
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("metagen: ") and done.err.count("\n") == 1 and done.err.endswith("\n")
    assert named in done.err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["two\nlines.json", "red\x1b[31m.json", "not utf-8 \udcff.json"])
def test_a_name_cannot_break_the_line_or_steer_the_terminal(metagen: Metagen, name: str) -> None:
    done = metagen("train", name)
    assert done.status == 2
    assert done.err.count("\n") == 1 and done.err.rstrip("\n").isprintable()


def test_an_unforeseen_fault_gives_one_line_and_a_log(
    metagen: Metagen, tmp_path: Path, own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise KeyError("forgotten")

    monkeypatch.setattr("metagen_gui.engine.exports.writing.export", breaks)
    done = metagen("export", tmp_path, "--to", tmp_path / "new")
    assert done.status == 1
    assert done.err.startswith("metagen: KeyError: 'forgotten'; the details are in ") and done.err.count("\n") == 1
    log = Path(done.err.rpartition(" in ")[2].strip())
    assert log.is_relative_to(own_folders) and "in breaks" in log.read_text()


def test_data_that_vanishes_in_a_run_is_the_runs_failure(
    metagen: Metagen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 1, in the words of whoever noticed, and the folder is kept."""
    own = Densities.task

    def task(self: Densities, stream: Stream, index: int, shots: int, query_size: int) -> Task:
        if stream == "train" and index >= 2:
            raise BadInput("tasks.path", "gone")
        return own(self, stream, index, shots, query_size)

    monkeypatch.setattr(Densities, "task", task)
    done = metagen.train("--out", tmp_path / "run")
    assert done.status == 1
    last = done.err.splitlines()[-1]
    assert last == f"metagen: tasks.path: gone; the details are in {tmp_path / 'run' / 'error.log'}"
    assert load_checkpoint(tmp_path / "run" / "checkpoints").meta_step == 1


def test_a_long_value_is_named_shortly(metagen: Metagen) -> None:
    long = "x" * 100_000
    for words in ("algorithm.inner_lr=", "model.name=", "training.device=", "algorithm.", "tasks", ""):
        done = metagen("train", "--set", words + long)
        assert done.status == 2 and len(done.err) < 500, words


def test_names_in_notices_and_results_cannot_steer_the_terminal(
    metagen: Metagen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Densities, "notices", lambda self: ("class \x1b[31mred\x07",))
    done = metagen.train("--out", tmp_path / "run\x1b[2J")
    assert done.status == 0 and "\x1b" not in done.out + done.err and "\x07" not in done.err
    assert "class \\x1b[31mred\\x07\n" in done.err and done.out.endswith("run\\x1b[2J\n")


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_a_closed_stream_is_no_fault(
    metagen: Metagen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    """As after `>&-`, where Python has None for the stream."""
    monkeypatch.setattr(sys, closed, None)
    done = metagen.train("--out", tmp_path / "run")
    getattr(sys, closed).close()
    monkeypatch.undo()
    assert done.status == 0 and not (done.err if closed == "stderr" else done.out)
    assert load_checkpoint(tmp_path / "run" / "checkpoints").meta_step == 3
