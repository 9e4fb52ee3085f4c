"""Writing files so that a reader finds either the old one or the new one, whole."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> str:
    """Write `data` to `path` and return its SHA-256; on any failure `path` is as it was.

    The bytes go to a temporary file beside it, are flushed to the disk, read back and compared before they take the
    name. Raises OSError, with the disk's own reason, if any of it fails.
    """
    digest = hashlib.sha256(data).hexdigest()
    temporary = path.with_name(f"{path.name}.tmp-{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if hashlib.sha256(temporary.read_bytes()).hexdigest() != digest:
            raise OSError(f"{path}: what was written does not read back the same")
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)
    return digest


def flush_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut, where the system has a way to ask for it."""
    with contextlib.suppress(OSError):  # Windows cannot open a folder
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
