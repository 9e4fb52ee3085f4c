"""From names to classes, groups and streams.

A class is a folder that holds images, named by its path below the folders that all images share; so a place one or two
levels too high gives the same classes. Its group is the folder above it: Omniglot's alphabets. Folders called train,
val and test decide where there are any, wherever they stand; otherwise the stream of a class follows from its name
alone (or from that of its group), so that more pictures or more classes move nobody.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from metagen_gui.engine.data.image_files.given_split import Part, given_split
from metagen_gui.engine.data.image_files.listing import ImageFile, composed, counted, some
from metagen_gui.engine.settings.plain_text import printable

SplitBy = Literal["auto", "class", "group"]

ENOUGH_GROUPS = 5
SHARE = 0.17
"""Of the classes or groups, what is held out for validation, and as much again for testing."""
SALT = "metagen 62:"
"""Goes into every hash; with this one Omniglot's thirty alphabets fall 20 to 5 to 5."""


@dataclass(frozen=True)
class ImageClass:
    """One class: `members` index the source's files."""

    name: str
    group: str
    members: tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """The classes of a source by stream, each stream in order of name."""

    streams: Mapping[Part, tuple[ImageClass, ...]]
    given: bool
    """The source's own folders decided, at least in part."""
    grouped: bool
    """What was held out here was held out by whole groups."""
    left_out: tuple[tuple[str, int], ...] = ()
    """Folders that stand beside those of the given streams, and how many images each holds."""
    borrowed: tuple[str, ...] = ()
    """Classes or groups that are not where their names say, because a stream would have none: there are so few."""

    @property
    def classes(self) -> tuple[ImageClass, ...]:
        """All classes, stream after stream."""
        return tuple(one for part in self.streams.values() for one in part)

    @property
    def before_testing(self) -> tuple[ImageClass, ...]:
        """The classes that are trained on or validated with."""
        return (*self.streams["train"], *self.streams["validation"])

    @cached_property
    def whole_groups(self) -> bool:
        """Whether nothing of a group that is held out was trained on, as of an alphabet."""
        known = {one.group for one in self.streams["train"]}
        return not any(one.group in known for part in ("validation", "test") for one in self.streams[part])

    @property
    def shared(self) -> tuple[str, ...]:
        """Names of classes that more than one stream holds (a folder that splits examples, not classes)."""
        names = Counter(one.name for one in self.classes)
        return tuple(sorted(name for name, held in names.items() if held > 1))

    def notices(self) -> tuple[str, ...]:
        """Return what a person should know of what is held out."""
        lines = []
        if self.left_out:
            beside = some([f"{name}: {counted(count, 'picture', 'pictures')}" for name, count in self.left_out])
            lines.append(f"left out, because it stands beside the folders that give the split: {beside}")
        if self.borrowed:
            lines.append(
                f"so few classes that their names alone leave something to train on or to hold out wanting, which "
                f"{some(self.borrowed)} went to fill; more classes, or folders called train, val and test, settle it"
            )
        if self.shared:
            names = some(self.shared)
            lines.append(
                f"train, val and test share classes ({names}): held-out tasks show new images, not new classes"
            )
        return tuple(lines)

    def dealt(self, streams: Mapping[Part, Iterable[ImageClass]]) -> Layout:
        """Return this layout with its classes in other streams, or with fewer members."""
        ordered = {part: tuple(sorted(streams[part], key=lambda one: one.name)) for part in self.streams}
        return replace(self, streams=ordered)


