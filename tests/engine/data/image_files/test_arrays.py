"""Pictures in arrays: the same classes and streams as folders of them would give, and one line for what is none."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from metagen_gui.engine.data.image_files import arrays as array_source
from metagen_gui.engine.data.image_files.headers import Pictures
from metagen_gui.engine.data.image_files.image_set import ImageSet
from metagen_gui.engine.data.image_files.layout import arrange
from metagen_gui.engine.data.image_files.listing import Unusable
from metagen_gui.engine.data.image_files.sources import open_source
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.tasks.base import STREAMS
from metagen_gui.engine.tasks.images import Images, ImagesSettings, look_at

Array = npt.NDArray[np.generic]
SIDE = 16


def drawn(*key: int, count: int = 6) -> npt.NDArray[np.uint8]:
    """Pictures `(count, 16, 16)` with dark borders; each is its own."""
    pixels = np.zeros((count, SIDE, SIDE), np.uint8)
    pixels[:, 2:-2, 2:-2] = np.random.default_rng(key).integers(0, 256, (count, SIDE - 4, SIDE - 4))
    return pixels


def npy(array: Array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def idx(array: Array, kind: int = 8) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, kind, array.ndim, *array.shape) + array.tobytes()


def written(root: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def family(path: Path, **chosen: object) -> Images:
    return Images(ImagesSettings(path=str(path), size=SIDE, **chosen), 0)


def held(path: Path) -> dict[str, dict[str, int]]:
    """How many pictures every class of every stream has."""
    streams = arrange(open_source(path, "").listing.files).streams
    return {part: {one.name: len(one.members) for one in classes} for part, classes in streams.items()}


def complaint(path: Path) -> str:
    with pytest.raises(BadInput) as caught:
        open_source(path, "tasks.path")
    assert caught.value.where == "tasks.path" and "\n" not in caught.value.why
    return caught.value.why


ALPHABETS = {f"images/Alphabet {a}/character{c}": drawn(a, c) for a in range(7) for c in range(3)}


@pytest.fixture
def as_png(tmp_path: Path) -> Path:
    """What the arrays hold, as the folders of pictures that they stand for."""
    for key, pictures in ALPHABETS.items():
        (tmp_path / "png" / key).mkdir(parents=True)
        for number, picture in enumerate(pictures):
            Image.fromarray(picture).save(tmp_path / "png" / key / f"{number:02}.png")
    return tmp_path / "png"


@pytest.mark.parametrize(
    "form", ["keys of an archive", "packed", "files", "files in a zip", "flat", "float", "boolean"]
)
def test_arrays_by_class_are_what_the_same_pictures_are_in_folders(tmp_path: Path, as_png: Path, form: str) -> None:
    """The same classes in the same streams, the same tasks to the last bit, and the same groups held out."""
    pixels: str = "binary" if form == "boolean" else "grey"
    change: dict[str, Callable[[Array], Array]] = {
        "flat": lambda array: array.reshape(6, -1),
        "float": lambda array: array.astype(np.float64) / 255,
        "boolean": lambda array: array > 127,
    }
    arrays = {key: change.get(form, lambda array: array)(array) for key, array in ALPHABETS.items()}
    path = tmp_path / "arrays"
    if form in ("files", "files in a zip"):
        written(path, {f"{key}.npy": npy(array) for key, array in arrays.items()})
        if form == "files in a zip":
            with zipfile.ZipFile(path := tmp_path / "arrays.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                for key, array in arrays.items():
                    archive.writestr(f"{key}.npy", npy(array))
    else:
        path = path.with_suffix(".npz")
        (np.savez_compressed if form == "packed" else np.savez)(path, **arrays)
    one, other = family(as_png, pixels=pixels), family(path, pixels=pixels)
    other.check(2, 3)
    assert other.layout.grouped and not other.images.notices()
    assert [c.name for c in one.layout.classes] == [c.name for c in other.layout.classes]
    for stream in STREAMS:
        here, there = (each.batch(stream, 0, 8, 2, 3) for each in (one, other))
        assert here.names == there.names and here.groups == there.groups
        np.testing.assert_array_equal(here.query, there.query)


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (("x_train", "y_train", "x_test", "y_test"), "npz"),
        (("train_images", "train_labels", "test_images", "test_labels"), "npz"),
        (
            ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
            "idx",
        ),
        (
            ("train-images.idx3-ubyte", "train-labels.idx1-ubyte", "t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"),
            "gz",
        ),
        (("train/images", "train/labels", "test/images", "test/labels"), "npz of each"),
        (("X_train", "Y_train", "X_test", "Y_test"), "npy"),
    ],
)
def test_labels_give_classes_and_names_give_the_split(tmp_path: Path, names: tuple[str, ...], kind: str) -> None:
    labels = np.tile(np.arange(8, dtype=np.uint8), 5)
    parts = {0: drawn(1, count=40), 2: drawn(2, count=40)}
    arrays = {
        names[place + given]: value for place, array in parts.items() for given, value in ((0, array), (1, labels))
    }
    path = tmp_path / "set"
    if kind == "npz":
        np.savez(path := tmp_path / "set.npz", **arrays)
    elif kind == "npz of each":
        path.mkdir()
        for part in ("train", "test"):
            np.savez(path / part, **{key.split("/")[1]: value for key, value in arrays.items() if key.startswith(part)})
    elif kind == "npy":
        written(path, {f"{name}.npy": npy(array) for name, array in arrays.items()})
    elif kind == "idx":
        written(path, {name: idx(array) for name, array in arrays.items()})
    else:
        written(path, {f"{name}.gz": gzip.compress(idx(array)) for name, array in arrays.items()})
    found = held(path)
    assert found["test"] == {str(label): 5 for label in range(8)}
    assert {**found["train"], **found["validation"]} == found["test"] and found["validation"]
    tasks = family(path, polarity="keep")
    task = tasks.task("test", 0, 2, 3)
    own = parts[2][labels == int(task.name)].astype(np.float32) / np.float32(255)
    wanted, got = ({picture.tobytes() for picture in each} for each in (own[:, None], [*task.support, *task.query]))
    assert got == wanted
    assert any("share classes (0, 1, 2" in line for line in tasks.notices())


def test_one_file_of_a_pair_is_enough_to_name_it(tmp_path: Path) -> None:
    root = written(
        tmp_path,
        {
            "train-images-idx3-ubyte": idx(drawn(0, count=20)),
            "train-labels-idx1-ubyte": idx(np.arange(20, dtype=np.uint8) % 4),
            "t10k-images-idx3-ubyte": idx(drawn(1, count=20)),
        },
    )
    found = held(root / "train-images-idx3-ubyte")
    assert {name: count for classes in found.values() for name, count in classes.items()} == dict.fromkeys("0123", 5)


def test_labels_are_numbers_or_words_and_words_may_say_a_group(tmp_path: Path) -> None:
    words = np.array(["greek/alpha", "greek/beta", "latin/a", "latin/b"] * 3)
    for labels in (words, words.astype(bytes), words[:, None]):
        np.savez(tmp_path / "a.npz", images=drawn(0, count=12), labels=labels)
        found = held(tmp_path / "a.npz")
        assert {name for classes in found.values() for name in classes} == {*words.tolist()}
    np.savez(tmp_path / "a.npz", images=drawn(0, count=12), labels=np.arange(12) % 3 - 1.0)
    assert {name for classes in held(tmp_path / "a.npz").values() for name in classes} == {"-1", "0", "1"}
    np.savez(tmp_path / "a.npz", images=drawn(0, count=12), labels=np.arange(12) / 3)
    assert "its labels are no whole numbers" in complaint(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("shape", "seen"),
    [
        ((5, 28, 28), Pictures(1, 5, 28, 28)),
        ((5, 784), Pictures(1, 5, 28, 28)),
        ((5, 28, 20, 3), Pictures(1, 5, 28, 20, 3)),
        ((5, 3, 28, 20), Pictures(1, 5, 28, 20, 3, True)),
        ((5, 28, 28, 1), Pictures(1, 5, 28, 28)),
        ((1623, 20, 28, 28), Pictures(1623, 20, 28, 28)),
        ((7, 20, 1, 28, 28), Pictures(7, 20, 28, 28, 1, True)),
        ((7, 20, 28, 28, 3), Pictures(7, 20, 28, 28, 3)),
    ],
)
def test_shapes_are_read_as_pictures(shape: tuple[int, ...], seen: Pictures) -> None:
    assert Pictures.of(shape) == seen


@pytest.mark.parametrize("shape", [(), (5,), (5, 700), (2, 5, 6, 4, 5), (2, 2, 2, 2, 2, 2)])
def test_other_shapes_are_no_pictures(shape: tuple[int, ...]) -> None:
    with pytest.raises(Unusable, match="which are no pictures"):
        Pictures.of(shape)


def test_colours_come_as_they_are_whichever_axis_they_lie_on(tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (4, SIDE, SIDE, 3)).astype(np.uint8)
    for array in (pictures, pictures.transpose(0, 3, 1, 2).copy()):
        (tmp_path / "a.npy").write_bytes(npy(array))
        found = ImageSet(open_source(tmp_path / "a.npy", ""), (3, SIDE, SIDE)).first_good(range(4), 4)
        np.testing.assert_array_equal(found, pictures.transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255))


def test_of_very_many_pictures_the_first_of_each_class_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(array_source, "MOST_PICTURES", 10)
    source = open_source(written(tmp_path, {"a.npy": npy(drawn(0)), "b.npy": npy(drawn(1, count=9))}), "")
    assert [file.label for file in source.listing.files] == [f"{c}/{n:07}" for c in "ab" for n in range(5)]
    (told,) = ImageSet(source, (1, SIDE, SIDE)).notices()
    assert told == "of 15 pictures the first 5 of every class are used"


def test_pictures_beside_arrays_are_what_is_read(tmp_path: Path, gray: Callable[[], bytes]) -> None:
    listing = open_source(written(tmp_path, {"a/1.png": gray(), "b.npy": npy(drawn(0))}), "").listing
    assert [file.label for file in listing.files] == ["a/1.png"] and listing.others == ["b.npy"]


def test_copies_are_found_and_what_a_run_keeps_brings_arrays_back(tmp_path: Path) -> None:
    arrays = {name: drawn(place) for place, name in enumerate("abcdefgh")}
    arrays["a"][3] = arrays["a"][1]
    np.savez(tmp_path / "a.npz", **arrays)
    tasks = family(tmp_path / "a.npz")
    tasks.check(2, 2)
    assert "1 picture is a copy of another in the same class" in " ".join(tasks.notices())
    kept = tasks.kept()
    arrays["b"][0] += 1
    np.savez(tmp_path / "a.npz", **arrays)
    later = family(tmp_path / "a.npz")
    later.recall(kept)
    assert "1 class has other pictures (b: 6)" in later.doubts()[0]
    assert {part: {*names} for part, names in later.kept()["streams"].items()} == {
        part: {*names} for part, names in kept["streams"].items()
    }


def test_the_page_of_the_images_tells_of_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **{name: drawn(place) for place, name in enumerate("abcd")}, mean=np.zeros(3))
    report = look_at(family(tmp_path / "a.npz").settings)
    assert report.good == 24 and [str(kind.kind) for kind in report.kinds] == ["array, 8-bit gray"]
    assert [(one.name, one.images) for one in report.classes] == [(name, 6) for name in "abcd"]
    assert [*report.skipped] == [("mean.npy", "of shape 3, which are no pictures")]


def test_a_model_adapts_to_pictures_in_an_array(tmp_path: Path) -> None:
    (tmp_path / "own.npy").write_bytes(npy(drawn(5)))
    np.savez(tmp_path / "a.npz", **{name: drawn(place) for place, name in enumerate("abcd")})
    found, told = family(tmp_path / "a.npz").read(tmp_path / "own.npy", "images")
    assert found.shape == (6, 1, SIDE, SIDE) and not told
    np.testing.assert_array_equal(found[:, 0], drawn(5).astype(np.float32) / np.float32(255))
