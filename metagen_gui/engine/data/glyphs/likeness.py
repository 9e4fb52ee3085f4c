"""How alike two characters are, whoever draws them: what keeps two classes from being one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from metagen_gui.engine.data.glyphs.alphabet import Glyph, resample
from metagen_gui.engine.data.glyphs.rasterize import rasterize

SIDE = 20


def signature(glyph: Glyph) -> npt.NDArray[np.float32]:
    """Return the glyph drawn small with a broad pen, as a vector of length 1: two glyphs' likeness is their product."""
    strokes = [resample(stroke, 0.08) for stroke in glyph]
    owner = np.repeat(np.arange(len(strokes)), [len(stroke) for stroke in strokes])
    points = (np.concatenate(strokes) * 0.72 + 0.5) * SIDE
    pens = np.array([2.5], np.float32)
    drawn = rasterize(points[None].astype(np.float32), owner[1:] == owner[:-1], pens, SIDE)[0]
    vector = drawn.ravel().astype(np.float32)
    unit: npt.NDArray[np.float32] = vector / np.float32(np.linalg.norm(vector))
    return unit
