"""What the files of a source hold, before any is decoded: which are copies of each other, and what stands for each."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from metagen_gui.engine.data.image_files.given_split import Part
from metagen_gui.engine.data.image_files.layout import ImageClass, Layout
from metagen_gui.engine.data.image_files.listing import Source, Unusable, counted
from metagen_gui.engine.settings.plain_text import shortened

READ_AT_MOST = 2**30
"""Bytes that are read before a run starts to compare pictures; a zip tells their checksums without."""


@dataclass(frozen=True)
class Contents:
    """Marks of a source's files, by their index: equal bytes have equal marks, whether in a folder or in a zip."""

    marks: tuple[tuple[int, int], ...]
    """Size and CRC-32."""
    same: Mapping[int, int]
    """Of files with the same bytes as another: the first of them."""
    compared: bool
    """Whether contents were looked at; of too much data only sizes are known."""

    def digest(self, members: Iterable[int]) -> str:
        """Return what stands for the pictures of a class, whatever they are called."""
        marks = sorted(self.marks[member] for member in members)
        return hashlib.sha256(repr(marks).encode()).hexdigest()[:16]


def contents_of(source: Source) -> Contents:
    """Compare the files of a source, byte for byte."""
    marks, compared = source.marks(READ_AT_MOST)
    alike = defaultdict[tuple[int, int], list[int]](list)
    for index, mark in enumerate(marks if compared else ()):
        alike[mark].append(index)
    same = {}
    for indices in alike.values():
        if len(indices) > 1:  # by its checksum; two pictures may share that by chance
            first: dict[bytes, int] = {}
            for index in indices:
                try:
                    digest = hashlib.sha256(source.read(source.listing.files[index])).digest()
                except Unusable:
                    continue
                same[index] = first.setdefault(digest, index)
    several = {first for index, first in same.items() if first != index}
    return Contents(tuple(marks), {index: first for index, first in same.items() if first in several}, compared)


def without_copies(layout: Layout, contents: Contents, source: Source) -> tuple[Layout, tuple[str, ...]]:
    """Return the layout with every picture once in its class, and in no held-out class if it is in another, too.

    The sentences say what was found.
    """
    same = contents.same
    streams: dict[Part, list[ImageClass]] = {part: [] for part in layout.streams}
    holders = defaultdict[int, list[tuple[Part, str]]](list)
    repeated = []
    for part, classes in layout.streams.items():
        for one in classes:
            kept = dict[int, int]()  # by the first of its kind
            for member in one.members:
                if kept.setdefault(same.get(member, member), member) != member:
                    repeated.append(member)
            streams[part].append(replace(one, members=tuple(kept.values())))
            for first in kept.keys() & same.keys():
                holders[first].append((part, one.name))
    several = {first: held for first, held in holders.items() if len(held) > 1}
    for part in ("validation", "test"):
        streams[part] = [
            replace(one, members=tuple(each for each in one.members if same.get(each) not in several))
            for one in streams[part]
        ]
    return layout.dealt(streams), _told(contents, source, sorted(repeated), several)


def shared_classes(
    classes: Iterable[ImageClass],
    contents: Contents,
    source: Source,
    used: Iterable[int],
    there: Contents,
    other: Source,
) -> tuple[str, ...] | None:
    """Return the names of `classes` that hold a picture with the bytes of one that is `used` in another source.

    Names of classes say nothing of other data; a picture that is stored in another way is not recognised. None where
    the contents of one of the sources are not known.
    """
    if not (contents.compared and there.compared):
        return None
    by_mark = defaultdict[tuple[int, int], list[int]](list)
    for index in used:
        by_mark[there.marks[index]].append(index)

    def is_used(index: int) -> bool:
        try:  # by its checksum; two pictures may share that by chance
            alike = (other.read(other.listing.files[each]) for each in by_mark.get(contents.marks[index], ()))
            return any(source.read(source.listing.files[index]) == each for each in alike)
        except Unusable:
            return False

    return tuple(one.name for one in classes if any(map(is_used, one.members)))


def _told(
    contents: Contents, source: Source, repeated: list[int], several: Mapping[int, list[tuple[Part, str]]]
) -> tuple[str, ...]:
    if not contents.compared:
        return ("so many bytes that pictures are not compared: copies of one in several classes would not be noticed",)

    def label(index: int) -> str:
        return shortened(source.listing.files[index].label)

    lines = []
    if repeated:
        file = repeated[0]
        lines.append(
            f"{counted(len(repeated), 'picture is a copy', 'pictures are copies')} of another in the same class and "
            f"not counted again: {label(file)} is {label(contents.same[file])}" + (", …" if len(repeated) > 1 else "")
        )
    if several:
        (file, held), *_ = sorted(several.items())
        names = " and ".join(shortened(name) for _, name in held[:2])
        out = sum(part != "train" for places in several.values() for part, _ in places)
        said = f"{counted(len(several), 'picture stands', 'pictures stand')} in more than one class"
        said += f", as {label(file)} in {names}"
        lines.append(f"{said}; classes that are held out are used without them ({out:,} there)" if out else said)
    return tuple(lines)
