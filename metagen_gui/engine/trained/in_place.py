"""What takes its name only once it is whole: written beside its place, compared there, and then moved.

Nothing unfinished ever lies under the name, what was there before stays until the moment it is replaced, and only what
an earlier export left is replaced, with a person's word.
"""

from __future__ import annotations

import itertools
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from metagen_gui.engine.files import check_regular, flush_folder
from metagen_gui.engine.settings.bad_input import BadInput

UNDER_WAY, LONG_AGO = ".metagen-export-", 24 * 3600.0
"""What the folder of an export is called while it is written; seconds after which it is taken for broken off."""


@contextmanager
def written_beside(place: Path, check_free: Callable[[], None]) -> Iterator[Path]:
    """Yield a new folder beside `place`; what lies in it at the end takes names beside `place`, its own the last.

    On any failure `place` is as it was. Raises `BadInput` for what the system refuses, and what `check_free` raises,
    which is asked twice: something may have come there meanwhile.
    """
    with refusals(place):
        check_free()
        place.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(place.parent)
        temporary = place.parent / f"{UNDER_WAY}{uuid.uuid4().hex[:12]}"
        temporary.mkdir()
        try:
            yield temporary
            check_free()
            for written in sorted(temporary.iterdir(), key=lambda path: path.name == place.name):
                _put_in_place(written, place.with_name(written.name))
            flush_folder(place.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def full(path: Path) -> Path:
    """Return a path in full, links followed; raise `BadInput` where there is no such thing."""
    try:
        return path.expanduser().resolve()
    except (OSError, ValueError, RuntimeError) as error:  # a circle of links, an unknown ~user
        raise BadInput(str(path), str(error)) from None


def check_free_folder(place: Path, replace: bool, check_earlier: Callable[[frozenset[str]], None]) -> None:
    """Raise `BadInput` unless `place` is new or empty, or an earlier export that a person said to `replace`.

    `check_earlier` gets the names of what it holds, and raises where that is no export.
    """
    if not place.exists():
        _check_parent(place)
        return
    if not place.is_dir():
        raise BadInput(str(place), "is a file; an export is a folder")
    if Path.cwd().is_relative_to(place):
        raise BadInput(str(place), "is the folder that you are in; name a new one")
    if held := frozenset(path.name for path in place.iterdir()):
        check_earlier(held)
        if not replace:
            raise BadInput(str(place), "holds an earlier export; --force replaces it")


def check_free_file(place: Path, replace: bool) -> None:
    """Raise `BadInput` unless nothing has the name `place`, or a file that a person said to `replace`."""
    _check_parent(place)
    check_regular(place)
    if place.exists() and not replace:
        raise BadInput(str(place), "is there already; --force replaces it")


def _check_parent(place: Path) -> None:
    if place.parent.is_file():
        raise BadInput(str(place.parent), "is a file; an export is written into a folder")


def _put_in_place(written: Path, place: Path) -> None:
    """Let an export take its name; one that had it is in plain sight beside it meanwhile, should that be broken off."""
    if written.is_file():
        written.replace(place)
    elif place.exists() and any(place.iterdir()):
        aside = next(path for path in map(place.with_name, _names_aside(place.name)) if not path.exists())
        try:
            place.rename(aside)
            written.rename(place)
        except BaseException:  # also an interruption between the two
            if not place.exists():
                aside.rename(place)
            raise
        shutil.rmtree(aside, ignore_errors=True)
    else:
        with suppress(FileNotFoundError):
            place.rmdir()
        written.rename(place)  # fails where somebody has put something there: nothing is written over


def _names_aside(name: str) -> Iterator[str]:
    yield f"{name}.earlier"
    yield from (f"{name}.earlier-{number}" for number in itertools.count(2))


def _remove_leftovers(folder: Path) -> None:
    """Remove what exports that were broken off left half written; one that is under way is never that old."""
    for path in folder.glob(f"{UNDER_WAY}*"):
        with suppress(OSError):
            if time.time() - path.lstat().st_mtime > LONG_AGO:
                shutil.rmtree(path)


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    """Turn what the system says against `path` into `BadInput`."""
    try:
        yield
    except BadInput:
        raise
    except OSError as error:
        raise BadInput(str(path), error.strerror or str(error)) from None
    except ValueError as error:  # a zero byte in a name
        raise BadInput(str(path), str(error)) from None
