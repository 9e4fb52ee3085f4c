"""The family as a whole: classes in, tasks out, and one line for whatever is wrong."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import parse_settings
from metagen_gui.engine.tasks.base import STREAMS, task_families
from metagen_gui.engine.tasks.images import Images, ImagesSettings, look_at

SIDE = 21


def drawing(alphabet: int, character: int, drawer: int) -> bytes:
    """Black strokes on white, 1 bit, as Omniglot's; every drawing is a picture of its own."""
    random = np.random.default_rng([alphabet, character, drawer])
    ink = np.ones((SIDE, SIDE), bool)
    ink[4:-4, 4:-4] = random.random((SIDE - 8, SIDE - 8)) > 0.2
    buffer = io.BytesIO()
    Image.fromarray(ink).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def omniglot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven alphabets of three characters by six drawers, in the published layout."""
    root = tmp_path_factory.mktemp("omniglot")
    for alphabet in range(7):
        for character in range(1, 4):
            place = root / "images_background" / f"Alphabet_({alphabet})" / f"character{character:02}"
            place.mkdir(parents=True)
            for drawer in range(6):
                (place / f"{alphabet:02}{character:02}_{drawer:02}.png").write_bytes(
                    drawing(alphabet, character, drawer)
                )
    return root


def family(path: Path | str, seed: int = 0, **settings: object) -> Images:
    return Images(ImagesSettings(path=str(path), **settings), seed)


def zip_of(root: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(root.rglob("*.png"), reverse=True):
            archive.write(file, file.relative_to(root))
    return path


def complaint(tasks: Images, shots: int = 2, query_size: int = 3) -> str:
    with pytest.raises(BadInput) as caught:
        tasks.check(shots, query_size)
    assert caught.value.where == "tasks.path"
    return caught.value.why


def test_it_is_registered() -> None:
    assert task_families.get("images") is Images


@pytest.mark.parametrize(("size", "colour", "channels"), [(16, "gray", 1), (28, "rgb", 3), (64, "gray", 1)])
def test_shapes_and_range(omniglot: Path, size: int, colour: str, channels: int) -> None:
    tasks = family(omniglot, size=size, colour=colour)
    batch = tasks.batch("train", 0, tasks=3, shots=2, query_size=4)
    assert tasks.spec.shape == (channels, size, size)
    assert batch.support.shape == (3, 2, channels, size, size) and batch.query.shape == (3, 4, channels, size, size)
    assert batch.support.dtype == np.float32
    assert 0 <= batch.support.min() < batch.support.max() <= 1


def test_ink_is_one(omniglot: Path) -> None:
    tasks = family(omniglot)
    images = tasks.task("train", 0, 5, 1).support
    assert (images[:, :, 0] == 0).all()
    assert 0.03 < images.mean() < 0.15
    assert "read inverted; choose Polarity" in tasks.notices()[-1]
    assert family(omniglot, polarity="keep").task("train", 0, 5, 1).support.mean() > 0.85


def test_a_task_is_one_class_and_shares_no_example(omniglot: Path) -> None:
    tasks = family(omniglot, size=32)
    whole = {one.name: tasks.images.first_good(one.members, 6) for one in tasks.layout.classes}
    for index in range(20):
        task = tasks.task("train", index, 2, 4)
        drawn = [image.tobytes() for image in (*task.support, *task.query)]
        assert sorted(drawn) == sorted(image.tobytes() for image in whole[task.name])


def test_streams_hold_different_alphabets(omniglot: Path) -> None:
    tasks = family(omniglot)
    names = {stream: {tasks.task(stream, index, 1, 1).name for index in range(60)} for stream in STREAMS}
    alphabets = [{name.split("/")[0] for name in names[stream]} for stream in STREAMS]
    assert [len(found) for found in alphabets] == [5, 1, 1]
    assert len(set.union(*alphabets)) == 7


def test_a_task_depends_on_seed_stream_and_index_only(omniglot: Path) -> None:
    first, second = family(omniglot, seed=3), family(omniglot, seed=3)
    second.check(2, 2)
    later = [second.task("train", index, 2, 2) for index in reversed(range(8))][::-1]
    for index, other in enumerate(later):
        one = first.task("train", index, 2, 2)
        assert one.name == other.name
        assert (one.support == other.support).all() and (one.query == other.query).all()
    different = family(omniglot, seed=4).batch("train", 0, 8, 2, 2)
    assert (different.support != first.batch("train", 0, 8, 2, 2).support).any()


def test_every_second_task_of_training_is_turned_where_that_is_asked_for(omniglot: Path) -> None:
    """Its classes as they are stay among them, pictures of one task are turned alike, and nothing held out is."""
    plain, turned = family(omniglot), family(omniglot, turned=True)
    found = dict.fromkeys(range(4), 0)
    for index in range(60):
        before, after = (tasks.task("train", index, 2, 3) for tasks in (plain, turned))
        ways = [np.rot90(before.support, way, axes=(2, 3)) for way in range(4)]
        (way,) = (way for way in range(4) if np.array_equal(ways[way], after.support))
        assert np.array_equal(np.rot90(before.query, way, axes=(2, 3)), after.query)
        found[way] += 1
    assert 20 < found[0] < 40 and min(found.values()) > 3
    for stream in ("validation", "test"):
        assert np.array_equal(plain.task(stream, 0, 2, 3).support, turned.task(stream, 0, 2, 3).support)


def test_the_split_does_not_depend_on_seed_or_shots(omniglot: Path) -> None:
    first, second = family(omniglot, seed=1), family(omniglot, seed=2)
    first.check(1, 1)
    second.check(3, 3)
    assert first.layout == second.layout


@pytest.mark.parametrize("below", ["", "images_background"])
def test_a_folder_at_any_level_and_a_zip_give_the_same_tasks(omniglot: Path, tmp_path: Path, below: str) -> None:
    expected = family(omniglot).batch("validation", 0, 5, 2, 2)
    for path in (omniglot / below, zip_of(omniglot, tmp_path / "o.zip")):
        found = family(path).batch("validation", 0, 5, 2, 2)
        assert found.names == expected.names
        assert (found.support == expected.support).all()


def test_bad_files_and_small_classes_cost_one_line_each(omniglot: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(zip_of(omniglot, tmp_path / "o.zip"), "a") as archive:
        for index in range(4):
            archive.writestr(f"images_background/Alphabet_(1)/broken/{index}.png", b"text %d" % index)
        archive.writestr("images_background/Alphabet_(2)/small/1.png", drawing(9, 9, 9))
    tasks = family(tmp_path / "o.zip", polarity="invert")
    tasks.check(2, 2)
    skipped, _, left_out = tasks.notices()
    assert skipped.startswith(
        "4 of 131 image files skipped: images_background/Alphabet_(1)/broken/0.png (not an image), "
    )
    assert left_out == "2 classes left out: fewer than 4 images (Alphabet_(1)/broken: 0, Alphabet_(2)/small: 1)"
    names = {tasks.task(stream, index, 2, 2).name for stream in STREAMS for index in range(80)}
    assert len(names) == 21


def test_a_bad_class_met_in_a_run_gives_the_same_tasks_as_one_known_before(omniglot: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(zip_of(omniglot, tmp_path / "o.zip"), "a") as archive:
        for index in range(6):
            archive.writestr(f"images_background/Alphabet_(1)/broken/{index}.png", drawing(1, 1, index)[:60])
    known, unknown = family(tmp_path / "o.zip"), family(tmp_path / "o.zip")
    known.check(2, 2)
    assert len(known.images.bad) == 6
    assert not unknown.images.bad
    for stream in STREAMS:
        one, other = known.batch(stream, 0, 40, 2, 2), unknown.batch(stream, 0, 40, 2, 2)
        assert one.names == other.names and (one.support == other.support).all()
    assert len(unknown.images.bad) == 6  # so it was met


def test_a_folder_one_level_too_low_is_recognised(omniglot: Path) -> None:
    alphabet = omniglot / "images_background" / "Alphabet_(3)"
    family(alphabet).check(2, 2)  # three characters: one for each stream
    why = complaint(family(alphabet / "character01"))
    assert why.endswith("character01 holds images but no folders of images, one per class; choose the folder above it")


def classes(root: Path, **sizes: int) -> Path:
    for number, (name, size) in enumerate(sizes.items()):
        (root / name).mkdir(parents=True)
        for index in range(size):
            (root / name / f"{index}.png").write_bytes(drawing(100, number, index))
    return root


def test_images_that_vanish_end_in_one_line(omniglot: Path, tmp_path: Path) -> None:
    root = classes(tmp_path / "gone", a=5, b=5, c=5)
    tasks = family(root)
    assert len(tasks.layout.classes) == 3
    for file in root.rglob("*.png"):
        file.unlink()
    with pytest.raises(
        BadInput, match=r"15 of 15 images cannot be read; the first: a/0\.png \(No such file or directory\)"
    ):
        tasks.task("train", 0, 2, 2)


def test_classes_in_several_streams_are_told(tmp_path: Path) -> None:
    root = classes(tmp_path / "shared", **{"train/cat": 2, "val/cat": 2, "test/dog": 2})
    assert any("share classes (cat)" in line for line in family(root).notices())


@pytest.mark.parametrize("pixels", ["binary", "drawn"])
def test_binary_pixels_are_of_zero_and_one_in_tasks_and_in_pictures_of_ones_own(
    omniglot: Path, tmp_path: Path, pixels: str
) -> None:
    """The same classes and drawings as grey ones; those of one's own get ink and paper as those trained on have."""
    grey, family_of = family(omniglot), family(omniglot, pixels=pixels)
    own = tmp_path / "own.png"
    own.write_bytes(drawing(50, 1, 1))
    for stream in STREAMS:
        one, other = grey.task(stream, 4, 2, 3), family_of.task(stream, 4, 2, 3)
        assert one.name == other.name and {*np.unique(other.query)} == {0, 1}
        if pixels == "binary":
            assert np.array_equal(other.support, one.support > 0.5)
        else:
            assert np.array_equal(other.query, family(omniglot, pixels=pixels).task(stream, 4, 2, 3).query)
            assert ((one.query == 1) <= (other.query == 1)).all() and ((one.query == 0) <= (other.query == 0)).all()
    read, as_grey = family_of.read(own, "images")[0], grey.read(own, "images")[0]
    assert {*np.unique(read)} == {0, 1} and len({*np.unique(as_grey)}) > 2
    assert np.array_equal(read, family_of.read(own, "images")[0])
    assert pixels != "binary" or np.array_equal(read, as_grey > 0.5)
    told = look_at(family_of.settings)
    assert all({*np.unique(kind.after)} <= {0, 255} for kind in told.kinds)


