"""From names to classes, groups and streams.

A class is a folder that holds images, named by its path below the folders that all images share; so a place one or two
levels too high gives the same classes. Its group is the folder above it: Omniglot's alphabets. Where the top folders
are called train, val and test (or background and evaluation), they decide; otherwise about a sixth of the groups, or
of the classes, is held out for validation and another for testing. Nothing here depends on a seed or on the number of
shots, so a class that was trained on is never tested on later.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from metagen_gui.engine.data.image_files.listing import ImageFile, composed
from metagen_gui.engine.settings.plain_text import printable

SplitBy = Literal["auto", "class", "group"]
Part = Literal["train", "validation", "test"]

ENOUGH_GROUPS = 5
DEALT_PER_ROUND = 6
SPLIT_FOLDERS: dict[str, Part] = {
    **dict.fromkeys(("train", "training", "images_background", "background"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "images_evaluation", "evaluation"), "test"),
}


@dataclass(frozen=True)
class ImageClass:
    """One class: `members` index the source's files."""

    name: str
    group: str
    members: tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """The classes of a source by stream, each stream in order of name."""

    streams: dict[Part, tuple[ImageClass, ...]]
    given: bool
    """The source's own folders decided, at least in part."""
    grouped: bool
    """What was held out here was held out by whole groups."""

    @property
    def classes(self) -> tuple[ImageClass, ...]:
        """All classes, stream after stream."""
        return tuple(one for part in self.streams.values() for one in part)

    @property
    def whole_groups(self) -> bool:
        """Whether nothing of a group that is held out was trained on, as of an alphabet."""
        known = {one.group for one in self.streams["train"]}
        return not any(one.group in known for part in ("validation", "test") for one in self.streams[part])

    @property
    def shared(self) -> tuple[str, ...]:
        """Names of classes that more than one stream holds (a folder that splits examples, not classes)."""
        names = Counter(one.name for one in self.classes)
        return tuple(sorted(name for name, held in names.items() if held > 1))


def arrange(files: Sequence[ImageFile], split_by: SplitBy = "auto") -> Layout:
    """Sort files into classes and streams."""
    folders: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, file in enumerate(files):
        folders[tuple(map(composed, file.folder))].append(index)
    above = len(_shared_root(folders))
    given = _given_streams({folder[above] for folder in folders if len(folder) > above})
    streams: dict[Part, list[ImageClass]] = {"train": [], "validation": [], "test": []}
    for folder, members in folders.items():
        part = given.get(folder[above]) if len(folder) > above else None
        parts = folder[above + (part is not None) :]
        streams[part or "train"].append(ImageClass(_name(parts), _name(parts[:-1]), tuple(members)))
    wanted = {part for part in streams if part not in given.values()} - {"train"}
    groups = {one.group for one in streams["train"]}
    grouped = split_by == "group" or (split_by == "auto" and len(groups) >= ENOUGH_GROUPS)
    for part, held_out in _deal(streams["train"], wanted, grouped).items():
        streams[part] = held_out
    ordered = {part: tuple(sorted(found, key=lambda one: one.name)) for part, found in streams.items()}
    return Layout(ordered, given=bool(given), grouped=grouped and bool(wanted))


def _deal(classes: Iterable[ImageClass], wanted: set[Part], grouped: bool) -> dict[Part, list[ImageClass]]:
    """Deal classes out like cards: in every round of six the second goes to validation, the third to testing.

    The largest come first. Whatever number of images a task needs, the classes that have it are the first ones dealt,
    so three of them are enough for one in each stream. Equals are shuffled by a hash of their names.
    """
    units: defaultdict[str, list[ImageClass]] = defaultdict(list)
    for one in classes:
        units[one.group if grouped else one.name].append(one)

    def order(name: str) -> tuple[int, str]:
        largest = max(len(one.members) for one in units[name])
        return -largest, hashlib.sha256(name.encode()).hexdigest()

    dealt: dict[Part, list[ImageClass]] = {"train": [], **{part: [] for part in wanted}}
    turns: dict[int, Part] = {1: "validation", 2: "test"}
    for place, name in enumerate(sorted(units, key=order)):
        part = turns.get(place % DEALT_PER_ROUND, "train")
        dealt[part if part in wanted else "train"] += units[name]
    return dealt


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


def _given_streams(tops: set[str]) -> dict[str, Part]:
    """Return the stream of each top folder, if all of them name one and there is something to train on."""
    given = {top: SPLIT_FOLDERS[top.casefold()] for top in tops if top.casefold() in SPLIT_FOLDERS}
    return given if len(given) == len(tops) and "train" in given.values() else {}


def _name(parts: Sequence[str]) -> str:
    return printable("/".join(parts)) or "."
