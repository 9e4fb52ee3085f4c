"""One writer per run folder: a lock that the system takes back when its holder dies, however that happens."""

from __future__ import annotations

import json
import os
import socket
import time
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from metagen_gui.engine.files import check_regular, read_file, write_atomically
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.names import LOCK

HOLDER = "run.holder"
PATIENCE = 0.5
"""Seconds to wait for a lock: whoever only looks whether a folder is held, holds it for a moment."""


class RunLock:
    """Holds a run folder from its creation until `release`, or the end of the process."""

    def __init__(self, folder: Path) -> None:
        """Raise `BadInput` that says who holds the folder, if somebody else does."""
        self._lock = FileLock(folder / LOCK, timeout=PATIENCE, thread_local=False)
        self._holder = folder / HOLDER
        try:
            check_regular(folder / LOCK)
            self._lock.acquire()
        except Timeout:
            raise BadInput(str(folder), f"is being written by {holder(folder)}") from None
        except OSError as error:
            raise BadInput(str(folder), error.strerror or str(error)) from None
        with suppress(OSError):  # the lock is what counts; this is a courtesy
            who = {"process": os.getpid(), "machine": socket.gethostname(), "since": time.time()}
            write_atomically(self._holder, json.dumps(who).encode())

    def release(self) -> None:
        """Let the folder go; may be called twice."""
        if self._lock.is_locked:
            with suppress(OSError):
                self._holder.unlink(missing_ok=True)
            self._lock.release()


def is_held(folder: Path) -> bool:
    """Return whether a living process writes into `folder`."""
    return is_locked(folder / LOCK)


def is_locked(path: Path) -> bool:
    """Return whether a living process holds the lock at `path`."""
    try:
        if not path.exists():
            return False
        check_regular(path)
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # a folder that may only be read, a link or a pipe: nobody here writes into it
        return False


def holder(folder: Path) -> str:
    """Return who holds `folder`, in words."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        who = json.loads(read_file(folder / HOLDER, 4096))
        return f"another MetaGen (process {int(who['process'])} on {who['machine']})"
    return "another MetaGen"
