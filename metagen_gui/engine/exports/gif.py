"""The adaptation as a GIF: samples of held-out tasks, a frame per adaptation step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from metagen_gui.engine.exports.base import INITIALIZATION, Arrays, Format, Order, Written, formats
from metagen_gui.engine.exports.drawn.pictures import decoded, newest_snapshot, no_samples

if TYPE_CHECKING:
    from metagen_gui.engine.pages.drawing import Frame
    from metagen_gui.engine.trained.export import Learned

RATE, HELD = 2.0, 3
"""Frames in a second; how many times the last one is shown."""


@formats.register("gif")
class AdaptationGif(Format):
    """Small, and shown wherever pictures are."""

    title = "Adaptation (GIF)"
    summary = "Samples of held-out tasks as the model adapts, step after step, as a picture that moves."
    takes = frozenset({INITIALIZATION})
    of_run = True
    ending = ".gif"
    place = 62

    def objection_to(self, learned: Learned) -> str:
        """Say that the run has kept no samples."""
        return no_samples(learned.run.folder)

    def write(self, learned: Learned, order: Order, to: Path) -> Written:
        """Draw a frame for every step that the run's newest samples were kept of."""
        from metagen_gui.engine.animations.write import Film, write_animation
        from metagen_gui.engine.exports.drawn.sheet import sheet

        snapshot = newest_snapshot(learned.run.folder)
        places = [*range(len(snapshot.steps)), *[len(snapshot.steps) - 1] * (HELD - 1)]
        frames: Iterator[Frame] = (sheet(snapshot, [place]).frame(1) for place in places)
        high, wide, _ = sheet(snapshot, places[:1]).frame(1).shape
        write_animation(to, Film(len(places), (wide, high), RATE), frames)
        # Equal frames one after the other become one that is shown longer.
        return Written({"frames": decoded(to), "size": np.array([high, wide])})

    def read(self, at: Path, given: Arrays) -> Arrays:
        """Return all frames."""
        frames = decoded(at)
        return {"frames": frames, "size": np.array(frames.shape[1:3])}

    def code(self, learned: Learned, place: Path) -> str:
        """Return a line of Markdown that shows it."""
        return f"![Samples as the model adapts]({place.as_uri()})\n"
