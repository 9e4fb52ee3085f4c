"""Images in a zip, read in place.

Nothing is extracted: a member's name is a label and never becomes a path. Sizes are held against a limit before
anything is unpacked, and unpacking stops at the declared size.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from pathlib import Path

from metagen_gui.engine.data.image_files.foreign import called
from metagen_gui.engine.data.image_files.headers import is_array_name
from metagen_gui.engine.data.image_files.listing import (
    IMAGES,
    ImageFile,
    Listing,
    Source,
    Unusable,
    Wanted,
    is_clutter,
    size_objection,
)
from metagen_gui.engine.data.image_files.progress import Count, Progress

DEFLATE_LIMIT = 1032
"""Deflate cannot do better than 1,032 to 1: a header that declares more is lying."""
BROKEN_ZIP = (
    *(zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError),
    *(ValueError, NotImplementedError, RuntimeError, OverflowError),
)


class ZipSource(Source):
    """Members of a zip."""

    def __init__(self, path: Path, progress: Progress | None = None, wanted: Wanted = IMAGES) -> None:
        self._wanted = wanted
        self._zip = zipfile.ZipFile(path)
        self._members: dict[ImageFile, zipfile.ZipInfo] = {}
        self._unpacked: dict[ImageFile, bytes] = {}
        """Arrays, which are read again and again and a few pictures at a time."""
        listing, count = Listing(), Count(progress)
        for member in self._zip.infolist():
            count.one()
            self._enter(member, listing)
        super().__init__(path, listing)

    def _enter(self, member: zipfile.ZipInfo, listing: Listing) -> None:
        parts = tuple(part for part in re.split(r"[/\\]", member.filename) if part not in ("", "."))
        if member.is_dir() or not parts or any(is_clutter(part) for part in parts if part != ".."):
            return
        file = ImageFile(parts[:-1], parts[-1])
        if why := called(file.name):
            listing.skip(parts, why)
        elif not (self._wanted.is_name(file.name) or is_array_name(file.name)):
            listing.others.append(file.label)
        elif objection := self._objection(member, parts):
            listing.skip(parts, objection)
        elif file in self._members:
            listing.skip(parts, "listed twice")
        else:
            self._members[file] = member
            (listing.files if self._wanted.is_name(file.name) else listing.arrays).append(file)

    @staticmethod
    def _objection(member: zipfile.ZipInfo, parts: tuple[str, ...]) -> str:
        if ".." in parts:
            return "its name leads out of the zip"
        if stat.S_ISLNK(member.external_attr >> 16):
            return "a link, not a file"
        if member.flag_bits & 0x1:
            return "encrypted"
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            return "compressed in a way that is not supported"
        if member.file_size > DEFLATE_LIMIT * max(member.compress_size, 1):
            return "its declared size cannot be true"
        if is_array_name(parts[-1]):
            packed = parts[-1].casefold().endswith(".npz")
            return "an archive in an archive, which is not read" if packed else ""
        return size_objection(member.file_size)

    def read(self, file: ImageFile) -> bytes:
        """Return the content of one listed file; raise `Unusable`."""
        member = self._members[file]
        try:
            with self._zip.open(member) as opened:
                # A bounded read: without a bound, zipfile unpacks a whole bomb before it looks at the declared size.
                return opened.read(member.file_size + 1)
        except BROKEN_ZIP:
            raise Unusable("damaged in the zip") from None

    def part(self, file: ImageFile, start: int, count: int) -> bytes:
        """Return up to `count` bytes of a member; but for its beginning all of it is unpacked, and kept."""
        if not start and file not in self._unpacked:
            try:
                with self._zip.open(self._members[file]) as opened:
                    return opened.read(count)
            except BROKEN_ZIP:
                raise Unusable("damaged in the zip") from None
        if file not in self._unpacked:
            self._unpacked[file] = self.read(file)
        return self._unpacked[file][start : start + count]

    def size(self, file: ImageFile) -> int:
        """Return how many bytes a member holds, as the zip says; no more are read."""
        return self._members[file].file_size

    def marks(self, most: int) -> tuple[list[tuple[int, int]], bool]:
        """Return size and CRC-32 of every listed file as the zip tells them; reading a file checks both."""
        members = (self._members[file] for file in self.listing.files)
        return [(member.file_size, member.CRC) for member in members], True

    def close(self) -> None:
        """Close the file."""
        self._zip.close()
