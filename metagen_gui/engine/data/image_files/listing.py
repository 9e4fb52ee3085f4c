"""What a folder or a zip holds, by name: the images, what is skipped and why, and what is no image at all."""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import ClassVar, NamedTuple

from metagen_gui.engine.settings.plain_text import printable, shortened

SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jfif", ".jpe", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm"}
)
CLUTTER = frozenset({"__macosx", "thumbs.db", "desktop.ini"})
NAMES_SHOWN = 5
MAX_FILE_BYTES = 64 * 2**20


class Unusable(Exception):
    """One file cannot be used; its text says why in a word or two."""


class ImageFile(NamedTuple):
    """A file with the name of an image: the folders that lead to it from the chosen place, and its own name."""

    folder: tuple[str, ...]
    name: str

    @property
    def label(self) -> str:
        """The path as a person may read it, on one line."""
        return printable("/".join((*self.folder, self.name)))


@dataclass
class Listing:
    """The names found in one place."""

    files: list[ImageFile] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    """Label and reason."""
    others: list[str] = field(default_factory=list)
    """Labels of files that do not claim to be images."""
    arrays: list[ImageFile] = field(default_factory=list)
    """Files that claim to hold many pictures each."""
    told: list[str] = field(default_factory=list)
    """What else a person should know of them, as sentences."""

    def skip(self, parts: Sequence[str], reason: str) -> None:
        """Leave out a file or a folder, and remember why."""
        self.skipped.append((printable("/".join(parts)), reason))


class Source(ABC):
    """A place that holds images. `listing.files` is sorted, so a folder and a zip of it give the same order.

    Sorted by their names composed: macOS may spell é as e and an accent, and its zips must give the same tasks.
    """

    stored_as: ClassVar[str] = ""
    """How pictures are stored, if not each in a file of a format of its own."""

    def __init__(self, path: Path, listing: Listing) -> None:
        self.path = path
        self.listing = listing
        listing.files.sort(key=_composed)

    @property
    def label(self) -> str:
        """The chosen path as a person may read it."""
        return printable(str(self.path))

    @abstractmethod
    def read(self, file: ImageFile) -> bytes:
        """Return the content of one listed file; raise `Unusable`."""

    def part(self, file: ImageFile, start: int, count: int) -> bytes:
        """Return up to `count` bytes of a file from `start` on, however large it is; raise `Unusable`."""
        return self.read(file)[start : start + count]

    def size(self, file: ImageFile) -> int:
        """Return how many bytes a file holds; raise `Unusable`."""
        return len(self.read(file))

    @abstractmethod
    def marks(self, most: int) -> tuple[list[tuple[int, int]], bool]:
        """Return size and CRC-32 of every listed file, and whether these are known.

        They are not if more than `most` bytes would have to be read. What is not known is 0.
        """

    def close(self) -> None:
        """Let go of the place; nothing can be read from it afterwards."""


def composed(name: str) -> str:
    """Return the one spelling (NFC) of what looks the same."""
    return unicodedata.normalize("NFC", name)


def _composed(file: ImageFile) -> tuple[tuple[str, ...], str, ImageFile]:
    return tuple(map(composed, file.folder)), composed(file.name), file


def is_text(name: str) -> bool:
    """Say whether a file's name is valid Unicode; others break JSON and the window."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def is_clutter(name: str) -> bool:
    """Say whether a file or folder is hidden or left there by an operating system."""
    return name.startswith(".") or name.casefold() in CLUTTER


def is_image_name(name: str) -> bool:
    """Say whether a file claims by its suffix to be an image; its content is judged when it is read."""
    return PurePosixPath(name).suffix.casefold() in SUFFIXES


class Wanted(NamedTuple):
    """What is looked for in a place: what it is called, in the plural, and by which names of files it goes."""

    called: str
    is_name: Callable[[str], bool]


IMAGES = Wanted("images", is_image_name)


def counted(number: int, one: str, many: str) -> str:
    """Return `1 file`, `1,234 files`."""
    return f"{number:,} {one if number == 1 else many}"


def some(labels: Sequence[str]) -> str:
    """Return the first few labels, none of them long, and how many more there are."""
    more = len(labels) - NAMES_SHOWN
    return ", ".join(map(shortened, labels[:NAMES_SHOWN])) + (f" and {more:,} more" if more > 0 else "")


def size_objection(size: int) -> str:
    """Say what is wrong with a file of `size` bytes, if anything."""
    return f"larger than {MAX_FILE_BYTES >> 20} MB" if size > MAX_FILE_BYTES else ""


def reason(error: Exception) -> str:
    """Return the part of an error's text that means something to a person."""
    return (error.strerror if isinstance(error, OSError) else None) or printable(str(error))
