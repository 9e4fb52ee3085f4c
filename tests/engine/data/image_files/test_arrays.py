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
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from metagen_gui.engine.data.image_files import arrays as array_source
from metagen_gui.engine.data.image_files.headers import Pictures, read_header
from metagen_gui.engine.data.image_files.image_set import ImageSet
from metagen_gui.engine.data.image_files.layout import arrange
from metagen_gui.engine.data.image_files.listing import Listing, Source, Unusable
from metagen_gui.engine.data.image_files.sources import open_source
from metagen_gui.engine.data.image_files.values import Range
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


def header(text: str) -> bytes:
    padded = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded


HOSTILE = {
    "huge.npy": header("{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000, 1000000, 784)}") + bytes(99),
    "negative.npy": header("{'descr': '|u1', 'fortran_order': False, 'shape': (-4, 28, 28)}"),
    "objects.npy": header("{'descr': '|O', 'fortran_order': False, 'shape': (4, 28, 28)}")
    + b"cos\nsystem\n(S'id'\ntR.",
    "code.npy": header("__import__('os').system('touch hacked')"),
    "nested.npy": header("(" * 100 + ")" * 9),
    "fields.npy": header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4,)}") + bytes(16),
    "complex.npy": npy(np.zeros((4, 28, 28), np.complex64)),
    "times.npy": npy(np.zeros((4, 28, 28), "M8[s]")),
    "columns.npy": npy(np.asfortranarray(np.zeros((4, 28, 28)))),
    "cut.npy": npy(drawn(0))[:-1],
    "longer.npy": npy(drawn(0)) + b"0",
    "cut-header.npy": npy(drawn(0))[:40],
    "version.npy": b"\x93NUMPY\x09\x00" + bytes(200),
    "none.npy": npy(np.zeros((0, 28, 28))),
    "text.npy": b"not an array at all",
    "huge-images-idx3-ubyte": struct.pack(">HBB3I", 0, 8, 3, 2**32 - 1, 2**32 - 1, 2**32 - 1) + bytes(99),
    "cut-images-idx3-ubyte": idx(drawn(0))[:-1],
    "axes-images-idx3-ubyte": b"\0\0\x08\xff" + bytes(99),
    "bomb-images-idx3-ubyte.gz": gzip.compress(struct.pack(">HBB3I", 0, 8, 3, 2**22, 28, 28) + bytes(99)),
    "cut-images-idx3-ubyte.gz": gzip.compress(idx(drawn(0)))[:-20],
    "text-images-idx3-ubyte.gz": b"not packed",
    "lone-labels-idx1-ubyte": idx(np.arange(9, dtype=np.uint8)),
    "archive.npz": b"PK\3\4 and nothing else",
}
SAYS = {
    "huge.npy": "truncated: 1,000,000,000 × 1,000,000 × 784 values of 1 bytes said, 99 bytes there",
    "objects.npy": "an array of Python objects, which is not opened: it could run code",
    "code.npy": "its header is damaged",
    "columns.npy": "an array stored by columns; save it with numpy.ascontiguousarray",
    "complex.npy": "an array of complex64, which are no pixels",
    "cut.npy": "truncated: 6 × 16 × 16 values of 1 bytes said, 1,535 bytes there",
    "longer.npy": "longer than it says: 6 × 16 × 16 values of 1 bytes said, 1,537 bytes there",
    "none.npy": "it holds nothing",
    "huge-images-idx3-ubyte": "truncated: 4,294,967,295 × 4,294,967,295 × 4,294,967,295 values of 1 bytes said, 99",
    "bomb-images-idx3-ubyte.gz": "more than 1,024 MB to unpack",
    "lone-labels-idx1-ubyte": "labels without pictures beside them",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_lies_or_could_run_code_costs_one_line(tmp_path: Path, name: str) -> None:
    """Alone it is refused; beside good arrays it is skipped, in a folder and in a zip."""
    written(tmp_path / "alone", {name: HOSTILE[name]})
    why = complaint(tmp_path / "alone")
    assert "that can be read (1 skipped; the first: " in why and SAYS.get(name, "") in why
    good = written(tmp_path / "mixed", {name: HOSTILE[name], "good.npy": npy(drawn(0))})
    with zipfile.ZipFile(tmp_path / "mixed.zip", "w") as archive:
        for file in good.iterdir():
            archive.write(file, file.name)
    for place in (good, tmp_path / "mixed.zip"):
        listing = open_source(place, "").listing
        assert len(listing.files) == 6 and len(listing.skipped) == 1 and listing.skipped[0][0] == name
    assert not (tmp_path / "hacked").exists() and not Path("hacked").exists()


def test_an_archive_that_would_unpack_to_too_much_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(array_source, "MOST_UNPACKED", 3 * 6 * SIDE * SIDE)
    np.savez_compressed(tmp_path / "a.npz", **{name: drawn(place) for place, name in enumerate("abcd")})
    listing = open_source(tmp_path / "a.npz", "").listing
    assert len(listing.files) == 18 and listing.skipped[0][1].endswith("MB to unpack")
    written(tmp_path / "folder", {f"{name}.npy": npy(drawn(place)) for place, name in enumerate("abcd")})
    assert len(open_source(tmp_path / "folder", "").listing.files) == 24, "what lies open is read where it lies"


def test_a_member_that_declares_less_than_it_holds_does_not_get_more(tmp_path: Path) -> None:
    """A zip bomb by its header: the directory says a few bytes, deflate would go on for ever."""
    np.savez_compressed(tmp_path / "a.npz", a=np.zeros((3, SIDE, SIDE), np.uint8))
    data = bytearray((tmp_path / "a.npz").read_bytes())
    size = len(npy(np.zeros((3, SIDE, SIDE), np.uint8)))
    for place in (data.find(b"PK\1\2") + 24,):
        assert struct.unpack_from("<I", data, place) == (size,)
        struct.pack_into("<I", data, place, size - 100)
    (tmp_path / "a.npz").write_bytes(data)
    assert "truncated" in complaint(tmp_path / "a.npz") or "damaged" in complaint(tmp_path / "a.npz")


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


def test_a_file_that_shrinks_while_it_is_read_is_truncated_and_nothing_breaks(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(npy(drawn(0)))
    images = ImageSet(open_source(tmp_path / "a.npy", ""), (1, SIDE, SIDE), "keep")
    assert images.pixels(0) is not None
    (tmp_path / "a.npy").write_bytes(npy(drawn(0))[:400])
    assert images.pixels(5) is None and images.bad[5] == "truncated"


class Held(Source):
    """One file in memory."""

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        super().__init__(Path(name), Listing())

    def read(self, file: object) -> bytes:
        return self.data

    def marks(self, most: int) -> tuple[list[tuple[int, int]], bool]:
        return [], True


@settings(max_examples=150, deadline=None)
@given(data=st.data(), form=st.sampled_from(["npy", "idx", "gz"]))
def test_no_bytes_whatsoever_raise_anything_but_the_one_thing(data: st.DataObject, form: str) -> None:
    whole = npy(drawn(0, count=1)) if form == "npy" else idx(drawn(0, count=1))
    whole = gzip.compress(whole, mtime=0) if form == "gz" else whole
    cut = data.draw(st.integers(0, len(whole)))
    changed = bytearray(whole[:cut] + data.draw(st.binary(max_size=8)) + whole[cut:])
    for _ in range(data.draw(st.integers(0, 6))):
        changed[data.draw(st.integers(0, min(len(changed), 200) - 1))] = data.draw(st.integers(0, 255))
    name = {"npy": "a.npy", "idx": "images-idx3-ubyte", "gz": "images-idx3-ubyte.gz"}[form]
    try:
        array = array_source.ArrayFile(Held(bytes(changed), name), array_source.ImageFile((), name))
        Pictures.of(array.header.shape)
        Range.of(array.values())
    except Unusable as error:
        assert str(error) and "\n" not in str(error)


@settings(max_examples=60, deadline=None)
@given(
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=5), dtype=st.sampled_from(["u1", "<i4", ">f8", "?", "<U3"])
)
def test_headers_are_those_that_numpy_writes(shape: list[int], dtype: str) -> None:
    array = np.zeros(shape, dtype)
    data = npy(array)
    found = read_header(data)
    found.check(len(data))
    assert found.shape == tuple(shape) and found.dtype == array.dtype and found.offset == len(data) - array.nbytes
