"""Values of every kind are read from black to white; those of which nobody knows which is white are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from metagen_gui.engine.data.image_files.image_set import ImageSet
from metagen_gui.engine.data.image_files.sources import open_source
from tests.engine.data.image_files.test_arrays import SIDE, complaint, drawn, npy


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [
        ("u1", 0, 255),
        ("?", 0, 1),
        ("i8", 0, 255),
        (">i4", 0, 200),
        ("f4", 0, 1),
        ("f8", -1, 1),
        ("f2", 0, 255),
        ("u2", 0, 65535),
    ],
)
def test_values_of_every_kind_are_read_from_black_to_white(tmp_path: Path, dtype: str, low: float, high: float) -> None:
    ramp = np.linspace(low, high, SIDE * SIDE)
    values = (ramp > 0.5 if dtype == "?" else ramp).astype(dtype)
    (tmp_path / "a.npy").write_bytes(npy(values.reshape(1, SIDE, SIDE)))
    images = ImageSet(open_source(tmp_path / "a.npy", ""), (1, SIDE, SIDE), "keep")
    (found,) = images.first_good([0], 1)
    top = 255.0 if high == 200 else high
    np.testing.assert_allclose(found.ravel(), (values.astype(np.float64) - low) / (top - low), atol=0.003)
    assert bool(images.notices()) == (low < 0)


@pytest.mark.parametrize("values", [[-5, 3], [0, 70_000], [-0.5, 300.0], [0.0, 256.5]])
def test_values_of_which_nobody_knows_which_is_white_are_refused(tmp_path: Path, values: list[float]) -> None:
    (tmp_path / "a.npy").write_bytes(npy(np.resize(np.array(values), (3, SIDE, SIDE))))
    assert f"values from {values[0]:g} to {values[1]:g}, of which nobody can know which is white" in complaint(
        tmp_path / "a.npy"
    )


def test_a_picture_with_values_that_are_no_numbers_is_skipped(tmp_path: Path) -> None:
    values = drawn(0).astype(np.float32) / 255
    values[2, 5, 5], values[3, 1, 1] = np.nan, np.inf
    (tmp_path / "a.npy").write_bytes(npy(values))
    images = ImageSet(open_source(tmp_path / "a.npy", ""), (1, SIDE, SIDE))
    assert len(images.first_good(range(6), 6)) == 4
    assert images.bad == {2: "not all its values are numbers", 3: "not all its values are numbers"}
