"""A copy of a run folder that another machine holds, brought up to date piece by piece.

No file takes its name here before it is whole, and a manifest does only after the weights that it vouches for, checked
by its digests; what grows is added to. So at any moment, whatever is cut or killed, what is here can be gone on with.
Names, sizes and digests are checked here: the other side decides over nothing but what is in a run's files.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from metagen_gui.engine.files import check_own_folder, flush_folder, open_regular, read_file
from metagen_gui.engine.hosts.link import Link, LinkLost
from metagen_gui.engine.hosts.run_files import GROWING, digest_of, files_in, limit_of, listed, opened, tail_digest
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.names import CHECKPOINTS, METRICS, SAMPLES

RESERVE = 2**28
"""Bytes that stay free on the disk here."""
PART = ".tmp-from-there"
"""How the name of a file begins that is not here whole; whoever goes on with a run takes such files away."""
ROUNDS = 5


class Mirror:
    """The folder of a run here, and by a ticket that of the machine at the other end of a link."""

    def __init__(self, folder: Path, ticket: str) -> None:
        self.folder, self.ticket = folder, ticket
        self._there: dict[str, tuple[int, int]] = {}

    # -- what grows --------------------------------------------------------------------------------------------------

    def grow(self, link: Link, name: str = METRICS) -> bool:
        """Fetch the next piece of a growing file; return whether there may be more of it."""
        path, size, tail = self.folder / name, 0, ""
        try:
            if path.exists():
                with opened(self.folder, name) as file:
                    size = file.seek(0, os.SEEK_END)
                    tail = tail_digest(file, size)
            answer, data = link.ask("grow", ticket=self.ticket, name=name, offset=size, tail=tail)
            if answer.get("other"):  # it went on from a checkpoint, so what came after that was cut off
                self._there[name] = (limit_of(name), 0)
                for _ in self._fetch(link, name):
                    pass
            if not data or answer.get("other"):
                return False
            self._check_room(len(data))
            with os.fdopen(open_regular(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), "ab") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            return type(answer.get("size")) is int and size + len(data) < answer["size"]
        except OSError as error:
            raise _refusal(self.folder, error) from None

    # -- the rest ----------------------------------------------------------------------------------------------------

    def look(self, link: Link) -> None:
        """Learn which files there are."""
        _, data = link.ask("files", ticket=self.ticket)
        self._there = listed(_parsed(data, link.host.name))

    def lacking(self) -> list[str]:
        """Return the files that are not here as they are there, without what grows and is checked by itself.

        The newest first: of samples what is looked at, of checkpoints what a run would go on from.
        """
        here = files_in(self.folder)
        names = [name for name, about in self._there.items() if here.get(name) != about and name not in GROWING]
        return sorted(names, reverse=True)

    def take_samples(self, link: Link) -> Iterator[None]:
        """Fetch the samples that are lacking, yielding after every piece."""
        for name in self.lacking():
            if name.startswith(f"{SAMPLES}/"):
                yield from self._fetch(link, name)

    def take_checkpoints(self, link: Link) -> Iterator[int | None]:
        """Fetch the checkpoints that are lacking, the newest first, yielding after every piece; a step when it is here.

        Then what is not there any more is deleted here, and all else is fetched.
        """
        lacking = self.lacking()
        for name in lacking:
            if name.startswith(f"{CHECKPOINTS}/step-") and name.endswith(".json"):
                yield from self._checkpoint(link, name)
        for name in self.lacking():
            if not name.startswith((f"{CHECKPOINTS}/step-", f"{SAMPLES}/")):
                yield from self._fetch(link, name)
        self._drop_what_is_gone()

    def complete(self, link: Link) -> Iterator[int | None]:
        """Fetch whatever is lacking of a run that does not go on, until all is the same bit by bit.

        Yields as `take_checkpoints` does; raises `BadInput` if the two do not become the same.
        """
        for _ in range(ROUNDS):
            self.look(link)
            for name in GROWING:
                while name in self._there and self.grow(link, name):
                    yield None
            yield from self.take_checkpoints(link)
            for name in self.lacking():
                yield from self._fetch(link, name)
            self._drop_what_is_gone()
            wrong = self.differing(link)
            if not wrong:
                return
            for name in wrong:
                with contextlib.suppress(OSError):
                    os.utime(self.folder / name, ns=(0, 0))  # it is fetched once more
                if name in GROWING and name in self._there:
                    yield from self._fetch(link, name)
        raise BadInput(str(self.folder), f"does not become what {link.host.name} holds; {wrong[0]} differs")

    def differing(self, link: Link) -> list[str]:
        """Return the files that are not bit for bit those of the other side."""
        _, data = link.ask("digests", ticket=self.ticket, within=600.0)
        said = _parsed(data, link.host.name)
        theirs = {name: digest for name, digest in said.items() if limit_of(name)} if isinstance(said, dict) else {}
        names = files_in(self.folder).keys() | theirs.keys()
        wrong = []
        for name in sorted(names):
            found = None
            with contextlib.suppress(OSError):
                found = digest_of(self.folder, name)
            if found != theirs.get(name):
                wrong.append(name)
        return wrong

    # -- one file ----------------------------------------------------------------------------------------------------

    def _checkpoint(self, link: Link, name: str) -> Iterator[int | None]:
        """Fetch a checkpoint: its manifest, kept apart, what that vouches for, and last the manifest takes its name."""
        part = yield from self._part(link, name)
        if part is None:
            return
        try:
            manifest = json.loads(read_file(part, limit_of(name)))
            files = [manifest, *([manifest["optimizer"]] if manifest.get("optimizer") else [])]
            digests = {f"{CHECKPOINTS}/{Path(each['file']).name}": str(each["sha256"]) for each in files}
            step = int(manifest["meta_step"])
        except (OSError, ValueError, TypeError, KeyError, RecursionError):  # it is damaged there, too
            self._place(part, name)
            return
        for file, digest in digests.items():
            if limit_of(file) and not (file in files_in(self.folder) and digest_of(self.folder, file) == digest):
                yield from self._fetch(link, file, digest)
            if not limit_of(file) or not (self.folder / file).is_file():  # deleted meanwhile: there is a newer one
                return
        for growing in GROWING[:2]:  # which the checkpoint vouches for, too
            while self.grow(link, growing):
                yield None
        self._place(part, name)
        yield step

    def _fetch(self, link: Link, name: str, digest: str = "") -> Iterator[None]:
        """Fetch a file and give it its name; with a `digest` only if that is its."""
        part = yield from self._part(link, name)
        if part is None:
            return
        if digest:
            with contextlib.closing(os.fdopen(open_regular(part, os.O_RDONLY), "rb")) as file:
                right = hashlib.file_digest(file, "sha256").hexdigest() == digest
            if not right:
                part.unlink()
                return
        self._place(part, name)

    def _part(self, link: Link, name: str) -> Generator[None, None, Path | None]:
        """Fetch a file beside its place, going on with what came before the link was cut.

        Returns where it lies, with the time that it has there; None for one that is gone, or was changed meanwhile.
        """
        size, when = self._there.get(name, (0, 0))
        folder = (self.folder / name).parent
        path = folder / f"{Path(name).name}{PART}-{when:x}"
        try:
            if "/" in name:
                folder.mkdir(exist_ok=True)
                check_own_folder(folder)
            for other in folder.glob(f"{Path(name).name}{PART}-*"):
                if other != path or not when:
                    other.unlink()
            with os.fdopen(open_regular(path, os.O_RDWR | os.O_CREAT), "r+b") as file:
                at = file.seek(0, os.SEEK_END)
                while True:
                    answer, data = link.ask("read", ticket=self.ticket, name=name, offset=at)
                    if answer.get("none") or (when and (answer.get("size"), answer.get("when")) != (size, when)):
                        path.unlink(missing_ok=True)
                        return None
                    if not data:
                        break
                    if at + len(data) > limit_of(name):
                        raise LinkLost(link.host.name, f"sends more than any {name} has")
                    self._check_room(len(data))
                    file.write(data)
                    at += len(data)
                    yield None
                    if when and at >= size:
                        break
                file.flush()
                os.fsync(file.fileno())
            if when:
                os.utime(path, ns=(when, when))
        except OSError as error:
            raise _refusal(self.folder, error) from None
        return path

    def _place(self, part: Path, name: str) -> None:
        try:
            part.replace(self.folder / name)
            flush_folder(part.parent)
        except OSError as error:
            raise _refusal(self.folder, error) from None

    def _drop_what_is_gone(self) -> None:
        """Delete older checkpoints that the other side does not hold any more; never if it lost the newest one here."""
        here = [name for name in files_in(self.folder) if name.startswith(f"{CHECKPOINTS}/step-")]
        newest = max((name for name in here if name.endswith(".json")), default="")
        for name in here:
            if newest in self._there and name not in self._there:
                with contextlib.suppress(OSError):
                    (self.folder / name).unlink()

    def _check_room(self, more: int) -> None:
        if shutil.disk_usage(self.folder).free < RESERVE + more:
            raise OSError(28, "the disk here is nearly full", str(self.folder))


def _parsed(data: bytes, host: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise LinkLost(host, "has sent something that cannot be read") from None


def _refusal(folder: Path, error: OSError) -> BadInput:
    return BadInput(str(folder), error.strerror or str(error))
