"""What comes in pieces from another machine: it lies apart until all of it is there, however often it is cut."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

from metagen_gui.engine.data.copies import copy_place
from metagen_gui.engine.files import flush_folder, open_regular
from metagen_gui.engine.hosts.run_files import limit_of
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.names import CHECKPOINTS, SAMPLES, runs_folder

PIECE = 2**20


class Received:
    """A folder that files come into: of a run, which no more than a run's files may, or a copy of data."""

    def __init__(self, folder: Path, *, run: bool) -> None:
        self.folder, self.run = folder, run

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Received:
        """Return the folder that a request means."""
        if "source" in said:
            return cls(copy_place(str(said["source"])), run=False)
        ticket = str(said["ticket"])
        if not ticket.isalnum():
            raise BadInput(ticket, "is no ticket")
        return cls(runs_folder().parent / "incoming" / ticket, run=True)

    def sizes(self) -> dict[str, list[int]]:
        """Return how much there is of each file, and when it was changed where it is from (ns)."""
        status = {name: (self.folder / name).lstat() for name in sizes_at(self.folder, self.folder)}
        return {name: [each.st_size, each.st_mtime_ns] for name, each in status.items()}

    def put(self, name: Any, offset: int, data: bytes, when: int) -> None:
        """Write a piece of a file where it belongs; raise `BadInput` for a name that leads elsewhere."""
        path = self._place(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = open_regular(path, os.O_WRONLY | os.O_CREAT)
        with os.fdopen(handle, "r+b") as file:
            file.truncate(offset)
            file.seek(offset)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if when:
            os.utime(path, ns=(when, when))

    def differing(self, digests: Mapping[str, str]) -> list[str]:
        """Return the files that are not as their digests say; they are taken away, to be sent once more."""
        wrong = []
        for name, digest in digests.items():
            found = ""
            with suppress(OSError), os.fdopen(open_regular(self._place(name), os.O_RDONLY), "rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != digest:
                self._place(name).unlink(missing_ok=True)
                wrong.append(name)
        for name in self.sizes().keys() - digests.keys():
            self._place(name).unlink(missing_ok=True)
        return wrong

    def become(self, among: Path, name: str) -> Path:
        """Give the folder its name among the runs, or one beside whoever has it; return it. Raises OSError."""
        if PurePosixPath(name).name != name or name in ("", ".", "..") or len(name) > 200 or "\0" in name:
            raise BadInput(name, "is no name of a run")
        for inner in (CHECKPOINTS, SAMPLES):
            (self.folder / inner).mkdir(exist_ok=True)
            flush_folder(self.folder / inner)
        among.mkdir(parents=True, exist_ok=True)
        for number in range(1, 1000):
            to = among / (name if number == 1 else f"{name}-{number}")
            if not to.exists():
                self.folder.rename(to)
                flush_folder(among)
                return to
        raise BadInput(name, "no free name for it")

    def _place(self, name: Any) -> Path:
        parts = PurePosixPath(str(name)).parts
        if not parts or str(name).startswith("/") or ".." in parts or (self.run and not limit_of(name)):
            raise BadInput(str(name), "is no file that can be sent here")
        return self.folder.joinpath(*parts)


def sizes_at(place: Path, root: Path | None = None) -> dict[str, int]:
    """Return the bytes of each file in a folder, or of a file, by names that begin with its own or are within `root`.

    Links to files count as these, links to folders and what is no file are left out.
    """
    root = root or place.parent
    if place.is_file():
        return {place.relative_to(root).as_posix(): place.stat().st_size}
    paths = [Path(folder, name) for folder, _, names in os.walk(place) for name in names]
    return {path.relative_to(root).as_posix(): path.stat().st_size for path in paths if path.is_file()}
