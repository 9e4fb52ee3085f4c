"""A zip is read in place, and its headers are not believed."""

from __future__ import annotations

import stat
import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from metagen_gui.engine.data.image_files.listing import MAX_FILE_BYTES, ImageFile, Unusable
from metagen_gui.engine.data.image_files.progress import ASKED_EVERY, Stopped
from metagen_gui.engine.data.image_files.zips import ZipSource

Zipped = Callable[[Mapping[str, bytes]], Path]
CENTRAL = b"PK\x01\x02"
AT_FLAGS, AT_METHOD, AT_CRC, AT_PACKED, AT_SIZE, AT_OFFSET = 8, 10, 16, 20, 24, 42
"""Where a member's flags, method, checksum, sizes and place in the file lie in its central directory entry."""


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


@pytest.mark.parametrize(
    ("offset", "value"),
    [
        (AT_CRC, b"abcd"),
        (AT_PACKED, struct.pack("<I", 3)),
        (AT_SIZE, struct.pack("<I", 0)),
        (AT_SIZE, struct.pack("<I", 5)),  # less than there is: the checksum is that of the whole
        (AT_OFFSET, struct.pack("<I", 2**31 - 1)),
        (AT_OFFSET, struct.pack("<I", 3)),
        (AT_FLAGS, b"\x20\x00"),  # patched data
    ],
)
def test_a_directory_that_lies_costs_one_member(zipped: Zipped, offset: int, value: bytes) -> None:
    path = zipped({"a/1.png": b"first content", "a/2.png": b"second"})
    forge(path, offset, value)
    source = ZipSource(path)
    with pytest.raises(Unusable, match="damaged in the zip"):
        source.read(source.listing.files[0])
    assert source.read(source.listing.files[1]) == b"second"


def test_members_that_share_their_bytes_are_not_all_read(zipped: Zipped) -> None:
    path = zipped({"a/1.png": b"first content", "a/2.png": b"second"})
    whole = bytearray(path.read_bytes())
    first = whole.index(CENTRAL)
    second = whole.index(CENTRAL, first + 1)
    whole[second + AT_OFFSET : second + AT_OFFSET + 4] = whole[first + AT_OFFSET : first + AT_OFFSET + 4]
    path.write_bytes(whole)
    source = ZipSource(path)
    assert source.read(source.listing.files[0]) == b"first content"
    with pytest.raises(Unusable, match="damaged in the zip"):
        source.read(source.listing.files[1])


@pytest.mark.parametrize(
    ("sizes", "listed"), [((2**63 + 5, 2**62, 2**62), False), ((100, 2**62, 2**63 - 2), True), ((100, 5, 0), True)]
)
def test_sizes_of_sixty_four_bits_that_lie(zipped: Zipped, sizes: tuple[int, int, int], listed: bool) -> None:
    path = zipped({"a/1.png": b"first content", "a/2.png": b"second"})
    whole = bytearray(path.read_bytes())
    place, end = whole.index(CENTRAL), whole.index(b"PK\x05\x06")
    more = struct.pack("<HHQQQ", 1, 24, *sizes)
    (directory,) = struct.unpack_from("<I", whole, end + 12)
    struct.pack_into("<I", whole, end + 12, directory + len(more))
    struct.pack_into("<II", whole, place + AT_PACKED, 2**32 - 1, 2**32 - 1)
    struct.pack_into("<H", whole, place + 30, len(more))
    struct.pack_into("<I", whole, place + AT_OFFSET, 2**32 - 1)
    name_end = place + 46 + len("a/1.png")
    whole[name_end:name_end] = more
    path.write_bytes(whole)
    source = ZipSource(path)
    assert labels(source) == (["a/1.png", "a/2.png"] if listed else ["a/2.png"])
    assert source.read(source.listing.files[-1]) == b"second"
    if listed:
        with pytest.raises(Unusable, match="damaged in the zip"):
            source.read(source.listing.files[0])
    else:
        assert source.listing.skipped == [("a/1.png", "larger than 64 MB")]


def test_a_link_in_a_zip_leads_nowhere(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("a/1.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("a/2.png", b"2")
    source = ZipSource(tmp_path / "x.zip")
    assert labels(source) == ["a/2.png"]
    assert source.listing.skipped == [("a/1.png", "a link, not a file")]


def test_a_zip_in_a_zip_stays_shut(zipped: Zipped) -> None:
    inner = zipped({"a/1.png": b"1"}).read_bytes()
    source = ZipSource(zipped({"inner.zip": inner, "a/2.png": b"2"}))
    assert labels(source) == ["a/2.png"]
    assert source.listing.others == ["inner.zip"]


def test_names_that_a_system_would_choke_on(zipped: Zipped) -> None:
    names = ["C:/x/1.png", "CON/2.png", "a/two\nlines.png", "a/\u202egnp.exe.png", "a/" + "n" * 60_000 + ".png"]
    source = ZipSource(zipped({name: name[:3].encode() for name in names}))
    assert sorted(map(len, labels(source)))[:3] == [9, 10, 16]
    assert "a/two\\nlines.png" in labels(source) and "a/\\u202egnp.exe.png" in labels(source)
    assert {source.read(file) for file in source.listing.files} == {b"C:/", b"CON", b"a/t", "a/\u202e".encode(), b"a/n"}


def test_a_long_directory_tells_how_far_it_is_and_can_be_stopped(zipped: Zipped) -> None:
    path = zipped({f"a/{index}.png": b"" for index in range(2 * ASKED_EVERY)})
    told: list[int] = []

    def go_on(met: int) -> bool:
        told.append(met)
        return met < ASKED_EVERY

    with pytest.raises(Stopped):
        ZipSource(path, go_on)
    assert told == [ASKED_EVERY]


def test_a_closed_zip_is_let_go_of(zipped: Zipped) -> None:
    source = ZipSource(zipped({"a/1.png": b"1"}))
    source.close()
    with pytest.raises(Unusable):
        source.read(source.listing.files[0])


def test_both_separators_in_one_name(zipped: Zipped) -> None:
    source = ZipSource(zipped({"top/a\\1.png": b"1", "top\\b/2.png": b"2", "top/..\\..\\3.png": b"3"}))
    assert labels(source) == ["top/a/1.png", "top/b/2.png"]
    assert [why for _, why in source.listing.skipped] == ["its name leads out of the zip"]
    assert source.read(source.listing.files[0]) == b"1"
