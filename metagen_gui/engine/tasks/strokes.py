"""Handwritten characters without a download: a task is one character, drawn by different people.

The characters are those of real scripts (single-stroke Hershey fonts) and of invented alphabets; looks and figures are
those of Omniglot (Lake, Salakhutdinov & Tenenbaum 2015). Whole alphabets belong to training, validation or test.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

import numpy as np

from metagen_gui.engine.data.glyphs import hershey, invented
from metagen_gui.engine.data.glyphs.alphabet import Alphabet
from metagen_gui.engine.data.glyphs.drawer import HANDS, Style
from metagen_gui.engine.data.glyphs.pool import Pool
from metagen_gui.engine.data.spec import ImageSpec, PixelKind, pixels_setting
from metagen_gui.engine.health.remedies import put
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import Config, setting
from metagen_gui.engine.tasks.base import STREAMS, Stream, Task, TaskFamily, task_families

MOST_EXAMPLES = 3 * HANDS
"""How many drawings a character has; the pool stays within some 60 MB of memory at 28×28."""


class StrokesSettings(Config):
    """Which characters, and how they are drawn."""

    size: Literal[16, 28, 32, 64] = setting(28, "Side of the square images.", label="Image size", unit="px")
    characters: Literal["all", "hershey", "invented"] = setting(
        "all",
        "Characters of real scripts (the Hershey fonts), of invented alphabets, or all of them.",
        titles={"hershey": "Hershey fonts"},
    )
    pixels: PixelKind = pixels_setting()
    drawer_variation: float = setting(
        1.0, "How much the people who draw differ: 0 means not at all, 1 as much as in Omniglot.", low=0, high=2
    )
    turned: bool = setting(
        True,
        "In training, a character turned by one, two or three quarters counts as a character of its own: four times as "
        "many to learn from.",
        label="Turned characters",
    )
    pen: float = setting(
        Style.pen,
        "Width of the pen on a 28×28 image; it grows with the image.",
        unit="px",
        low=0.5,
        high=4,
        expert=True,
    )


@task_families.register("strokes")
class Strokes(TaskFamily):
    """Characters as images `(1, size, size)`, ink 1 on 0."""

    title = "Strokes"
    summary = "Handwritten characters of real and invented alphabets, much like Omniglot; nothing to download."
    reference = "Lake, Salakhutdinov & Tenenbaum, Human-level concept learning, Science 2015 (the data it resembles)"
    licence = "none asked for: drawn here, in part after the Hershey fonts, whose notice comes with MetaGen"
    Settings = StrokesSettings
    remedies = {"overfitting": partial(put, path="tasks.turned", label="Add turned characters", value=True)}
    groups_are = "alphabets"
    shape_settings = ("size", "pixels")

    @classmethod
    def spec_of(cls, settings: StrokesSettings) -> ImageSpec:
        """Return the size of an image, and which pixels it has."""
        return ImageSpec((1, settings.size, settings.size), settings.pixels)

    def __init__(self, settings: StrokesSettings, seed: int) -> None:
        super().__init__(settings, seed)
        self.spec: ImageSpec = self.spec_of(settings)
        self.pool = Pool(Style(settings.size, settings.pen, settings.drawer_variation))
        sources = {"hershey": hershey.alphabets(), "invented": invented.alphabets()}
        alphabets = sources.get(settings.characters) or sources["hershey"] + sources["invented"]
        self.characters: dict[Stream, list[tuple[Alphabet, int]]] = {
            stream: [(each, number) for each in alphabets if each.split == stream for number in range(each.characters)]
            for stream in STREAMS
        }
        """The characters of each stream, as alphabet and number in it."""

    def check(self, shots: int, query_size: int) -> None:
        """Raise `BadInput` if a task asks for more drawings than a character has."""
        if shots + query_size > MOST_EXAMPLES:
            raise BadInput(
                "training.shots",
                f"{shots} shots and {query_size} query examples are {shots + query_size} drawings of a character; "
                f"strokes has {MOST_EXAMPLES}",
            )

    def task(self, stream: Stream, index: int, shots: int, query_size: int) -> Task:
        """Return task `index` of `stream`: one character, support and query by different hands."""
        self.check(shots, query_size)
        rng = self.generator(stream, index)
        alphabet, number = self.characters[stream][rng.integers(len(self.characters[stream]))]
        drawings = self.pool.drawings(alphabet, number, shots + query_size)
        chosen = drawings[rng.permutation(len(drawings))[: shots + query_size], None]
        images = chosen.astype(np.float32) / np.float32(255)
        name = f"{alphabet.name}/character{number + 1:02d}"
        if stream == "train" and self.settings.turned:
            quarters = int(rng.integers(4))
            images = np.ascontiguousarray(np.rot90(images, quarters, axes=(2, 3)))
            name += f", turned {90 * quarters}°" if quarters else ""
        images = self.spec.as_given(images, rng)
        return Task(name, images[:shots], images[shots:], alphabet.name)
