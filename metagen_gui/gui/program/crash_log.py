"""What is left of a program that died at once: written by the dying process, shown at the next start.

A fault in native code ends a process without a word. Python's faulthandler writes where every thread stood into a file
that is opened beforehand; a program that ends as it should takes the file away again.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
from pathlib import Path
from typing import TextIO

from filelock import FileLock, Timeout

from metagen_gui.engine.files import open_regular, read_file

MOST_CHARACTERS = 100_000


class CrashLog:
    """The file that this process would write its last words into."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / f"crash-{os.getpid()}.log"
        self._file: TextIO | None = None
        self._lock: FileLock | None = None

    def begin(self) -> None:
        """Be ready for the worst; where nothing can be written, do without."""
        with contextlib.suppress(OSError, Timeout):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(_lock_of(self._path), timeout=0)
            self._lock.acquire()
            self._file = os.fdopen(
                open_regular(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "w", encoding="utf-8", errors="replace"
            )
            faulthandler.enable(self._file)

    def end(self) -> None:
        """The program ends as it should: leave nothing behind."""
        if self._file is not None:
            faulthandler.disable()
            self._file.close()
            self._file = None
        if self._lock is not None:
            self._lock.release()
            for path in (self._path, _lock_of(self._path)):
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)

    def earlier(self) -> str:
        """Return the last words of processes that died, newest last, and take their files away; "" if none."""
        found = []
        with contextlib.suppress(OSError):
            for path in sorted(self._folder.glob("crash-*.log"), key=lambda path: path.stat().st_mtime):
                if path != self._path:
                    found.append(_taken(path))
        return "\n".join(words for words in found if words.strip())[-MOST_CHARACTERS:]


def _taken(path: Path) -> str:
    """Return what a dead process wrote and remove its files; "" if the process lives."""
    lock = FileLock(_lock_of(path), timeout=0)
    try:
        with lock:
            words = read_file(path, 4 * MOST_CHARACTERS).decode("utf-8", "replace")
            path.unlink()
    except (OSError, Timeout):
        return ""
    with contextlib.suppress(OSError):
        _lock_of(path).unlink(missing_ok=True)
    return words


def _lock_of(path: Path) -> Path:
    return path.with_suffix(".lock")
