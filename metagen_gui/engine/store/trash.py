"""The trash: folders of runs and of tests of claims that were thrown away, to be brought back or deleted for good.

Each lies in a place of its own, under its own name, beside a note of where it was. Needs neither torch nor pydantic.
"""

from __future__ import annotations

import errno
import json
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from metagen_gui.engine.files import check_own_folder, copy_folder, flush_folder, read_file, write_atomically
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.elsewhere import read_elsewhere
from metagen_gui.engine.store.lock import is_held
from metagen_gui.engine.store.names import CHECKPOINTS, has_checkpoint, runs_folder

NOTE = "thrown-away.json"
MAX_NOTE_BYTES = 2**16


@dataclass(frozen=True)
class Thrown:
    """A folder in the trash: its place there, where it was, what a person called it, when (seconds since 1970)."""

    place: Path
    folder: Path
    name: str
    when: float

    @property
    def content(self) -> Path:
        """The folder as it lies in the trash."""
        return self.place / self.folder.name


def trash_folder() -> Path:
    """Return the folder of the trash, beside that of the runs."""
    return runs_folder().parent / "trash"


def throw_away(folder: Path, name: str = "") -> Thrown:
    """Move a folder, which a person knows as `name`, to the trash; raise `BadInput` if it stays where it is."""
    folder = folder.absolute()
    elsewhere = read_elsewhere(folder)
    if elsewhere is not None:
        why = f"goes on at {elsewhere.host or 'another machine'}; `metagen hosts discard {folder.name}` ends it there"
        raise BadInput(str(folder), why)
    if is_held(folder):
        raise BadInput(str(folder), "is being written; it can be thrown away when that has ended")
    stamp = time.strftime("%Y-%m-%d-%H%M%S")
    thrown = Thrown(trash_folder() / f"{stamp}-{secrets.token_hex(4)}", folder, name or folder.name, time.time())
    note = {"folder": str(folder), "name": thrown.name, "when": thrown.when}
    try:
        check_own_folder(folder)
        thrown.place.mkdir(parents=True)
        try:
            write_atomically(
                thrown.place / NOTE, json.dumps(note).encode()
            )  # first: without it nobody can bring it back
            _move(folder, thrown.content)
        except BaseException:
            if not thrown.content.exists():
                shutil.rmtree(thrown.place, ignore_errors=True)
            raise
    except OSError as error:
        raise _refusal(folder, "moved to the trash", error) from None
    return thrown


def throw_away_unbegun(folder: Path, name: str = "") -> bool:
    """Throw away a run that ended before its first checkpoint was whole, as by a kill -9; return whether it was one.

    Of a save that was broken off files of one step are left, and no manifest; of more, manifests were lost.
    """
    names = [each.name for each in (folder / CHECKPOINTS).glob("step-*")]
    steps = {each.partition(".")[0] for each in names}
    if has_checkpoint(folder) or len(steps) > 1 or any(each.endswith(".corrupt") for each in names):
        return False
    throw_away(folder, name)
    return True


def thrown_away() -> list[Thrown]:
    """Return what lies in the trash, the newest first; what cannot be read is left out."""
    found = []
    with suppress(OSError):
        for place in trash_folder().iterdir():
            with suppress(OSError, ValueError, KeyError, TypeError):
                note = json.loads(read_file(place / NOTE, MAX_NOTE_BYTES))
                one = Thrown(place, Path(note["folder"]), str(note["name"]), float(note["when"]))
                if _is_own(one):
                    found.append(one)
    return sorted(found, key=lambda one: one.when, reverse=True)


def bring_back(thrown: Thrown) -> Path:
    """Put a folder back where it was, or beside whoever has its name now; return it. Raise `BadInput` if it stays."""
    names = (thrown.folder.name, *(f"{thrown.folder.name}-{number}" for number in range(2, 1000)))
    free = (path for name in names if not ((path := thrown.folder.with_name(name)).exists() or path.is_symlink()))
    try:
        to = next(free)
        to.parent.mkdir(parents=True, exist_ok=True)
        _move(thrown.content, to)
    except OSError as error:
        raise _refusal(thrown.folder, "brought back", error) from None
    shutil.rmtree(thrown.place, ignore_errors=True)
    return to


def delete_for_good(thrown: Thrown) -> None:
    """Delete what lies in the trash, which nothing brings back; raise `BadInput` if it cannot be."""
    if not _is_own(thrown):
        raise BadInput(str(thrown.content), "could not be deleted: not a folder in a place of its own in the trash")
    try:
        shutil.rmtree(thrown.content)
        shutil.rmtree(thrown.place)
    except OSError as error:
        raise _refusal(thrown.place, "deleted", error) from None


def _is_own(thrown: Thrown) -> bool:
    """Return whether a folder lies right in its place in the trash and neither is a link, whatever a note says."""
    name, place = thrown.folder.name, thrown.place
    inside = place.parent == trash_folder() and thrown.folder.is_absolute() and name not in ("", ".", "..")
    links = place.is_symlink() or thrown.content.is_symlink()
    return inside and thrown.content.parent == place and thrown.content.is_dir() and not links


def _move(source: Path, to: Path) -> None:
    """Move a folder, also to another disk: it is copied whole before it is removed."""
    try:
        source.rename(to)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        part = to.with_name(f".{to.name}.tmp-{secrets.token_hex(8)}")
        try:
            copy_folder(source, part)
            part.rename(to)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        shutil.rmtree(source)
    flush_folder(to.parent)
    flush_folder(source.parent)


def _refusal(folder: Path, done: str, error: OSError) -> BadInput:
    return BadInput(str(folder), f"could not be {done}: {error.strerror or error}")
