"""Walking a folder that means harm, or just has a history."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from metagen_gui.engine.data.image_files.folders import FolderSource, list_folder
from metagen_gui.engine.data.image_files.layout import arrange
from metagen_gui.engine.data.image_files.listing import MAX_FILE_BYTES, ImageFile, Listing, Unusable
from metagen_gui.engine.data.image_files.progress import ASKED_EVERY, Stopped

Folder = Callable[[Mapping[str, bytes]], Path]
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX files")


def labels(listing: Listing) -> list[str]:
    return [file.label for file in listing.files]


def test_images_are_found_at_any_depth_and_clutter_is_not(folder: Folder) -> None:
    names = ["a/b/c/1.png", "a/2.JPG", "3.gif", ".hidden/4.png", "a/.5.png", "__MACOSX/6.png", "a/Thumbs.db", "x.txt"]
    listing = list_folder(folder(dict.fromkeys(names, b"")))
    assert sorted(labels(listing)) == ["3.gif", "a/2.JPG", "a/b/c/1.png"]
    assert (listing.others, listing.skipped) == (["x.txt"], [])


@posix
def test_links_in_a_circle_are_walked_once(folder: Folder) -> None:
    root = folder({"real/one/1.png": b"", "real/two/2.png": b""})
    (root / "real" / "one" / "up").symlink_to(root)
    (root / "again").symlink_to(root / "real")  # sorts before `real`, and still does not rename its classes
    (root / "self").symlink_to(root / "self")
    assert labels(list_folder(root)) == ["real/one/1.png", "real/two/2.png"]


@posix
def test_a_linked_folder_from_elsewhere_is_a_class(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "1.png").touch()
    root = folder({"a/2.png": b""})
    (root / "linked").symlink_to(tmp_path / "elsewhere")
    assert labels(list_folder(root)) == ["a/2.png", "linked/1.png"]


@posix
def test_pipes_and_dangling_links_are_skipped_by_name(folder: Folder) -> None:
    root = folder({"a/1.png": b""})
    os.mkfifo(root / "a" / "pipe.png")
    (root / "a" / "gone.png").symlink_to(root / "nowhere")
    listing = list_folder(root)
    assert labels(listing) == ["a/1.png"]
    assert listing.skipped == [("a/gone.png", "not a regular file"), ("a/pipe.png", "not a regular file")]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="their file systems refuse such names")
def test_names_that_are_not_text_are_skipped_by_name(folder: Folder) -> None:
    root = folder({"a/1.png": b""})
    (root / "a" / os.fsdecode(b"caf\xe9.png")).touch()
    (root / os.fsdecode(b"\xff")).mkdir()
    listing = list_folder(root)
    assert labels(listing) == ["a/1.png"]
    assert sorted(listing.skipped) == [
        ("\\xff", "its name is not valid text"),
        ("a/caf\\xe9.png", "its name is not valid text"),
    ]


def test_reading(folder: Folder) -> None:
    root = folder({"a/1.png": b"abc"})
    source = FolderSource(root, list_folder(root))
    assert source.read(ImageFile(("a",), "1.png")) == b"abc"
    with pytest.raises(Unusable, match="No such file"):
        source.read(ImageFile(("a",), "2.png"))


def test_a_huge_file_is_not_read(folder: Folder) -> None:
    root = folder({"a/1.png": b""})
    os.truncate(root / "a" / "1.png", MAX_FILE_BYTES + 1)
    with pytest.raises(Unusable, match="larger than 64 MB"):
        FolderSource(root, list_folder(root)).read(ImageFile(("a",), "1.png"))


@posix
def test_a_link_to_a_folder_above_is_not_followed(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside" / "9.png").touch()
    root = folder({"a/1.png": b""})
    (root / "disk").symlink_to("/")
    (root / "a" / "up").symlink_to("../..")
    listing = list_folder(root)
    assert labels(listing) == ["a/1.png"]
    assert sorted(listing.skipped) == [(name, "a link to a folder above the chosen one") for name in ("a/up", "disk")]


@posix
def test_sockets_and_devices_are_not_opened(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    root = folder({"a/1.png": b""})
    (root / "a" / "zero.png").symlink_to("/dev/zero")
    monkeypatch.chdir(root / "a")  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind("s.png")
        listing = list_folder(root)
    assert labels(listing) == ["a/1.png"]
    assert listing.skipped == [("a/s.png", "not a regular file"), ("a/zero.png", "not a regular file")]
    with pytest.raises(Unusable, match="not a regular file"):  # put there after the walk
        FolderSource(root, listing).read(ImageFile(("a",), "zero.png"))


@posix
def test_names_with_line_ends_and_reversed_letters(folder: Folder) -> None:
    names = ["a/two\nlines.png", "a/\u202egnp.exe.png", "a/\u05d0\u05d1.png", "a/\t.png", "a/\x1b[31m.png"]
    root = folder({name: str(place).encode() for place, name in enumerate(names)})
    source = FolderSource(root, list_folder(root))
    assert sorted(labels(source.listing)) == sorted(
        ["a/two\\nlines.png", "a/\\u202egnp.exe.png", "a/\u05d0\u05d1.png", "a/\\t.png", "a/\\x1b[31m.png"]
    )
    assert sorted(source.read(file) for file in source.listing.files) == [b"0", b"1", b"2", b"3", b"4"]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="their file systems know one spelling only")
def test_two_spellings_of_one_name_are_one_class_in_one_order(folder: Folder) -> None:
    composed, apart = "\u00e9", "e\u0301"
    root = folder({f"x/{apart}/1.png": b"", f"x/{composed}/2.png": b"", f"x/{apart}/3.png": b"", "x/f/4.png": b""})
    files = FolderSource(root, list_folder(root)).listing.files
    assert [file.name for file in files] == ["4.png", "1.png", "2.png", "3.png"]
    classes = {one.name: [files[member].name for member in one.members] for one in arrange(files, "class").classes}
    assert classes == {"\u00e9": ["1.png", "2.png", "3.png"], "f": ["4.png"]}


@posix
def test_a_folder_too_deep_for_any_path(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    root = folder({"a/1.png": b""})
    monkeypatch.chdir(root)
    for _ in range(25):
        Path("d" * 200).mkdir()
        os.chdir("d" * 200)
    listing = list_folder(root)
    assert labels(listing) == ["a/1.png"]
    assert [why for _, why in listing.skipped] == ["File name too long"]


def test_a_walk_tells_how_far_it_is_and_can_be_stopped(folder: Folder) -> None:
    root = folder({f"a/{index}.png": b"" for index in range(3 * ASKED_EVERY)})
    told: list[int] = []

    def go_on(met: int) -> bool:
        told.append(met)
        return met < 2 * ASKED_EVERY

    with pytest.raises(Stopped):
        list_folder(root, go_on)
    assert told == [ASKED_EVERY, 2 * ASKED_EVERY]
    assert len(list_folder(root, lambda met: True).files) == 3 * ASKED_EVERY
