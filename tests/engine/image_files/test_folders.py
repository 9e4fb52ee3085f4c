"""Walking a folder that means harm, or just has a history."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from metagen_gui.engine.image_files.folders import FolderSource, list_folder
from metagen_gui.engine.image_files.listing import MAX_FILE_BYTES, ImageFile, Listing, Unusable

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