def arrange(files: Sequence[ImageFile], split_by: SplitBy = "auto", share: float = SHARE) -> Layout:
    """Sort files into classes and streams."""
    folders, above = folders_of(files)
    split = given_split({folder[above:]: len(members) for folder, members in folders.items()})
    found: defaultdict[tuple[Part, tuple[str, ...]], list[int]] = defaultdict(list)
    left_out = []
    for folder, members in folders.items():
        below = folder[above:]
        if not split:
            found["train", below] += members
        elif below in split:
            part, place = split[below]
            found[part, below[:place] + below[place + 1 :]] += members
        else:
            left_out.append((named(below), len(members)))
    streams: dict[Part, list[ImageClass]] = {"train": [], "validation": [], "test": []}
    for (part, parts), members in found.items():
        streams[part].append(ImageClass(named(parts), named(parts[:-1]), tuple(members)))
    wanted = tuple(part for part, classes in streams.items() if part == "train" or not classes)
    grouped = is_grouped(streams["train"], split_by)
    dealt, borrowed = _by_name(streams["train"], wanted, grouped, share)
    layout = Layout(streams={"train": (), "validation": (), "test": ()}, given=bool(split), grouped=grouped)
    layout = replace(layout, left_out=tuple(sorted(left_out)), borrowed=borrowed)
    return replace(layout, grouped=grouped and len(wanted) > 1).dealt({**streams, **dealt})


def _by_name(
    classes: Iterable[ImageClass], wanted: Sequence[Part], grouped: bool, share: float
) -> tuple[dict[Part, list[ImageClass]], tuple[str, ...]]:
    """Put every class where the hash of its name, or its group's, says; return also who was taken so that none lacks.

    Where names alone leave a stream empty, the one whose hash is nearest goes there. Only that depends on who else
    there is: among more classes it may go back.
    """
    units: defaultdict[str, list[ImageClass]] = defaultdict(list)
    for one in classes:
        units[unit_of(one, grouped)].append(one)
    streams: dict[Part, list[str]] = {part: [] for part in wanted}
    for name in units:
        streams[stream_by_name(name, wanted, share)].append(name)
    borrowed = []
    for part, held in streams.items():
        fullest = max(streams.values(), key=len)
        if not held and len(fullest) > 1:
            nearest = (max if part == "train" else min)(fullest, key=place_of)
            fullest.remove(nearest)
            held.append(nearest)
            borrowed.append(nearest)
    dealt = {part: [one for name in names for one in units[name]] for part, names in streams.items()}
    return dealt, tuple(sorted(borrowed))


def stream_by_name(name: str, wanted: Sequence[Part], share: float) -> Part:
    """Return the stream that a name belongs to by itself."""
    place = place_of(name)
    part: Part = "validation" if place < share else "test" if place < 2 * share else "train"
    return part if part in wanted else "train"


def place_of(name: str) -> float:
    """Return where a name falls between 0 and 1: the same on every machine, and evenly spread over names."""
    return int.from_bytes(hashlib.sha256((SALT + name).encode()).digest()[:6], "big") / 2**48


def unit_of(one: ImageClass, grouped: bool) -> str:
    """Return the name of what is held out as one."""
    return one.group if grouped else one.name


def is_grouped(classes: Iterable[ImageClass], split_by: SplitBy) -> bool:
    """Return whether whole groups are held out; left to the names, they are where there are five."""
    return split_by == "group" or (split_by == "auto" and len({one.group for one in classes}) >= ENOUGH_GROUPS)


def folders_of(files: Iterable[ImageFile]) -> tuple[dict[tuple[str, ...], list[int]], int]:
    """Return the folders that hold images, with the indices of these, and how many folders lead to all of them."""
    folders: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, file in enumerate(files):
        folders[tuple(map(composed, file.folder))].append(index)
    return folders, len(_shared_root(folders))


def _shared_root(folders: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the folders that lead to every class; a lone class keeps its own name."""
    all_of_them = list(folders)
    first, last = min(all_of_them), max(all_of_them)
    if first == last:
        return first[:-1]
    shared = 0
    while shared < len(first) and first[shared] == last[shared]:
        shared += 1
    return first[:shared]


def named(parts: Sequence[str]) -> str:
    """Return the name of a class, or of a group, as a person may read it."""
    return printable("/".join(parts)) or "."
