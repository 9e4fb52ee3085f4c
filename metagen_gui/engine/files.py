"""Writing files so that a reader finds either the old one or the new one, whole; reading none that never ends."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> str:
    """Write `data` to `path` and return its SHA-256; on any failure `path` is as it was.

    The bytes go to a temporary file beside it, are flushed to the disk, read back and compared before they take the
    name. Raises OSError that names the file, with the disk's own reason, if any of it fails.
    """
    digest = hashlib.sha256(data).hexdigest()
    temporary = path.with_name(f"{path.name}.tmp-{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if hashlib.sha256(temporary.read_bytes()).hexdigest() != digest:
            raise OSError(errno.EIO, "what was written does not read back the same")
        temporary.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:  # a full disk does not say which file it was
            error.filename = str(path)
        raise
    flush_folder(path.parent)
    return digest


def remove_leftovers(*folders: Path) -> None:
    """Remove the temporary files that a process left in `folders` when it died; only for whoever holds them."""
    for folder in folders:
        for path in folder.glob("*.tmp-*"):
            with contextlib.suppress(OSError):
                path.unlink()


def read_file(path: Path, most: int) -> bytes:
    """Return the content of a file of up to `most` bytes; raise OSError, with a reason for a person, if that cannot be.

    Pipes and devices are refused, also where a link leads to one: they block, or give bytes for ever.
    """
    status = path.stat()
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):  # a folder is refused by opening it
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    if status.st_size > most:
        raise OSError(errno.EFBIG, f"larger than {round(most / 2**20):,} MB", str(path))
    with path.open("rb") as file:
        return file.read(status.st_size)


def flush_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut, where the system has a way to ask for it."""
    with contextlib.suppress(OSError):  # Windows cannot open a folder
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
