"""Every image of one place at once, for adapting a trained model to examples of a person's own."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np

from metagen_gui.engine.data.image_files.image_set import ImageSet, Polarity, White
from metagen_gui.engine.data.image_files.sources import open_source
from metagen_gui.engine.data.spec import Array, DataSpec, ImageSpec
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import printable

MOST_IMAGES = 10_000


def read_images(
    path: str | Path,
    spec: DataSpec,
    *,
    polarity: Polarity = "auto",
    white: White = "auto",
    where: str = "path",
    most: int = MOST_IMAGES,
) -> tuple[Array, tuple[str, ...]]:
    """Return the images of a folder, a zip or one file as `(n, *spec.shape)` in [0, 1], and what a person should know.

    Whatever folders there are, everything below `path` is taken, in order of name, by the rules of the task family
    `images`, with the pixels that `spec` has, drawn alike each time; `spec.shape` is `(1 or 3, height, width)`. Raises
    `BadInput` for `where` if nothing can be read.
    """
    if not (spec.has_pixels and spec.is_possible()):
        raise BadInput(where, "this model is not one of gray or RGB images, so it cannot adapt to any")
    channels, height, width = spec.shape
    with closing(open_source(path, where, single=True)) as source:
        images = ImageSet(source, (channels, height, width), polarity, white)
        files = len(source.listing.files)
        found = images.first_good(range(files), most)
    if not len(found):
        raise BadInput(where, f"{printable(str(path))} holds no images that can be read: {images.notices()[0]}")
    if isinstance(spec, ImageSpec):
        found = spec.as_given(found, np.random.default_rng(0))
    more = f"only the first {most:,} of {files:,} images were read"
    return found, (*images.notices(), *((more,) if len(found) == most < files else ()))
