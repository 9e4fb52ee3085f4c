"""Drawings of held-out classes as 0 and 1: all of every class, from whatever the task family of images reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from metagen_gui.engine.data.image_files.decode import Shape
from metagen_gui.engine.data.image_files.image_set import ImageSet
from metagen_gui.engine.data.image_files.layout import arrange
from metagen_gui.engine.data.image_files.sources import open_source
from metagen_gui.engine.data.spec import Array
from metagen_gui.engine.settings.bad_input import BadInput


@dataclass(frozen=True)
class Drawings:
    """The classes of a file or folder by name, `(drawings, channels, height, width)` each, ink 1 on 0."""

    path: Path
    classes: Mapping[str, Array]


def read_drawings(path: Path, shape: Shape, where: str) -> Drawings:
    """Return all drawings of `path` at `shape`, above one half 1; raise `BadInput` for `where` if there are no two."""
    source = open_source(str(path), where)
    images = ImageSet(source, shape)
    found = {}
    for one in arrange(source.listing.files).classes:
        drawn = images.first_good(one.members, len(one.members))
        if len(drawn) > 1:
            found[one.name] = (drawn > 0.5).astype(np.float32)
    if not found:
        raise BadInput(where, f"{path} has no class of two drawings")
    return Drawings(path, found)
