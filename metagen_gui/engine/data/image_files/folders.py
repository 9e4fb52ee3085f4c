"""Images below a folder."""

from __future__ import annotations

import os
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from metagen_gui.engine.data.image_files.foreign import called
from metagen_gui.engine.data.image_files.headers import is_array_name
from metagen_gui.engine.data.image_files.listing import (
    IMAGES,
    MAX_FILE_BYTES,
    ImageFile,
    Listing,
    Source,
    Unusable,
    Wanted,
    is_clutter,
    is_text,
    reason,
)
from metagen_gui.engine.data.image_files.progress import Count, Progress
from metagen_gui.engine.files import open_regular, read_file
from metagen_gui.engine.settings.plain_text import printable


class FolderSource(Source):
    """Files below a folder."""

    def read(self, file: ImageFile) -> bytes:
        """Return the content of one listed file; raise `Unusable`."""
        try:
            return read_file(self._at(file), MAX_FILE_BYTES, follow=True)
        except OSError as error:
            raise Unusable(reason(error)) from None

    def part(self, file: ImageFile, start: int, count: int) -> bytes:
        """Return up to `count` bytes of a file from `start` on, however large it is; raise `Unusable`."""
        try:
            with os.fdopen(open_regular(self._at(file), os.O_RDONLY, follow=True), "rb") as opened:
                opened.seek(start)
                return opened.read(count)
        except OSError as error:
            raise Unusable(reason(error)) from None

    def size(self, file: ImageFile) -> int:
        """Return how many bytes a file holds; 0 where that cannot be told."""
        try:
            return self._at(file).stat().st_size
        except OSError:
            return 0

    def marks(self, most: int) -> tuple[list[tuple[int, int]], bool]:
        """Return size and CRC-32 of every listed file, by reading them all, if that is no more than `most` bytes."""
        sizes = [self.size(file) for file in self.listing.files]
        compared = sum(sizes) <= most
        marks = []
        for file, size in zip(self.listing.files, sizes, strict=True):
            checksum = 0
            if compared:
                with suppress(Unusable):
                    checksum = zlib.crc32(self.read(file))
            marks.append((size, checksum))
        return marks, compared

    def _at(self, file: ImageFile) -> Path:
        return self.path.joinpath(*file.folder, file.name)


def list_folder(root: Path, progress: Progress | None = None, wanted: Wanted = IMAGES) -> Listing:
    """Walk a folder without ever entering the same one twice, whatever its links say; raise `Stopped` if told to."""
    listing, seen, count = Listing(), set[tuple[int, int]](), Count(progress)
    above = {_identity(folder) for folder in root.resolve().parents}  # of a/.., a is not above but below
    # Linked folders wait until the real tree is known, so a class keeps its real name and not that of a link to it.
    real, linked = deque([(root, tuple[str, ...]())]), deque[tuple[Path, tuple[str, ...]]]()
    while real or linked:
        place, folder = (real or linked).popleft()
        try:
            identity = _identity(place)
            if identity in above:  # all of a disk, perhaps, and this folder in it once more
                listing.skip(folder, "a link to a folder above the chosen one")
                continue
            if identity in seen:
                continue
            seen.add(identity)
            with os.scandir(place) as entries:
                found = sorted(_counted(entries, count), key=lambda entry: entry.name)
        except OSError as error:
            listing.skip(folder or (str(root),), reason(error))
            continue
        for entry in found:
            parts = (*folder, entry.name)
            if is_clutter(entry.name):
                continue
            if not is_text(entry.name):
                listing.skip(parts, "its name is not valid text")
            elif _is_folder(entry):
                (linked if entry.is_symlink() else real).append((place / entry.name, parts))
            elif why := called(entry.name):
                listing.skip(parts, why)
            elif not (wanted.is_name(entry.name) or is_array_name(entry.name)):
                listing.others.append(printable("/".join(parts)))
            elif _is_file(entry):
                (listing.files if wanted.is_name(entry.name) else listing.arrays).append(ImageFile(folder, entry.name))
            else:
                listing.skip(parts, "not a regular file")
    return listing


def _counted(entries: Iterable[os.DirEntry[str]], count: Count) -> Iterator[os.DirEntry[str]]:
    for entry in entries:
        count.one()
        yield entry


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False
