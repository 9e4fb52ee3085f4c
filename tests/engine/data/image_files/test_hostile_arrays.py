"""Files of arrays that lie, swell, shrink or could run code cost one line; no bytes whatsoever raise anything else."""

from __future__ import annotations

import gzip
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metagen_gui.engine.data.image_files import arrays as array_source
from metagen_gui.engine.data.image_files.headers import Pictures, read_header
from metagen_gui.engine.data.image_files.image_set import ImageSet
from metagen_gui.engine.data.image_files.listing import Listing, Source, Unusable
from metagen_gui.engine.data.image_files.sources import open_source
from metagen_gui.engine.data.image_files.values import Range
from tests.engine.data.image_files.test_arrays import SIDE, complaint, drawn, idx, npy, written


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
