"""What the page of the images tells is what the task family does with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from metagen_gui.engine.data.image_files.progress import ASKED_EVERY, Stopped
from metagen_gui.engine.data.image_files.report import THUMBNAIL, ImportReport, Skipped, look_at_images, original
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.tasks.images import Images, ImagesSettings, look_at

Make = Callable[[Mapping[str, bytes]], Path]
Encode = Callable[..., bytes]
Gray = Callable[..., bytes]
SHAPE = (1, 8, 8)


@pytest.fixture
def mixed(folder: Make, encode: Encode, gray: Gray) -> Path:
    clear = Image.new("RGBA", (40, 20), (0, 0, 0, 0))
    clear.paste((200, 0, 0, 255), (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.new("L", (8, 8), 0)
    turned.paste(255, (0, 0, 1, 8))
    wide = Image.fromarray(np.full((8, 8), 65535, np.uint16))
    return folder(
        {
            **{f"plain/{index}.png": gray(index) for index in range(5)},
            "odd/clear.png": encode(clear),
            "odd/turned.png": encode(turned, exif=exif),
            "odd/wide.png": encode(wide),
            "odd/cut.png": gray()[:40],
            "bad/empty.png": b"",
            "bad/photo.jpg": b"\0\0\0\x18ftypheic\0\0\0\0",
            "notes.txt": b"",
        }
    )


def test_what_is_told(mixed: Path) -> None:
    report = look_at_images(mixed, SHAPE)
    assert (report.files, report.read, report.to_read, report.good, report.complete) == (11, 11, 11, 8, True)
    assert report.skipped == (
        Skipped("bad/empty.png", "empty"),
        Skipped("bad/photo.jpg", "a HEIC image, which cannot be read; save it as PNG or JPEG"),
        Skipped("odd/cut.png", "damaged"),
    )
    assert report.others == ("notes.txt",)
    assert {one.name: one.images for one in report.classes} == {"plain": 5, "odd": 3, "bad": 0}
    assert report.spread == (0, 3, 5)
    assert not report.inverted
    assert (
        report.summary() == "8 images can be used, in 3 classes (0 to 5 images each, median 3). 3 of 11 files skipped."
    )


def test_one_example_of_each_kind_before_and_after(mixed: Path) -> None:
    kinds = {str(kind.kind): kind for kind in look_at_images(mixed, SHAPE).kinds}
    assert {name: (kind.count, kind.name) for name, kind in kinds.items()} == {
        "PNG, 8-bit gray": (5, "plain/0.png"),
        "PNG, colour with transparency": (1, "odd/clear.png"),
        "PNG, 8-bit gray, turned as its EXIF tag says": (1, "odd/turned.png"),
        "PNG, 16-bit gray": (1, "odd/wide.png"),
    }
    clear = kinds["PNG, colour with transparency"]
    assert clear.before.shape == (20, 40, 4) and clear.after.shape == SHAPE
    assert clear.before[0, [0, 39]].tolist() == [[200, 0, 0, 255], [0, 0, 0, 0]]
    assert clear.after[0, 4, [0, 7]].tolist() == [60, 255]  # luma of the red; what is transparent lies on white
    turned = kinds["PNG, 8-bit gray, turned as its EXIF tag says"]
    assert turned.before[:, 0, 0].tolist() == [255] * 8 and turned.after[0, 0].tolist() == [255] * 8
    assert (kinds["PNG, 16-bit gray"].before == 255).all()


def test_the_most_frequent_kind_comes_first(mixed: Path) -> None:
    assert [kind.count for kind in look_at_images(mixed, SHAPE).kinds] == [5, 1, 1, 1]


def test_it_is_what_the_task_family_does(mixed: Path) -> None:
    settings = ImagesSettings(path=str(mixed), size=16, colour="rgb", polarity="invert")
    report, family = look_at(settings), Images(settings, seed=0)
    given = {family.images.source.listing.files[index].label: index for index in range(10)}
    for kind in report.kinds:
        seen = family.images.first_good([given[kind.name]], 1)[0] * 255
        assert (np.rint(seen) == kind.after).all()
    assert report.inverted
    family.images.survey()
    bad = {(family.images.source.listing.files[index].label, why) for index, why in family.images.bad.items()}
    assert bad == set(report.skipped)
    assert {(one.name, part) for part, classes in family.layout.streams.items() for one in classes} == {
        (one.name, one.part) for one in report.classes
    }


def test_a_folder_and_a_zip_of_it_give_the_same(mixed: Path, zipped: Make) -> None:
    files = {str(path.relative_to(mixed)): path.read_bytes() for path in mixed.rglob("*.*")}
    one, other = look_at_images(mixed, SHAPE), look_at_images(zipped(files), SHAPE)
    assert (one.skipped, one.classes, one.summary()) == (other.skipped, other.classes, other.summary())


def test_a_large_picture_is_shown_small_and_in_its_shape(encode: Encode) -> None:
    assert original(encode(Image.new("RGB", (400, 100), (9, 9, 9)))).shape == (THUMBNAIL // 4, THUMBNAIL, 4)
    assert original(encode(Image.new("RGB", (4000, 1)))).shape == (1, THUMBNAIL, 4)


def test_a_look_that_is_stopped_tells_what_it_saw(folder: Make, gray: Gray) -> None:
    root = folder({f"{name}/{index}.png": gray() for name in "ab" for index in range(50)})
    told: list[tuple[int, int]] = []

    def go_on(met: int, of: int) -> bool:
        told.append((met, of))
        return met < 10

    report = look_at_images(root, SHAPE, progress=go_on)
    assert told == [(met, 100) for met in range(11)]
    assert (report.read, report.good, report.complete) == (10, 10, False)
    assert report.summary() == "10 images can be used, in 2 classes (50 images each). Stopped after 10 of 100."


def test_the_beginning_of_a_look_is_a_sample_of_the_whole(folder: Make, gray: Gray, encode: Encode) -> None:
    one_bit = encode(Image.new("1", (8, 8)))
    root = folder(
        {f"{name}/{index}.png": data for name, data in (("a", gray()), ("b", one_bit)) for index in range(100)}
    )
    report = look_at_images(root, SHAPE, progress=lambda met, of: met < 4)
    assert [kind.count for kind in report.kinds] == [2, 2]


def test_a_look_that_is_stopped_before_it_began(folder: Make) -> None:
    root = folder({f"a/{index}.png": b"" for index in range(ASKED_EVERY)})
    with pytest.raises(Stopped):
        look_at_images(root, SHAPE, progress=lambda met, of: of > 0)


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"^tasks\.path: .* holds no images"):
        look_at(ImagesSettings(path=str(tmp_path)))


def test_not_one_image_is_good(folder: Make) -> None:
    report: ImportReport = look_at_images(folder({"a/1.png": b"text", "b/2.png": b""}), SHAPE)
    assert report.kinds == () and not report.inverted
    assert report.summary() == "0 images can be used, in 2 classes (0 images each). 2 of 2 files skipped."
