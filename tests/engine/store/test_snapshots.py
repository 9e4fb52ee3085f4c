from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metagen_gui.engine.events import Snapshot
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store import snapshots
from metagen_gui.engine.store.snapshots import kept_steps, read_snapshot, write_snapshot
from tests.gui.snapshots import curve_snapshot, image_snapshot, point_snapshot


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "samples").mkdir()
    return tmp_path


def same(one: Snapshot, other: Snapshot) -> bool:
    pairs = [(getattr(one, field.name), getattr(other, field.name)) for field in fields(Snapshot)]
    return all(
        np.array_equal(a, b) and a.dtype == b.dtype
        if isinstance(a, np.ndarray) and isinstance(b, np.ndarray)
        else a == b
        for a, b in pairs
    )


@pytest.mark.parametrize("make", [image_snapshot, point_snapshot, curve_snapshot])
def test_what_is_written_comes_back(folder: Path, make: Callable[[int], Snapshot]) -> None:
    snapshot = make(7)
    write_snapshot(folder, snapshot)
    assert same(read_snapshot(folder, 7), snapshot)
    assert not same(read_snapshot(folder, 7), make(8))


@pytest.mark.parametrize(("tasks", "model"), [("densities", "gan"), ("strokes", "vae"), ("sinusoids", "curve")])
def test_all_that_a_run_shows_can_be_read_from_its_folder(
    tiny: Callable[..., Experiment], tmp_path: Path, tasks: str, model: str
) -> None:
    shown = [event for event in meta_train(tiny(tasks, model), out=tmp_path / "run") if isinstance(event, Snapshot)]
    assert kept_steps(tmp_path / "run") == [snapshot.meta_step for snapshot in shown] == [0, 2, 3]
    assert all(same(read_snapshot(tmp_path / "run", snapshot.meta_step), snapshot) for snapshot in shown)


def test_only_snapshots_of_the_run_are_listed(folder: Path) -> None:
    for step in (100, 0, 50):
        write_snapshot(folder, image_snapshot(step))
    samples = folder / "samples"
    for name in ("step-1.npz", "step-0000000002.npz", "step-00000003.npz.tmp-1", "notes.txt", "step-٠٠٠٠٠٠٠٤.npz"):
        (samples / name).write_bytes(b"")
    (samples / "step-00000005.npz").mkdir()
    (samples / "step-00000006.npz").symlink_to(samples / "step-00000050.npz")
    os.mkfifo(samples / "step-00000007.npz")
    assert kept_steps(folder) == [0, 50, 100]
    for step in (5, 6, 7, 8):
        with pytest.raises(BadInput, match=f"step-0000000{step}"):
            read_snapshot(folder, step)
    other = folder / "other"
    other.mkdir()
    (other / "samples").symlink_to(samples)
    assert kept_steps(other) == [] == kept_steps(folder / "missing")
    with pytest.raises(BadInput, match="is a link"):
        read_snapshot(other, 50)


def arrays(snapshot: Snapshot) -> dict[str, Any]:
    told = {name: getattr(snapshot, name) for name in snapshots.SIZES}
    return {name: np.asarray(value) for name, value in told.items() if value is not None}


WRONG: dict[str, tuple[Callable[[int], Snapshot], dict[str, Any], str]] = {
    "a task too many": (image_snapshot, {"query": np.zeros((3, 4, 1, 8, 8), np.uint8)}, "query is"),
    "another shape": (image_snapshot, {"samples": np.zeros((2, 3, 4, 1, 9, 8), np.uint8)}, "samples is"),
    "floats as pixels": (image_snapshot, {"support": np.zeros((2, 5, 1, 8, 8))}, "support is float64"),
    "two channels": (lambda step: image_snapshot(step, shape=(2, 8, 8)), {}, "neither images nor points"),
    "nothing": (image_snapshot, {"support": np.zeros((2, 0, 1, 8, 8), np.uint8)}, "support is"),
    "no samples": (image_snapshot, {"samples": None}, "lacks samples"),
    "no names": (image_snapshot, {"names": np.array([1, 2])}, "names is"),
    "too many tasks": (lambda step: image_snapshot(step, tasks=65), {}, "more tasks"),
    "objects": (image_snapshot, {"names": np.array(["a", None], object)}, "damaged"),
    "a density of nowhere": (point_snapshot, {"extent": None}, "lacks extent"),
    "an empty square": (point_snapshot, {"extent": np.array([1.0, 0.0, 1.0, 2.0])}, "is empty"),
    "no square": (point_snapshot, {"extent": np.array([0.0, 0.0, np.inf, 2.0])}, "not finite"),
    "a curve at other places": (curve_snapshot, {"curve_x": np.zeros(3, np.float32)}, "which does not fit"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_snapshot_is_refused_in_a_line(folder: Path, what: str) -> None:
    make, changed, why = WRONG[what]
    given = {name: value for name, value in {**arrays(make(3)), **changed}.items() if value is not None}
    np.savez_compressed(folder / "samples" / "step-00000003.npz", **given)
    with pytest.raises(BadInput, match=why) as caught:
        read_snapshot(folder, 3)
    assert "\n" not in str(caught.value) and caught.value.where.endswith("step-00000003.npz")


def test_damage_is_told_wherever_it_is(folder: Path) -> None:
    whole = write_snapshot(folder, image_snapshot(3)).read_bytes()
    path = folder / "samples" / "step-00000003.npz"
    for cut in range(0, len(whole), 97):
        path.write_bytes(whole[:cut])
        with pytest.raises(BadInput, match="damaged"):
            read_snapshot(folder, 3)


def test_a_small_file_that_unpacks_to_much_is_not_unpacked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "MAX_BYTES", 2**20)
    path = folder / "samples" / "step-00000003.npz"
    np.savez_compressed(path, **{**arrays(image_snapshot(3)), "samples": np.zeros((2, 3, 4, 1, 512, 512), np.uint8)})
    assert path.stat().st_size < 2**20
    with pytest.raises(BadInput, match="unpacked larger than 1 MB"):
        read_snapshot(folder, 3)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (2**40,)})
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("support.npy", header.getvalue())
    with pytest.raises(BadInput, match="more than its file holds"):
        read_snapshot(folder, 3)
