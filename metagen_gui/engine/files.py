"""Files, written and read so that nothing is lost, nothing elsewhere is touched and nothing is waited for.

A folder may be of somebody else's making: what is called like a file of ours may be a link to another person's file, a
pipe that never ends or a device. `open_regular` is the one door to every file of a run.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import stat
from pathlib import Path

ATTEMPTS = 8
"""At a name that nobody has: the first is free unless somebody guessed 64 bits."""


def check_regular(path: Path, *, follow: bool = False) -> None:
    """Raise OSError, with a reason for a person, if `path` is there and is anything but a regular file.

    A link is one only with `follow`, if it leads to one.
    """
    with contextlib.suppress(FileNotFoundError):
        _refuse_other(path.stat(follow_symlinks=follow), path)


def open_regular(path: Path, flags: int, *, follow: bool = False) -> int:
    """Return a handle of a regular file, opened with the `flags` of `os.open`; raise OSError for anything else.

    Pipes and devices are neither waited for nor touched. Links are refused unless `follow` says that whoever named the
    file may use links, as a person does for reading.
    """
    if not flags & os.O_EXCL:
        check_regular(path, follow=follow)  # first: opening a device may do something to it
    flags |= getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags if follow else flags | getattr(os, "O_NOFOLLOW", 0), 0o644)
    try:
        _refuse_other(os.fstat(handle), path)  # and of what was opened, which may have been exchanged meanwhile
    except BaseException:
        os.close(handle)
        raise
    return handle


def check_own_folder(folder: Path) -> None:
    """Raise OSError if `folder` is a link: what is written into it, or removed, would be in another place."""
    if folder.is_symlink():
        raise OSError(errno.ELOOP, "is a link; a run goes on only with what lies in its own folder", str(folder))


def write_atomically(path: Path, data: bytes) -> str:
    """Write `data` to `path` and return its SHA-256; on any failure `path` is as it was.

    The bytes go to a new file beside it, are flushed to the disk, read back and compared before they take the name;
    what had the name, were it a link, is gone and not written through. Raises OSError that names the file, with the
    disk's own reason, if any of it fails.
    """
    digest = hashlib.sha256(data).hexdigest()
    temporary: Path | None = None
    try:
        temporary, handle = _new_beside(path)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if hashlib.sha256(read_file(temporary, len(data))).hexdigest() != digest:
            raise OSError(errno.EIO, "what was written does not read back the same")
        temporary.replace(path)
    except BaseException as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:  # a full disk does not say which file it was
            error.filename = str(path)
        raise
    flush_folder(path.parent)
    return digest


def within(path: Path, data: bytes, most: int) -> bytes:
    """Return `data` if it can be read back from `path` one day, where `most` bytes are read; raise OSError."""
    if len(data) > most:
        raise OSError(errno.EFBIG, f"{path.name} would be larger than {round(most / 2**20):,} MB", str(path))
    return data


def append_text(path: Path, text: str, most: int | None = None) -> None:
    """Add `text` to the end of a file, made if need be; raise OSError if that cannot be.

    One that has grown beyond `most` bytes begins anew.
    """
    handle = open_regular(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with os.fdopen(handle, "a", encoding="utf-8", errors="backslashreplace") as file:
        if most is not None and os.fstat(handle).st_size > most:
            file.truncate(0)
        file.write(text)


def remove_leftovers(*folders: Path) -> None:
    """Remove the temporary files that a process left in `folders` when it died; only for whoever holds them."""
    for folder in folders:
        for path in folder.glob("*.tmp-*"):
            with contextlib.suppress(OSError):
                path.unlink()


def read_file(path: Path, most: int, *, follow: bool = False) -> bytes:
    """Return the content of a file of up to `most` bytes; raise OSError, with a reason for a person, if that cannot be.

    What never ends is refused, and so are links unless `follow` says otherwise.
    """
    with os.fdopen(open_regular(path, os.O_RDONLY, follow=follow), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise OSError(errno.EFBIG, f"larger than {round(most / 2**20):,} MB", str(path))
        return file.read(size)


def copy_folder(source: Path, to: Path, leave: frozenset[str] = frozenset()) -> None:
    """Copy a folder without what is called as `leave` says; links stay links. Raise OSError, for a pipe or device too.

    `to` may be there; on a failure part of the copy is.
    """

    def left_out(folder: str, names: list[str]) -> frozenset[str]:
        for name in names:
            kind = (Path(folder) / name).lstat().st_mode
            if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind) or stat.S_ISLNK(kind)):
                raise OSError(errno.EINVAL, "not a regular file", str(Path(folder) / name))
        return leave & frozenset(names)

    try:
        shutil.copytree(source, to, symlinks=True, ignore=left_out, dirs_exist_ok=True)
    except shutil.Error as error:  # of the many files that it complains of, the first
        complaints = error.args[0]
        raise OSError(errno.EIO, str(complaints[0][2] if complaints else error), str(source)) from None


def flush_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut, where the system has a way to ask for it."""
    with contextlib.suppress(OSError):  # Windows cannot open a folder
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _new_beside(path: Path) -> tuple[Path, int]:
    """Return a new file in the folder of `path`, under a name that nobody can have put something at, and its handle."""
    for _ in range(ATTEMPTS):
        beside = path.with_name(f"{path.name}.tmp-{secrets.token_hex(8)}")
        with contextlib.suppress(FileExistsError):
            return beside, open_regular(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    raise FileExistsError(errno.EEXIST, "no free name beside it", str(path))


def _refuse_other(status: os.stat_result, path: Path) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise OSError(errno.ELOOP, "is a link, which is not followed", str(path))
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
