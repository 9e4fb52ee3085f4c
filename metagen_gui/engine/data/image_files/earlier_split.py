"""How classes were dealt out before runs kept their streams: for those runs, which have to find theirs once more.

Where a class went depended on how many images all of them had: this gives what a run had while its data is as it was.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence

from metagen_gui.engine.data.image_files.given_split import Part
from metagen_gui.engine.data.image_files.layout import (
    ImageClass,
    Layout,
    SplitBy,
    folders_of,
    is_grouped,
    named,
    unit_of,
)
from metagen_gui.engine.data.image_files.listing import ImageFile

DEALT_PER_ROUND = 6
PARTS: dict[str, Part] = {
    **dict.fromkeys(("train", "training", "images_background", "background"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "images_evaluation", "evaluation"), "test"),
}


def arrange_as_before(files: Sequence[ImageFile], split_by: SplitBy = "auto") -> Layout:
    """Sort files into classes and streams by the earlier rule."""
    folders, above = folders_of(files)
    tops = {folder[above] for folder in folders if len(folder) > above}
    given = {top: PARTS[top.casefold()] for top in tops if top.casefold() in PARTS}
    if len(given) < len(tops) or "train" not in given.values():
        given = {}
    streams: dict[Part, list[ImageClass]] = {"train": [], "validation": [], "test": []}
    for folder, members in folders.items():
        part = given.get(folder[above]) if len(folder) > above else None
        parts = folder[above + (part is not None) :]
        streams[part or "train"].append(ImageClass(named(parts), named(parts[:-1]), tuple(members)))
    wanted = {part for part in streams if part not in given.values()} - {"train"}
    grouped = is_grouped(streams["train"], split_by)
    streams.update(_deal(streams["train"], wanted, grouped))
    layout = Layout(dict.fromkeys(streams, ()), given=bool(given), grouped=grouped and bool(wanted))
    return layout.dealt(streams)


def _deal(classes: Iterable[ImageClass], wanted: set[Part], grouped: bool) -> dict[Part, list[ImageClass]]:
    """Deal classes out like cards, the largest first: of every six the second validates, the third tests."""
    units: defaultdict[str, list[ImageClass]] = defaultdict(list)
    for one in classes:
        units[unit_of(one, grouped)].append(one)

    def order(name: str) -> tuple[int, str]:
        largest = max(len(one.members) for one in units[name])
        return -largest, hashlib.sha256(name.encode()).hexdigest()

    dealt: dict[Part, list[ImageClass]] = {"train": [], **{part: [] for part in wanted}}
    turns: dict[int, Part] = {1: "validation", 2: "test"}
    for place, name in enumerate(sorted(units, key=order)):
        part = turns.get(place % DEALT_PER_ROUND, "train")
        dealt[part if part in wanted else "train"] += units[name]
    return dealt
