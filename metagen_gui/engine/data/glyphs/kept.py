"""Bytes kept in a file for the next start: checked when read, replaced whole when written, never a reason to fail."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

_DIGEST = 16


def read(file: Path, length: int) -> bytes | None:
    """Return the `length` bytes kept in `file`, or None where they are missing, cut short or not what was written."""
    try:
        # The size is looked at first: a file that is not ours may be of any length.
        if file.stat().st_size != _DIGEST + length:
            return None
        found = file.read_bytes()
    except OSError:
        return None
    digest, content = found[:_DIGEST], found[_DIGEST:]
    return content if digest == _digest(content) else None


def write(file: Path, content: bytes) -> None:
    """Keep `content` in `file`, whole or not at all; a folder that cannot be written to is none of our business."""
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(prefix=f"{file.name}.", suffix=".tmp", dir=file.parent)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(_digest(content) + content)
            Path(draft).replace(file)
        except OSError:
            Path(draft).unlink(missing_ok=True)


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=_DIGEST).digest()