def test_drawings_that_differ_only_in_grey_are_one_where_only_black_and_white_are_seen(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).mkdir()
        for index in range(6):  # on a 16 × 16 picture: three patterns, each in two greys
            pixels = np.zeros((16, 16), np.uint8)
            pixels[4 + index // 2, ord(name) % 10] = 200 + index % 2
            Image.fromarray(pixels).save(tmp_path / name / f"{index}.png")
    assert family(tmp_path, size=16, polarity="keep").task("train", 0, 3, 3).query.max() < 1
    with pytest.raises(BadInput):
        family(tmp_path, size=16, polarity="keep", pixels="binary").task("train", 0, 2, 2)
    task = family(tmp_path, size=16, polarity="keep", pixels="binary").task("train", 0, 1, 2)
    assert len({image.tobytes() for image in (*task.support, *task.query)}) == 3


def test_no_path_is_one_line() -> None:
    with pytest.raises(BadInput, match=r"^tasks\.path: choose a folder or zip of images$"):
        family("").check(1, 1)


@pytest.mark.parametrize("given", [64, "64"])
def test_size_may_come_as_text(given: object) -> None:
    assert parse_settings(ImagesSettings, {"size": given}, "tasks").size == 64


@pytest.mark.parametrize("given", [30, "30", "large", 16.5, None])
def test_other_sizes_are_refused(given: object) -> None:
    with pytest.raises(BadInput, match=r"tasks\.size"):
        parse_settings(ImagesSettings, {"size": given}, "tasks")


def test_a_long_name_of_a_class_is_shown_without_its_middle(tmp_path: Path) -> None:
    names = {f"{letter * 120}/{letter}": 5 for letter in "abc"}
    task = family(classes(tmp_path / "long", **names)).task("train", 0, 2, 2)
    assert len(task.name) == 100 and "…" in task.name


def test_tasks_are_grouped_as_they_were_held_out(omniglot: Path, tmp_path: Path) -> None:
    """By alphabet where whole ones are, given or dealt; by class where classes of one alphabet are on both sides."""
    whole = family(omniglot)
    assert whole.groups_are == "groups of classes"
    assert {*whole.batch("test", 0, 9, 2, 3).groups} == {one.group for one in whole.layout.streams["test"]}
    given = tmp_path / "given"
    for part, alphabets in (("train", (0, 1)), ("val", (2,)), ("test", (3, 4))):
        for alphabet in alphabets:
            shutil.copytree(omniglot / "images_background" / f"Alphabet_({alphabet})", given / part / f"a{alphabet}")
    assert {*family(given).batch("test", 0, 20, 2, 3).groups} == {"a3", "a4"}
    split = family(omniglot, split_by="class")
    assert split.groups_are == "classes"
    batch = split.batch("test", 0, 20, 2, 3)
    assert batch.groups == batch.names and len({*batch.groups}) > 2
