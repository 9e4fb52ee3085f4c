"""A zip is read in place, and its headers are not believed."""

from __future__ import annotations

import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from metagen_gui.engine.image_files.listing import MAX_FILE_BYTES, ImageFile, Unusable
from metagen_gui.engine.image_files.zips import ZipSource

Zipped = Callable[[Mapping[str, bytes]], Path]
CENTRAL = b"PK\x01\x02"
AT_FLAGS, AT_METHOD, AT_SIZE = 8, 10, 24
"""Where a member's flags, compression method and unpacked size lie in its central directory entry."""


def labels(source: ZipSource) -> list[str]:
    return [file.label for file in source.listing.files]


def forge(path: Path, offset: int, value: bytes) -> None:
    """Overwrite a field of the first central directory entry."""
    whole = bytearray(path.read_bytes())
    place = whole.index(CENTRAL) + offset
    whole[place : place + len(value)] = value
    path.write_bytes(whole)


def test_members_are_read_and_clutter_is_not(zipped: Zipped) -> None:
    names = [
        "top/b/2.png",
        "top/a/1.png",
        "__MACOSX/top/a/._1.png",
        "top/.DS_Store",
        "top/a/Thumbs.db",
        "top/inner.zip",
    ]
    source = ZipSource(zipped({name: name.encode() for name in names}))
    assert labels(source) == ["top/a/1.png", "top/b/2.png"]
    assert source.listing.others == ["top/inner.zip"]
    assert source.read(ImageFile(("top", "a"), "1.png")) == b"top/a/1.png"


def test_names_that_lead_out_are_skipped_and_nothing_is_written(zipped: Zipped, tmp_path: Path) -> None:
    source = ZipSource(zipped({"../x/1.png": b"", "a/../../2.png": b"", "/etc/3.png": b"3", "a/4.png": b"4"}))
    assert labels(source) == ["a/4.png", "etc/3.png"]
    assert [why for _, why in source.listing.skipped] == ["its name leads out of the zip"] * 2
    for file in source.listing.files:
        source.read(file)
    assert [path.name for path in tmp_path.iterdir()] == ["pictures.zip"]


def test_windows_separators_and_doubled_names(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a\\1.png", b"first")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a\\1.png", b"second")
    source = ZipSource(tmp_path / "x.zip")
    assert labels(source) == ["a/1.png"]
    assert source.listing.skipped == [("a/1.png", "listed twice")]
    assert source.read(source.listing.files[0]) == b"first"


@pytest.mark.parametrize(
    ("offset", "value", "why"),
    [
        (AT_FLAGS, b"\x01\x00", "encrypted"),
        (AT_METHOD, struct.pack("<H", zipfile.ZIP_LZMA), "compressed in a way that is not supported"),
        (AT_SIZE, struct.pack("<I", MAX_FILE_BYTES // 2), "its declared size cannot be true"),
    ],
)
def test_members_are_refused_by_their_header(zipped: Zipped, offset: int, value: bytes, why: str) -> None:
    path = zipped({"a/1.png": b"1", "a/2.png": b"2"})
    forge(path, offset, value)
    source = ZipSource(path)
    assert labels(source) == ["a/2.png"]
    assert source.listing.skipped == [("a/1.png", why)]


def test_large_members_are_refused(zipped: Zipped) -> None:
    source = ZipSource(zipped({"a/1.png": bytes(MAX_FILE_BYTES + 1), "a/2.png": b""}))
    assert source.listing.skipped == [("a/1.png", "larger than 64 MB")]


def test_a_bomb_that_lies_about_its_size_is_not_unpacked(zipped: Zipped) -> None:
    path = zipped({"a/1.png": bytes(60_000_000)})
    forge(path, AT_SIZE, struct.pack("<I", 1000))
    source = ZipSource(path)
    tracemalloc.start()
    with pytest.raises(Unusable, match="damaged"):
        source.read(source.listing.files[0])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


def test_damaged_content_is_unusable(zipped: Zipped) -> None:
    path = zipped({"a/1.png": b"some content that is long enough"})
    whole = bytearray(path.read_bytes())
    whole[45] ^= 0xFF
    path.write_bytes(whole)
    source = ZipSource(path)
    with pytest.raises(Unusable, match="damaged in the zip"):
        source.read(source.listing.files[0])
