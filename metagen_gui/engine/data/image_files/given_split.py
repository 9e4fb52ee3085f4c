"""Recognises folders that say what is trained on and what is held out, wherever they stand.

`train/` and `test/` beside each other, also with stray folders between them; `cat/train`, `cat/test`; `train_images`,
`test_images`; Omniglot's `images_background`, `images_evaluation`. A folder counts only where a class is named besides
it: a picture set that happens to have a class called test is not split by that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

Part = Literal["train", "validation", "test"]
Folder = tuple[str, ...]

PARTS: Mapping[str, Part] = {
    **dict.fromkeys(("train", "training", "background"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "evaluation", "t10k"), "test"),
}
FILLING = frozenset({"image", "images", "img", "imgs", "picture", "pictures", "data", "set", "split"})
"""Words that may stand beside: train_images, test-set."""


def given_split(folders: Mapping[Folder, int]) -> dict[Folder, tuple[Part, int]]:
    """Return the stream of each folder and which of its parts says so; nothing where the folders give no split.

    `folders` are those that hold images, below the ones that all share, with how many. There has to be something to
    train on and something held out. At the top these names are plain; further down, where they may be names of classes,
    most images have to lie below them.
    """
    tops = {folder: (part, 0) for folder in folders if len(folder) > 1 and (part := part_of(folder[0]))}
    if _is_split(tops):
        return tops
    inner = {folder: found for folder in folders if (found := _first_part(folder))}
    most = 2 * sum(folders[folder] for folder in inner) > sum(folders.values())
    return inner if most and _is_split(inner) else {}


def part_of(name: str) -> Part | None:
    """Return the stream that a folder's name tells, if any."""
    words = [word for word in re.split(r"[\W_]+", name.casefold()) if word and word not in FILLING]
    return PARTS.get(words[0]) if len(words) == 1 else None


def _first_part(folder: Folder) -> tuple[Part, int] | None:
    if len(folder) < 2:
        return None
    return next(((part, place) for place, name in enumerate(folder) if (part := part_of(name))), None)


def _is_split(found: Mapping[Folder, tuple[Part, int]]) -> bool:
    parts = {part for part, _ in found.values()}
    return "train" in parts and len(parts) > 1
