"""A recorded step on its way to a shared library: a process beside the run, and a shelf for what it made.

The process has to be gone when the run is, however it ended, and what it wrote on the way with it. What came out is
kept in the user's cache, so that the same step need not be compiled again; its name holds a digest of what is in it.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path

import appdirs
import torch

from metagen_gui.engine.step_compiler import GRAPH, LIBRARY, surroundings

PROGRAM = "metagen_gui.engine.step_compiler"
MOST_KEPT = 16
"""Libraries on the shelf; the oldest make room."""


class CannotCompile(Exception):
    """No step can be compiled, or this one could not; the text says why."""


def shelf() -> Path:
    """Return the folder in which compiled steps are kept."""
    return Path(appdirs.user_cache_dir("metagen", appauthor=False)) / "compiled"


def compiler() -> str | None:
    """Return the C++ compiler that would be used, or None where there is none."""
    usual = "clang++" if sys.platform == "darwin" else "g++"
    return shutil.which(os.environ.get("CXX", usual))


class Compilation:
    """Compiles a graph, written as text, in the background. Raises `CannotCompile` if that is no use trying."""

    def __init__(self, text: str) -> None:
        if os.name != "posix" or getattr(sys, "frozen", False):
            raise CannotCompile("this program cannot compile on this system")
        if compiler() is None:
            raise CannotCompile("there is no C++ compiler")
        self._name = _name_of(text)
        self._library = _known(self._name)
        self._process: subprocess.Popen[bytes] | None = None
        if self._library is None:
            try:
                self._start(text)
            except OSError as error:
                raise CannotCompile(str(error)) from error

    def library(self) -> Path | None:
        """Return the library when it is there, None until then. Raise `CannotCompile` when it will not come."""
        if self._library is None and self._process is not None and self._process.poll() is not None:
            made, status = self._folder / LIBRARY, self._process.returncode
            try:
                if status:
                    raise CannotCompile(f"the compiler ended with status {status}")
                self._library = _put_away(made, self._name)
            except OSError as error:
                raise CannotCompile(str(error)) from error
            finally:
                self.close()
        return self._library

    def close(self) -> None:
        """End the process, if it still runs, with all that it has started, and remove what it wrote."""
        if self._process is not None:
            self._end()

    def _start(self, text: str) -> None:
        begun = shelf() / "begun"
        begun.mkdir(parents=True, exist_ok=True)
        _clear(begun)
        self._folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=begun))
        (self._folder / GRAPH).write_text(text)
        self._process = subprocess.Popen(
            [sys.executable, "-m", PROGRAM, str(self._folder), str(torch.get_num_threads())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=surroundings(self._folder),
            start_new_session=True,
        )
        self._end = weakref.finalize(self, _end, self._process, self._folder)


def _end(process: subprocess.Popen[bytes], folder: Path) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # a group of its own, called after its first process
    process.wait()
    if process.stdin is not None:
        process.stdin.close()
    shutil.rmtree(folder, ignore_errors=True)


def _clear(begun: Path) -> None:
    """Remove what processes that are gone have left."""
    for folder in begun.iterdir():
        owner = folder.name.partition("-")[0]
        if owner.isdigit() and not _is_alive(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


# -- the shelf ---------------------------------------------------------------------------------------------------------


def _name_of(text: str) -> str:
    """Return a name for what a graph is compiled to: by this torch, for this machine and so many threads."""
    for_whom = (torch.__version__, platform.node(), torch.backends.cpu.get_cpu_capability(), torch.get_num_threads())
    return hashlib.sha256(f"{for_whom}\n{text}".encode()).hexdigest()[:24]


def _known(name: str) -> Path | None:
    """Return the library of that name from the shelf, if it is there and whole."""
    for library in shelf().glob(f"{name}.*.so"):
        if library.name == f"{name}.{_digest(library)}.so":
            return library
        _remove(library)
    return None


def _put_away(made: Path, name: str) -> Path:
    place = shelf() / f"{name}.{_digest(made)}.so"
    if _calls(made).exists():
        _calls(made).replace(_calls(place))
    made.replace(place)
    kept = sorted(shelf().glob("*.so"), key=lambda library: library.stat().st_mtime)
    for library in kept[:-MOST_KEPT]:
        _remove(library)
    return place


def _remove(library: Path) -> None:
    library.unlink(missing_ok=True)
    _calls(library).unlink(missing_ok=True)


def _calls(library: Path) -> Path:
    """Return where torch looks for a list of the operations that a library leaves to it; most have none."""
    return library.with_suffix(".json")


def _digest(library: Path) -> str:
    parts = [part.read_bytes() for part in (library, _calls(library)) if part.exists()]
    return hashlib.sha256(b"".join(parts)).hexdigest()[:24]
