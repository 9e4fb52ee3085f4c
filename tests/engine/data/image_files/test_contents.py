"""The same picture in two places counts once in its class, and never in what is held out."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metagen_gui.engine.data.image_files import contents
from metagen_gui.engine.data.image_files.contents import Contents, contents_of, without_copies
from metagen_gui.engine.data.image_files.layout import arrange
from metagen_gui.engine.data.image_files.sources import open_source
from metagen_gui.engine.tasks.base import STREAMS
from metagen_gui.engine.tasks.images import Images, ImagesSettings

Make = Callable[[Mapping[str, bytes]], Path]
Gray = Callable[..., bytes]


def sorted_out(path: Path) -> tuple[dict[str, dict[str, list[str]]], tuple[str, ...]]:
    """The labels of the pictures by stream and class, without copies, and what is said of these."""
    source = open_source(path, "")
    layout, told = without_copies(arrange(source.listing.files, "class"), contents_of(source), source)
    files = source.listing.files
    return {
        part: {one.name: [files[member].name for member in one.members] for one in classes}
        for part, classes in layout.streams.items()
    }, told


def test_a_folder_and_a_zip_of_it_have_the_same_marks(folder: Make, zipped: Make, gray: Gray) -> None:
    files = {f"{name}/{value}.png": gray(value) for name in "ab" for value in range(3)}
    one, other = (contents_of(open_source(make(files), "")) for make in (folder, zipped))
    assert one == other
    assert one.digest([0, 1]) == one.digest([4, 3]) != one.digest([0, 2])
    assert one.marks[0] == (len(gray(0)), zlib.crc32(gray(0)))


def test_copies_within_a_class_count_once(folder: Make, gray: Gray) -> None:
    files = {f"{name}/{value}.png": gray(10 * place + value) for place, name in enumerate("abcd") for value in range(3)}
    found, told = sorted_out(folder({**files, "a/and again.png": gray(0), "a/again.png": gray(0)}))
    assert {one: len(names) for classes in found.values() for one, names in classes.items()} == dict.fromkeys("abcd", 3)
    assert told == (
        "2 pictures are copies of another in the same class and not counted again: a/again.png is a/0.png, …",
    )


def test_pictures_in_several_classes_are_not_held_out(folder: Make, gray: Gray) -> None:
    both = {f"both {value}.png": gray(value) for value in range(3)}
    files = {
        **{f"train/a/{name}": data for name, data in both.items()},
        **{f"test/b/{name}": data for name, data in both.items()},
        **{f"test/b/{value}.png": gray(50 + value) for value in range(4)},
        **{f"val/c/{value}.png": gray(90 + value) for value in range(4)},
    }
    found, told = sorted_out(folder(files))
    assert found["train"]["a"] == sorted(both)
    assert found["test"]["b"] == ["0.png", "1.png", "2.png", "3.png"]
    assert len(found["validation"]["c"]) == 4
    assert told == (
        "3 pictures stand in more than one class, as test/b/both 0.png in a and b; classes that are held out are used "
        "without them (3 there)",
    )


def test_pictures_in_several_classes_that_are_trained_on_are_only_told(folder: Make, gray: Gray) -> None:
    files = {f"train/{name}/{value}.png": gray(value) for name in "ab" for value in range(2)}
    files |= {"val/c/1.png": gray(100), "test/d/1.png": gray(200)}
    found, told = sorted_out(folder(files))
    assert [len(names) for names in found["train"].values()] == [2, 2]
    assert told == ("2 pictures stand in more than one class, as train/a/0.png in a and b",)


def test_equal_checksums_are_not_taken_for_equal_pictures(folder: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder({"a/1.png": b"one picture", "a/2.png": b"another one", "a/3.png": b"one picture"})
    monkeypatch.setattr(zlib, "crc32", lambda data: 0)
    assert contents_of(open_source(path, "")).same == {0: 0, 2: 0}


def test_too_much_to_read_is_told(folder: Make, gray: Gray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "READ_AT_MOST", 10)
    path = folder({f"{name}/{value}.png": gray() for name in "abc" for value in range(2)})
    assert contents_of(open_source(path, "")) == Contents(((len(gray()), 0),) * 6, {}, compared=False)
    assert "pictures are not compared" in sorted_out(path)[1][0]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.sampled_from("abcdefg"), st.integers(0, 12)), min_size=8, max_size=60))
def test_no_picture_that_is_held_out_is_anywhere_else(
    tmp_path_factory: pytest.TempPathFactory, pictures: list[tuple[str, int]]
) -> None:
    root = tmp_path_factory.mktemp("copies")
    for number, (name, value) in enumerate(pictures):
        (root / name).mkdir(exist_ok=True)
        (root / name / f"{number}.png").write_bytes(b"%d" % value)
    source = open_source(root, "")
    layout, _ = without_copies(arrange(source.listing.files, "class"), contents_of(source), source)
    held = [
        (part, value)
        for part, classes in layout.streams.items()
        for one in classes
        for value in [source.read(source.listing.files[member]) for member in one.members]
    ]
    for part, value in held:
        assert part == "train" or held.count((part, value)) == 1
        assert part == "train" or not any(value == other for where, other in held if where != part)


def test_support_and_query_never_show_the_same_picture(folder: Make, encode: Callable[..., bytes]) -> None:
    """Nor do they where one is stored in two ways, which no digest of files can tell."""
    from PIL import Image

    files = {}
    for place, name in enumerate("abcdef"):
        for number in range(4):
            values = np.random.default_rng([place, number]).integers(0, 255, (28, 28)).astype(np.uint8)
            files[f"{name}/{number}.png"] = encode(Image.fromarray(values))
            files[f"{name}/{number} again.bmp"] = encode(Image.fromarray(values), "BMP")
    tasks = Images(ImagesSettings(path=str(folder(files)), polarity="keep"), seed=0)
    tasks.check(2, 2)
    for stream in STREAMS:
        for index in range(10):
            task = tasks.task(stream, index, 2, 2)
            shown = [image.tobytes() for image in (*task.support, *task.query)]
            assert len({*shown}) == 4
