"""Images are decoded when first used, and what is bad costs one line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from metagen_gui.engine.data.image_files import image_set
from metagen_gui.engine.data.image_files.image_set import ImageSet, Polarity
from metagen_gui.engine.data.image_files.sources import open_source

Make = Callable[[Mapping[str, bytes]], Path]
Gray = Callable[..., bytes]


ONE_BLANK = "all of the 1 picture that were looked at are blank"


def opened(path: Path, polarity: Polarity = "keep", channels: int = 1) -> ImageSet:
    return ImageSet(open_source(path, ""), (channels, 4, 4), polarity)


def test_bad_images_are_passed_over_and_named(folder: Make, gray: Gray) -> None:
    files = {"a/1.png": gray(0), "a/2.png": b"text", "a/3.png": b"", "a/4.png": gray(255), "notes.txt": b""}
    images = opened(folder(files))
    found = images.first_good(range(4), 3)
    assert found.shape == (2, 1, 4, 4) and found.dtype == np.float32
    assert found[:, 0, 0, 0].tolist() == [0, 1]
    assert images.notices() == (
        "2 of 4 image files skipped: a/2.png (not an image), a/3.png (empty)",
        "1 other file ignored, not named as images: notes.txt",
    )


def test_no_more_is_decoded_than_asked_for(folder: Make, gray: Gray) -> None:
    images = opened(folder({"a/1.png": gray(), "a/2.png": b"text"}))
    images.first_good([0, 1], 1)
    assert images.notices() == ()
    images.survey()
    assert images.notices() == ("1 of 2 image files skipped: a/2.png (not an image)", ONE_BLANK)


def test_an_image_is_read_from_disk_once(folder: Make, gray: Gray) -> None:
    root = folder({"a/1.png": gray(102), "a/2.png": b""})
    images = opened(root)
    before = images.first_good([0, 1], 2)
    for file in root.glob("a/*"):
        file.unlink()
    assert (images.first_good([0, 1], 2) == before).all()


def test_memory_is_bounded(folder: Make, gray: Gray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_set, "CACHE_BYTES", 3 * (16 + image_set.BYTES_AROUND_AN_IMAGE))
    images = opened(folder({f"a/{index}.png": gray(index) for index in range(9)}))
    assert [images.first_good(range(9), 9)[:, 0, 0, 0].tolist() for _ in range(2)] == [
        [pytest.approx(index / 255) for index in range(9)]
    ] * 2
    assert len(images._kept) == 3


@pytest.mark.parametrize(
    ("polarity", "channels", "value", "first"),
    [
        ("auto", 1, 255, 0),
        ("auto", 1, 128, 127 / 255),
        ("auto", 1, 127, 127 / 255),
        ("auto", 3, 255, 1),
        ("keep", 1, 255, 1),
        ("invert", 1, 0, 1),
        ("invert", 3, 255, 0),
    ],
)
def test_polarity(folder: Make, gray: Gray, polarity: Polarity, channels: int, value: int, first: float) -> None:
    images = opened(folder({"a/1.png": gray(value)}), polarity, channels)
    assert images.first_good([0], 1)[0, 0, 0, 0] == pytest.approx(first)


def test_polarity_is_decided_by_most_images_whatever_was_read_before(folder: Make, gray: Gray) -> None:
    files = {f"a/{index:02}.png": gray(0 if index < 10 else 255) for index in range(40)} | {"a/99.png": b""}
    root = folder(files)
    fresh, used = opened(root, "auto"), opened(root, "auto")
    for index in range(10):
        used.pixels(index)
    assert fresh.inverted and used.inverted


def test_a_survey_ends_when_it_has_seen_enough(folder: Make, gray: Gray, monkeypatch: pytest.MonkeyPatch) -> None:
    root = folder({f"a/{index}.png": gray() for index in range(9)} | {f"b/{index}.png": b"text" for index in range(9)})
    cost = 64 + image_set.COST_OF_A_BYTE * len(gray())
    monkeypatch.setattr(image_set, "SURVEYED_PIXELS", 3.5 * cost)
    images = opened(root)
    images.survey()
    assert len(images._kept) == 4


def test_files_without_pixels_end_a_survey_too(folder: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_set, "SURVEYED_PIXELS", 250 * image_set.COST_OF_A_BYTE)
    images = opened(folder({f"a/{index}.png": b"x" * 100 for index in range(9)}))
    images.survey()
    assert len(images.bad) == 3
