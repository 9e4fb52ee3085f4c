"""Whatever path a person gives: a source, or one line that names the path."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from metagen_gui.engine.data.image_files.sources import open_source
from metagen_gui.engine.settings.bad_input import BadInput

Make = Callable[[Mapping[str, bytes]], Path]


def complaint(path: str | Path) -> str:
    with pytest.raises(BadInput) as caught:
        open_source(path, "tasks.path")
    assert caught.value.where == "tasks.path"
    assert "\n" not in caught.value.why
    return caught.value.why


@pytest.mark.parametrize("nothing", ["", "  "])
def test_no_path(nothing: str) -> None:
    assert complaint(nothing) == "choose a folder or zip of images"


def test_paths_that_cannot_be(tmp_path: Path) -> None:
    missing = tmp_path / "new\nline"
    assert complaint(missing) == f"{tmp_path}/new\\nline does not exist".replace("/", os.sep)
    assert "cannot be opened" in complaint("a\0b")
    assert "cannot be opened" in complaint("x" * 10_000)


def test_files_that_are_no_zip(tmp_path: Path, gray: Callable[[], bytes], zipped: Make) -> None:
    whole = zipped({"a/1.png": bytes(1000)}).read_bytes()
    cases = {
        "lying.zip": (b"not a zip at all", "is not a zip, or a damaged one"),
        "cut.zip": (whole[:-30], "is not a zip, or a damaged one"),
        "torn.zip": (whole[60:], "is not a zip, or a damaged one"),
        "table.csv": (b"1,2", "is neither a folder nor a zip"),
        "one.png": (gray(), "is a single image; choose the folder that holds the folders of images"),
        "empty.zip": (b"", "is empty (0 bytes)"),
    }
    for name, (data, why) in cases.items():
        (tmp_path / name).write_bytes(data)
        assert complaint(tmp_path / name) == f"{tmp_path / name} {why}"


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX files")
def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert complaint(tmp_path / "pipe").endswith("is neither a folder nor a zip")


def test_a_name_in_a_zip_that_is_not_text(tmp_path: Path, zipped: Make) -> None:
    path = zipped({"a/\u00e9.png": b""})
    path.write_bytes(path.read_bytes().replace("\u00e9".encode(), b"\xff\xfe"))
    assert complaint(path) == f"{path} cannot be read: a name in it is not valid text"


def test_places_without_images(folder: Make, zipped: Make, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    assert complaint(tmp_path / "bare").endswith("bare holds no images")
    assert complaint(folder({"a/notes.txt": b"", "b.csv": b""})).endswith(
        "holds no images; it holds b.csv, a/notes.txt"
    )
    why = complaint(zipped({"../1.png": b"", "../2.png": b""}))
    assert why.endswith(
        "holds no images that can be read (2 skipped; the first: ../1.png, its name leads out of the zip)"
    )


def test_long_names_make_no_long_lines(zipped: Make) -> None:
    assert len(complaint(zipped({"../" + "x" * 60_000 + ".png": b""}))) < 500


def test_a_zip_need_not_be_called_one(zipped: Make) -> None:
    path = zipped({"a/1.png": b""})
    assert [file.label for file in open_source(path.rename(path.with_suffix(".data")), "").listing.files] == ["a/1.png"]


def test_home_is_understood(folder: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    root = folder({"a/1.png": b""})
    monkeypatch.setenv("HOME", str(root.parent))
    monkeypatch.setenv("USERPROFILE", str(root.parent))
    assert open_source("~/pictures", "").path == root


@pytest.mark.parametrize(
    "form", ['"{}"', "'{}'", "  {}  ", "file://{}", "file:{}", "file://localhost{}", '"file://{}"']
)
def test_paths_come_in_quotes_and_as_addresses(folder: Make, form: str) -> None:
    root = folder({"a/1.png": b"", "b/1.png": b""})
    root = root.rename(root.with_name("my pictures"))
    text = form.format(str(root).replace(" ", "%20") if "file:" in form else root)
    assert [file.label for file in open_source(text, "").listing.files] == ["a/1.png", "b/1.png"]


def test_a_place_that_is_called_so_is_taken_as_it_is(folder: Make, tmp_path: Path) -> None:
    (folder({"a/1.png": b""})).rename(tmp_path / "'quoted'")
    assert open_source(f"{tmp_path}/'quoted'", "").path == tmp_path / "'quoted'"


@pytest.mark.parametrize("path", ["..", "../b/..", "a/..", "."])
def test_a_place_above_may_be_named_from_below(folder: Make, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    root = folder({"a/1.png": b"", "b/1.png": b""})
    monkeypatch.chdir(root if path in ("a/..", ".") else root / "a")
    source = open_source(path, "")
    assert [file.label for file in source.listing.files] == ["a/1.png", "b/1.png"] and not source.listing.skipped


def test_files_of_many_pictures_that_are_not_read_are_named(tmp_path: Path, folder: Make) -> None:
    (tmp_path / "digits.mat").write_bytes(b"MATLAB 5.0")
    assert "digits.mat is MATLAB arrays, which is not read; save them as .npy or .npz" in complaint(
        tmp_path / "digits.mat"
    )
    assert "it holds a.h5 (an HDF5 file, which is not read" in complaint(folder({"a.h5": b"\x89HDF"}))
    (tmp_path / "torn.npz").write_bytes(b"PK")
    assert "torn.npz is not a zip, or a damaged one" in complaint(tmp_path / "torn.npz")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("a.HEIC", "a HEIC image"),
        ("a.avif", "an AVIF image"),
        ("a.nef", "a camera's raw file"),
        ("a.jxl", "a JPEG XL image"),
    ],
)
def test_pictures_that_no_decoder_takes_are_skipped_with_what_to_do(
    folder: Make, zipped: Make, name: str, what: str
) -> None:
    for place in (folder, zipped):
        source = open_source(place({f"x/{name}": b"1", "x/b.jfif": b"2", "x/c.jpe": b"3"}), "")
        assert source.listing.skipped == [(f"x/{name}", f"{what}, which cannot be read; save it as PNG or JPEG")]
        assert [file.name for file in source.listing.files] == ["b.jfif", "c.jpe"]
