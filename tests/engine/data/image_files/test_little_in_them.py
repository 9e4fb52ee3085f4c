"""Pictures that carry little are told of, and brought to the full range where it is plain what white is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from metagen_gui.engine.data.image_files.image_set import ImageSet
from metagen_gui.engine.data.image_files.sources import open_source
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.tasks.images import Images, ImagesSettings

Make = Callable[[Mapping[str, bytes]], Path]
Encode = Callable[..., bytes]


def pictures(encode: Encode, most: int, kind: type[np.unsignedinteger]) -> dict[str, bytes]:
    """Six classes of six pictures, with values up to `most` and no further."""
    files = {}
    for label in range(6):
        for number in range(6):
            values = np.random.default_rng([label, number]).integers(0, most + 1, (16, 16)).astype(kind)
            values[0, :2] = 0, most
            files[f"class {label}/{number}.png"] = encode(Image.fromarray(values))
    return files


@pytest.mark.parametrize(
    ("most", "kind", "white"),
    [
        (4095, np.uint16, 4095),
        (4000, np.uint16, 4095),
        (1023, np.uint16, 1023),
        (255, np.uint16, 255),
        (16_383, np.uint16, 16_383),
        (1, np.uint16, 1),
        (1, np.uint8, 1),
        (65_535, np.uint16, None),
        (16_384, np.uint16, None),
        (2, np.uint8, None),
        (255, np.uint8, None),
    ],
)
def test_values_are_scaled_by_the_bits_that_are_used(
    folder: Make, encode: Encode, most: int, kind: type[np.unsignedinteger], white: int | None
) -> None:
    images = ImageSet(open_source(folder(pictures(encode, most, kind)), ""), (1, 16, 16), "keep")
    images.survey()
    shown = images.first_good(range(36), 36)
    assert images.white == white
    assert abs(float(shown.max()) - most / (white or np.iinfo(kind).max)) < 1 / 255 and shown.min() == 0
    told = [line for line in images.notices() if "that is taken for white" in line]
    assert told == ([f"gray values go up to {white} and no further: that is taken for white"] if white else [])


def test_what_a_run_has_found_to_be_white_is_kept_with_it(folder: Make, encode: Encode) -> None:
    root = folder(pictures(encode, 4095, np.uint16))
    first = Images(ImagesSettings(path=str(root), size=16, polarity="keep"), seed=0)
    kept = first.kept()
    bright = np.full((16, 16), 65_535, np.uint16)
    for file in root.rglob("*.png"):
        file.write_bytes(encode(Image.fromarray(bright)))
    later = Images(ImagesSettings(path=str(root), size=16, polarity="keep"), seed=0)
    assert later.images.white is None
    later.recall(kept)
    assert later.images.white == 4095
    (root / "own.png").write_bytes(encode(Image.fromarray(np.full((16, 16), 4095, np.uint16))))
    assert (later.read(root / "own.png", "")[0] == 1).all()


def test_little_of_the_range_is_told(folder: Make, encode: Encode) -> None:
    images = ImageSet(open_source(folder(pictures(encode, 15, np.uint8)), ""), (1, 16, 16), "keep")
    images.survey()
    assert images.notices() == ("the pictures use little of the range of 0 (black) to 1: 0.00 to 0.06",)


def test_the_same_picture_over_and_over_is_told(folder: Make, gray: Callable[..., bytes], encode: Encode) -> None:
    values = np.random.default_rng(0).integers(0, 255, (16, 16)).astype(np.uint8)
    one = encode(Image.fromarray(values))
    images = ImageSet(open_source(folder({f"a/{number}.png": one for number in range(9)}), ""), (1, 16, 16), "keep")
    images.survey()
    assert images.notices() == ("the 9 pictures that were looked at are only 1 picture",)


def test_blank_pictures_are_refused_with_their_reason(folder: Make, gray: Callable[..., bytes]) -> None:
    root = folder({f"{name}/{value}.png": gray(200, (8, 8 + value)) for name in "abcd" for value in range(6)})
    with pytest.raises(BadInput, match="all of the 24 pictures that were looked at are blank"):
        Images(ImagesSettings(path=str(root), size=16), seed=0).check(2, 2)


def test_pictures_of_which_none_can_be_read_are_told_as_such(folder: Make) -> None:
    root = folder({f"{name}/{number}.png": b"text %d" % number for name in "abcd" for number in range(10)})
    with pytest.raises(BadInput, match=r"40 of 40 images cannot be read; the first: a/0\.png \(not an image\)"):
        Images(ImagesSettings(path=str(root)), seed=0).check(2, 2)


def test_of_several_pages_the_first_is_read_and_that_is_told(folder: Make, encode: Encode) -> None:
    pages = [Image.new("L", (8, 8), value) for value in (0, 255)]
    files = {
        "a/scan.tif": encode(pages[0], "TIFF", save_all=True, append_images=pages[1:]),
        "a/film.gif": encode(pages[0], "GIF", save_all=True, append_images=pages[1:]),
        "a/one.tif": encode(pages[1], "TIFF"),
    }
    images = ImageSet(open_source(folder(files), ""), (1, 8, 8), "keep")
    assert images.first_good([0, 2], 2).max() == 0
    images.survey()
    assert "2 files hold several pages or frames; only the first is read: a/film.gif, a/scan.tif" in images.notices()
