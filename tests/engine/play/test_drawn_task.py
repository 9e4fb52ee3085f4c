"""A drawn task comes back as it was, from its file and its text; what is no such task is refused in a line."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metagen_gui.engine.data.spec import ImageSpec, PixelKind, PointSpec
from metagen_gui.engine.play.drawn_task import MARK, DrawnTask, picture_of
from metagen_gui.engine.settings.bad_input import BadInput

PICTURES = (np.arange(3 * 28 * 28).reshape(3, 1, 28, 28) % 256).astype(np.float32) / np.float32(255)


@given(st.integers(1, 10), st.sampled_from([(1, 28, 28), (3, 16, 16), (2,)]), st.integers(0, 99))
def test_it_comes_back(count: int, shape: tuple[int, ...], seed: int) -> None:
    whole = np.random.default_rng(seed).integers(0, 256, (count, *shape)).astype(np.float32)
    task = DrawnTask("points", whole) if len(shape) == 1 else DrawnTask("images", whole / np.float32(255))
    again = DrawnTask.from_text(task.to_text())
    assert again.kind == task.kind and np.array_equal(again.support, task.support)


def test_its_file_comes_back_and_its_text_fits_a_link(tmp_path: Path) -> None:
    task = DrawnTask("images", (PICTURES > 0.9).astype(np.float32))
    task.save(tmp_path / "mine.npz")
    assert np.array_equal(DrawnTask.load(tmp_path / "mine.npz").support, task.support)
    assert len(task.to_text()) < 2_000


def test_it_is_only_for_models_of_such_data() -> None:
    task = DrawnTask("images", PICTURES)
    assert task.fitting(ImageSpec((1, 28, 28), "binary")) is task.support
    with pytest.raises(BadInput, match="images of shape 1 × 28 × 28; this model is of"):
        task.fitting(PointSpec())
    with pytest.raises(BadInput, match="it holds points"):
        DrawnTask("points", np.zeros((2, 2), np.float32)).fitting(ImageSpec((1, 28, 28)))


@pytest.mark.parametrize("pixels", ["grey", "binary"])
@pytest.mark.parametrize("shape", [(1, 16, 16), (3, 28, 28), (1, 40, 40), (3, 20, 30)])
def test_pictures_of_another_size_are_made_to_fit(shape: tuple[int, int, int], pixels: PixelKind) -> None:
    picture = np.zeros((1, 1, 28, 28), np.float32)
    picture[:, :, 7:21, 7:21] = 1
    spec = ImageSpec(shape, pixels)
    fitting = DrawnTask("images", picture).fitting(spec)
    assert fitting.shape == (1, *shape) and fitting.dtype == np.float32
    middle, corner = fitting[0, :, shape[1] // 2, shape[2] // 2], fitting[0, :, 0, 0]
    assert (middle == 1).all() and (corner == 0).all()
    assert pixels == "grey" or set(np.unique(fitting)) == {0.0, 1.0}
    coloured = np.zeros((2, 3, 28, 28), np.float32)
    coloured[:, 1] = 1
    as_grey = DrawnTask("images", coloured).fitting(ImageSpec((1, 28, 28)))
    assert as_grey == pytest.approx(np.full((2, 1, 28, 28), 1 / 3), abs=0.01)


def npz(**arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


ANY = np.zeros((2, 1, 28, 28), np.uint8)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "damaged"),
        (npz(support=ANY), "no kind"),
        (npz(kind="sounds", support=ANY), "sounds"),
        (npz(kind="images", support=ANY.astype(np.float64)), "float64"),
        (npz(kind="images", support=np.zeros((11, 1, 28, 28), np.uint8)), "1 to 10"),
        (npz(kind="images", support=np.zeros((2, 2, 28, 28), np.uint8)), "support"),
        (npz(kind="points", support=np.full((3, 2), np.nan, np.float32)), "finite"),
        (npz(kind="points", support=np.zeros((3, 3), np.float32)), "support"),
        (npz(kind="images", support=np.array([DrawnTask], dtype=object)), "damaged"),
        (pickle.dumps({"kind": "images"}), "damaged"),
        (lambda: npz(kind="images", support=np.zeros((10, 3, 4096, 4096), np.uint8)), "larger than"),
        (npz(kind="images", support=ANY, **{f"{each}": 0 for each in range(50)}), "more than 2 arrays"),
        (npz(kind="images", support=np.zeros(3, [("x" * 3_000, "u1")])), r"support is .{1,120}\(3,\)$"),
    ],
)  # fmt: skip
def test_what_is_no_drawn_task_is_refused(data: bytes | Callable[[], bytes], why: str, tmp_path: Path) -> None:
    (tmp_path / "it.npz").write_bytes(data() if callable(data) else data)  # what is large is made when it is wanted
    with pytest.raises(BadInput, match=why):
        DrawnTask.load(tmp_path / "it.npz")


@pytest.mark.parametrize("text", ["", "hello", MARK, MARK + "!!!", MARK + "AAAA"])
def test_text_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="drawn task"):
        DrawnTask.from_text(text)


def test_a_drawing_is_shrunk_by_area_and_takes_the_pixels_of_the_data() -> None:
    ink = np.zeros((280, 280), np.uint8)
    ink[100:200, 90:95] = 255  # half a pixel wide
    grey, binary = (picture_of(ink, ImageSpec((1, 28, 28), pixels)) for pixels in ("grey", "binary"))  # type: ignore[arg-type]
    assert grey.shape == (1, 28, 28) and grey[0, 15, 9] == pytest.approx(0.5, abs=0.01)
    assert set(np.unique(binary)) <= {0.0, 1.0}
    assert picture_of(ink, ImageSpec((3, 16, 16))).shape == (3, 16, 16)
