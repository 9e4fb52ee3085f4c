"""Publishing reads a run's folder and writes nothing there; what goes wrong is one line."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.exports.published.base import publish, publishers, reports_of
from metagen_gui.engine.exports.tensorboard import read_events
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.metrics_file import read_curves
from metagen_gui.engine.store.snapshots import kept_steps


@pytest.fixture
def run(tiny: Callable[..., Experiment], tmp_path: Path) -> Path:
    folder = tmp_path / "a run"
    list(meta_train(tiny("sinusoids", "curve", "maml", {"training.meta_steps": 3}), out=folder))
    return folder


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_figure_is_in_the_events(run: Path, tmp_path: Path) -> None:
    before = files(run)
    said = publish(run, "tensorboard", str(tmp_path / "board"))
    assert str(tmp_path / "board") in said and files(run) == before
    events, curves = read_events(tmp_path / "board"), read_curves(run)
    for name, values in curves.columns.items():
        if name != "seconds":
            there = np.isfinite(values)
            told = [(step, value) for step, tag, value in events if tag == name]
            assert [step for step, _ in told] == curves.meta_step[there].tolist()
            np.testing.assert_allclose([value for _, value in told], values[there], rtol=1e-6)
    assert [step for step, tag, _ in events if tag == "samples"] == kept_steps(run)
    with pytest.raises(BadInput, match="is there already"):
        publish(run, "tensorboard", str(tmp_path / "board"))


def test_a_damaged_file_of_events_is_noticed(run: Path, tmp_path: Path) -> None:
    publish(run, "tensorboard", str(tmp_path / "board"))
    (file,) = (tmp_path / "board").iterdir()
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(BadInput, match="damaged"):
        read_events(tmp_path / "board")


@pytest.mark.parametrize("name", publishers.names())
def test_without_the_extra_one_line_names_the_command(run: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda *_: None)
    with pytest.raises(BadInput, match=r'this adds it: ".*" -m pip install "metagen\[publish\]"$'):
        publish(run, name)


def test_training_needs_none_of_them() -> None:
    """What shows runs is asked for by whoever publishes, and never imported before."""
    from metagen_gui.engine.exports.published import base, mlflow, tensorboard, wandb

    for module in (base, mlflow, tensorboard, wandb):
        assert not {"mlflow", "wandb", "SummaryWriter"} & set(vars(module))


def test_what_a_service_says_is_one_line(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise RuntimeError("not logged in\n\033[31mrun wandb login")

    fake = ModuleType("wandb")
    fake.__dict__.update(Settings=SimpleNamespace, init=refuse)
    monkeypatch.setitem(sys.modules, "wandb", fake)
    monkeypatch.setattr(importlib.util, "find_spec", lambda *_: object())
    with pytest.raises(BadInput) as refused:
        publish(run, "wandb")
    assert str(refused.value) == "wandb: not logged in \\x1b[31mrun wandb login"


def test_what_is_no_run_is_refused(tmp_path: Path, run: Path) -> None:
    with pytest.raises(BadInput, match="not a run folder"):
        publish(tmp_path, "tensorboard", str(tmp_path / "board"))
    with pytest.raises(BadInput, match="there is no such run folder"):
        publish(tmp_path / "none", "tensorboard", str(tmp_path / "board"))
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match=r"^[^ ]*file/board: Not a directory$"):
        publish(run, "tensorboard", str(tmp_path / "file" / "board"))
    with pytest.raises(BadInput, match="nowhere"):
        publish(run, "nowhere")
    (run / "experiment.json").write_text("[1, 2")
    with pytest.raises(BadInput, match="not JSON"):
        publish(run, "tensorboard", str(tmp_path / "board"))
    assert not (tmp_path / "board").exists()


def test_rows_of_one_step_are_told_together(run: Path) -> None:
    rows = [*reports_of(run).rows()]
    assert [step for step, _, _ in rows] == sorted({*read_curves(run).meta_step.tolist()})
    last = rows[-1][2]
    assert "train/query_loss/curve" in last and any(name.startswith("validation/") for name in last)
