"""Files that are only ever added to, by whole lines, through full disks and folders that go and come back."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from metagen_gui.engine.files import open_regular

PIECE = 2**20


class GrowingFile:
    """Appends lines. What the disk does not take waits in memory and is written with the next line that it takes.

    A line is never torn by this program: what was written of one before the disk refused the rest is cut off again.
    """

    def __init__(self, path: Path) -> None:
        """Open `path`, made if need be, and cut off a torn last line; raise OSError if that fails."""
        self.path = path
        self._handle = open_regular(path, os.O_RDWR | os.O_CREAT)
        self.waiting = bytearray()
        self._good = _whole_lines(self._handle)
        self._hash = self._hashed()

    @property
    def size(self) -> int:
        """How many bytes are in the file once the disk has taken what waits."""
        return self._good + len(self.waiting)

    def digest(self) -> str:
        """Return the SHA-256 of what is in the file once the disk has taken what waits."""
        whole = self._hash.copy()
        whole.update(self.waiting)
        return whole.hexdigest()

    def cut(self, size: int) -> None:
        """Forget everything after the first `size` bytes, or after the last whole line before them."""
        waiting = self.waiting[: max(0, size - self._good)]
        self.waiting = waiting[: waiting.rfind(b"\n") + 1]
        os.ftruncate(self._handle, min(size, self._good))
        self._good = _whole_lines(self._handle)
        self._hash = self._hashed()

    def append(self, line: str) -> OSError | None:
        """Add a line; return what keeps it from being written, if anything does."""
        # names of files need not be valid text
        self.waiting += line.encode("utf-8", "backslashreplace") + b"\n"
        return self.flush()

    def flush(self) -> OSError | None:
        """Write what waits; return what keeps it from being written, if anything does."""
        if not self.waiting:
            return None
        try:
            os.lseek(self._handle, self._good, os.SEEK_SET)
            written = 0
            while written < len(self.waiting):
                written += os.write(self._handle, self.waiting[written : written + PIECE])
        except OSError as error:
            self._undo()
            return error
        self._good += len(self.waiting)
        self._hash.update(self.waiting)
        self.waiting.clear()
        return None

    def sync(self) -> None:
        """Make what is written survive a power cut; raise OSError if it, or what waits, cannot be written."""
        error = self.flush()
        if error is not None:
            raise error
        os.fsync(self._handle)

    def close(self) -> None:
        """Write what waits, if that is possible now, and close the file; may be called twice."""
        if self._handle >= 0:
            self.flush()
            os.close(self._handle)
            self._handle = -1

    def _hashed(self) -> hashlib._Hash:
        found = hashlib.sha256()
        os.lseek(self._handle, 0, os.SEEK_SET)
        while piece := os.read(self._handle, PIECE):
            found.update(piece)
        return found

    def _undo(self) -> None:
        try:
            os.ftruncate(self._handle, self._good)
        except OSError:  # a broken disk; the end is cut off when the file is opened again
            return


def _whole_lines(handle: int) -> int:
    """Cut the file behind `handle` after its last line end, and return its size."""
    end = os.lseek(handle, 0, os.SEEK_END)
    while end:
        begin = max(0, end - 65536)
        os.lseek(handle, begin, os.SEEK_SET)
        found = os.read(handle, end - begin).rfind(b"\n")
        if found >= 0:
            end = begin + found + 1
            break
        end = begin
    os.ftruncate(handle, end)
    return end
