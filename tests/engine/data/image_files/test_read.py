from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from metagen_gui.engine.data.image_files import read_images
from metagen_gui.engine.data.spec import ImageSpec, PointSpec
from metagen_gui.engine.settings.bad_input import BadInput

Make = Callable[[Mapping[str, bytes]], Path]
Gray = Callable[..., bytes]
SPEC = ImageSpec((1, 16, 16))


def test_everything_below_a_folder_is_read_in_order(folder: Make, gray: Gray) -> None:
    root = folder({"b/deep/2.png": gray(20), "a.png": gray(10), "c.png": b"text"})
    found, notices = read_images(root, SPEC)
    assert found.shape == (2, 1, 16, 16) and found.dtype == np.float32
    assert (found[:, 0, 0, 0] * 255).round().tolist() == [10, 20]
    assert notices == ("1 of 3 image files skipped: c.png (not an image)",)


def test_a_folder_and_a_zip_of_it_are_the_same(folder: Make, zipped: Make, gray: Gray) -> None:
    files = {"b/1.png": gray(1), "a/2.png": gray(2), "a-b/3.png": gray(3), "é.png": gray(4)}
    assert (read_images(folder(files), SPEC)[0] == read_images(zipped(files), SPEC)[0]).all()


def test_a_single_image_will_do(folder: Make, gray: Gray) -> None:
    root = folder({"a.png": gray(255), "b.png": gray(0)})
    assert (read_images(root / "a.png", SPEC, polarity="keep")[0] == 1).all()
    assert (read_images(root / "a.png", ImageSpec((3, 8, 4)))[0].shape) == (1, 3, 8, 4)


def test_a_single_image_that_cannot_be_read_is_named_and_not_the_folder_it_lies_in(folder: Make, gray: Gray) -> None:
    path = folder({"a.png": gray(255)[:40], "b.png": gray(0)}) / "a.png"
    with pytest.raises(BadInput) as refused:
        read_images(path, SPEC, where="examples")
    assert f"{path} holds no images" in refused.value.why


def test_too_many_are_cut_and_told(folder: Make, gray: Gray) -> None:
    found, notices = read_images(folder({f"{index}.png": gray(0) for index in range(5)}), SPEC, most=3)
    assert len(found) == 3
    assert notices == ("only the first 3 of 5 images were read",)


def test_what_cannot_be_read(folder: Make, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"^examples: .*no images that can be read: 1 of 1 image files skipped: a\.png"):
        read_images(folder({"a.png": b"text"}), SPEC, where="examples")
    with pytest.raises(BadInput, match="does not exist"):
        read_images(tmp_path / "gone", SPEC)
    with pytest.raises(BadInput, match="not one of gray or RGB images"):
        read_images(tmp_path, PointSpec())
