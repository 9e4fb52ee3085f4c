"""Reading metrics: a file that grows, that was torn, edited, or is far longer than a screen is wide."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store import metrics_file
from metagen_gui.engine.store.metrics_file import last_step, read_curves
from metagen_gui.engine.store.run_folder import RunFolder

HEAD = "meta_step,seconds,train/query_loss/vae,validation/query_loss/vae/0\n"


def written(folder: Path, text: str | bytes) -> Path:
    data = text if isinstance(text, bytes) else (HEAD + text).encode()
    (folder / "metrics.csv").write_bytes(data)
    return folder


def test_what_a_run_writes_comes_back_to_the_last_digit(tmp_path: Path) -> None:
    run = RunFolder.create(Experiment(), tmp_path / "run", ["train/query_loss/vae", "validation/query_loss/vae/0"])
    run.write_metrics(0, 0.1, {"validation/query_loss/vae/0": 0.1 + 0.2})
    run.write_metrics(1, 0.2, {"train/query_loss/vae": float("nan")})
    run.write_metrics(1, 0.3, {"validation/query_loss/vae/0": float("inf")})
    curves = read_curves(run.path)
    run.close()
    assert curves.meta_step.tolist() == [0, 1, 1]
    train, validation = (curves.columns[name] for name in ("train/query_loss/vae", "validation/query_loss/vae/0"))
    assert np.isnan(train).all(), "a step that was not finite is a gap"
    assert validation[0] == 0.1 + 0.2 and np.isnan(validation[1]) and np.isinf(validation[2])


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("", []),
        ("1,0.1,2.0,\n2,0.2,1.0,", [1]),
        ("1,0.1,2.0,\n2,0.2,\n3,0.3,1.0,\n", [1, 3]),
        ("1,0.1,2.0,\n2,0.2,two,\nthree,0.3,1.0,\n\n4,0.4,1.0,\n", [1, 4]),
        ("1,0.1,2.0,\n\x00\x00\x00\x00,\n4,0.4,1.0,\n", [1, 4]),
    ],
    ids=["no row", "torn last line", "a row too short", "edited by hand", "zeros of a power cut"],
)
def test_the_rows_that_are_whole_are_read(tmp_path: Path, text: str, steps: list[int]) -> None:
    assert read_curves(written(tmp_path, text)).meta_step.tolist() == steps


@pytest.mark.parametrize("data", [b"", b"\n", b"\xff\xfe", b"meta_step"])
def test_files_that_are_no_metrics_have_no_curves(tmp_path: Path, data: bytes) -> None:
    assert read_curves(written(tmp_path, data)).meta_step.tolist() == []


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file") as refused:
        read_curves(tmp_path)
    assert refused.value.where == str(tmp_path / "metrics.csv")


def test_of_a_long_file_an_even_choice_is_kept_of_training_and_of_validation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few validations among many steps are not thinned away with them; first and last are there."""
    monkeypatch.setattr(metrics_file, "MOST_ROWS", 100)
    rows = [f"{step},0.1,{step}.5," + ("\n" if step % 100 else f"\n{step},0.1,,7.5\n") for step in range(10_000)]
    curves = read_curves(written(tmp_path, "".join(rows)))
    train = curves.meta_step[~np.isnan(curves.columns["train/query_loss/vae"])]
    validation = curves.meta_step[~np.isnan(curves.columns["validation/query_loss/vae/0"])]
    assert validation.tolist() == list(range(0, 10_000, 100))
    assert 100 <= len(train) < 200 and len(set(np.diff(train).tolist())) == 1
    assert train[0] == 0 and train[-1] > 9_900
    assert (curves.columns["train/query_loss/vae"][np.isin(curves.meta_step, train)][:1] == 0.5).all()
    assert (np.diff(curves.meta_step) >= 0).all()


def test_the_last_step_is_read_from_the_end(tmp_path: Path) -> None:
    long = "".join(f"{step},0.1,1.0,\n" for step in range(20_000))
    for text, step in ((long, 19_999), (long + "20000,0.", 19_999), ("", 0), ("7,0.1,1.0,\n", 7)):
        assert last_step(written(tmp_path, text) / "metrics.csv") == step
    assert last_step(tmp_path / "none.csv") == 0
    (tmp_path / "odd.csv").write_bytes(b"x" * 100)
    assert last_step(tmp_path / "odd.csv") == 0


def test_steps_that_are_no_numbers_of_steps_are_left_out(tmp_path: Path) -> None:
    text = "nan,0.1,2.0,\ninf,0.1,2.0,\n1e300,0.1,2.0,\n-5,0.1,2.0,\n,0.1,2.0,\n3,0.1,2.0,\n"
    assert read_curves(written(tmp_path, text)).meta_step.tolist() == [3]
    assert last_step(written(tmp_path, "9" * 4000 + ",0.1,2.0,\n") / "metrics.csv") == 0


@pytest.mark.parametrize("head", [b"a,b,train/query_loss/vae", b"meta_step,seconds," + b"x" * 200_000])
def test_another_table_has_no_curves(tmp_path: Path, head: bytes) -> None:
    assert read_curves(written(tmp_path, head + b"\n1,2,3\n")).columns == {}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "metrics.csv")
    assert last_step(tmp_path / "metrics.csv") == 0
    with pytest.raises(BadInput, match="not a regular file"):
        read_curves(tmp_path)
