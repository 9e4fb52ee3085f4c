"""Atomic writing: a reader finds the old file or the new one, whole, whatever goes wrong in between."""

from __future__ import annotations

import errno
import hashlib
import os
import sys
from pathlib import Path

import pytest

from metagen_gui.engine import files
from metagen_gui.engine.files import append_text, flush_folder, open_regular, read_file, write_atomically


def test_the_new_file_takes_the_name_and_its_digest_is_returned(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    for data in (b"first", b"second, longer", b""):
        assert write_atomically(path, data) == hashlib.sha256(data).hexdigest()
        assert path.read_bytes() == data
    assert list(tmp_path.iterdir()) == [path], "no temporary file is left"


def no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("step", ["flush", "rename", "read back"])
def test_a_failure_leaves_the_old_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    path = tmp_path / "weights"
    write_atomically(path, b"old")
    if step == "flush":
        monkeypatch.setattr(os, "fsync", no_space)
    elif step == "rename":
        monkeypatch.setattr(Path, "replace", no_space)
    else:
        monkeypatch.setattr(files, "read_file", lambda path, most: b"rotten")
    with pytest.raises(OSError, match=r"No space left|does not read back the same") as failed:
        write_atomically(path, b"new")
    assert str(path) in str(failed.value), "it says which file"
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interruption_leaves_the_old_file_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "weights"
    write_atomically(path, b"old")

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_bytes_reach_the_disk_before_the_name_and_the_name_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Order is what survives a power cut: flush the data, rename, flush the folder."""
    done: list[str] = []
    flush, rename = os.fsync, Path.replace

    def flushed(handle: int) -> None:
        done.append("folder" if Path(f"/proc/self/fd/{handle}").is_dir() else "data")
        flush(handle)

    def renamed(self: Path, target: Path) -> Path:
        done.append("rename")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(Path, "replace", renamed)
    write_atomically(tmp_path / "weights", b"data")
    assert done[1] == "rename" and len(done) == 3
    if Path("/proc/self/fd").exists():
        assert done == ["data", "rename", "folder"]


def test_a_vanished_folder_is_an_os_error_and_flushing_one_is_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "gone" / "weights", b"data")
    flush_folder(tmp_path / "gone")


def test_a_file_is_read_up_to_a_size(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(2**20))
    assert read_file(path, 2**20) == bytes(2**20)
    os.truncate(path, 2**20 + 1)
    with pytest.raises(OSError, match="larger than 1 MB") as refused:
        read_file(path, 2**20)
    assert refused.value.strerror == "larger than 1 MB" and refused.value.filename == str(path)
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "none", 10)
    with pytest.raises(OSError):
        read_file(tmp_path, 10**6)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX files")
def test_what_never_ends_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zeros").symlink_to("/dev/zero")
    for name in ("pipe", "zeros"):
        with pytest.raises(OSError, match="not a regular file"):
            read_file(tmp_path / name, 10**6, follow=True)


def replaced(path: Path, kind: str, victim: Path) -> None:
    """Put something else where a file is, or could be; `victim` is a file or a folder of another person."""
    path.unlink(missing_ok=True)
    if kind == "link":
        path.symlink_to(victim)
    elif kind == "link to nothing":
        path.symlink_to(victim.with_name("nothing"))
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX files")
@pytest.mark.parametrize("kind", ["link", "link to nothing", "pipe", "folder", "device"])
def test_only_regular_files_are_added_to_or_read(tmp_path: Path, kind: str) -> None:
    victim, path = tmp_path / "victim", tmp_path / "file"
    victim.write_text("precious")
    replaced(path, kind, victim)
    for attempt in (lambda: append_text(path, "x"), lambda: read_file(path, 10), lambda: open_regular(path, os.O_RDWR)):
        with pytest.raises(OSError, match=r"is a link|not a regular file|Is a directory"):
            attempt()
    if kind != "folder":
        write_atomically(path, b"new")
        assert path.read_bytes() == b"new" and not path.is_symlink(), "the name is taken, what it led to is not"
    assert victim.read_text() == "precious" and not (tmp_path / "nothing").exists()


def test_what_lies_at_the_name_of_a_temporary_file_is_not_written_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where somebody guesses it: the next name is tried."""
    names = iter(("guessed", "not"))
    monkeypatch.setattr(files.secrets, "token_hex", lambda size: next(names))
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "file.tmp-guessed").symlink_to(tmp_path / "victim")
    write_atomically(tmp_path / "file", b"new")
    assert (tmp_path / "victim").read_text() == "precious" and (tmp_path / "file").read_bytes() == b"new"
    monkeypatch.setattr(files.secrets, "token_hex", lambda size: "guessed")
    with pytest.raises(FileExistsError):
        write_atomically(tmp_path / "file", b"newer")
    assert (tmp_path / "file.tmp-guessed").is_symlink() and (tmp_path / "file").read_bytes() == b"new"


def test_a_log_begins_anew_when_it_has_grown_large(tmp_path: Path) -> None:
    log = tmp_path / "log"
    for number in range(4):
        append_text(log, f"{number} \udcff\n", most=12)
    assert log.read_text() == "2 \\udcff\n3 \\udcff\n"
