"""What an alphabet is: characters of one script, each a few pen strokes in a unit box."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Stroke = npt.NDArray[np.float64]
"""Points `(n, 2)` of one pen line, x to the right and y down."""
Glyph = tuple[Stroke, ...]
"""The strokes of one character; their common box is centred on 0 and its longer side is 1."""
Split = Literal["train", "validation", "test"]


@dataclass(frozen=True)
class Alphabet:
    """Characters that belong together and stay on one side of the split. `glyph(i)` gives the strokes of number i."""

    name: str
    split: Split
    characters: int
    glyph: Callable[[int], Glyph]


def fit(strokes: list[Stroke]) -> Glyph:
    """Return the strokes moved and scaled, alike in x and y, into the unit box around 0."""
    every = np.concatenate(strokes)
    low, high = every.min(0), every.max(0)
    return tuple((stroke - (low + high) / 2) / (high - low).max() for stroke in strokes)


def lengths(stroke: Stroke) -> npt.NDArray[np.float64]:
    """Return how far along the pen each point `(n,)` of a stroke lies."""
    steps = np.diff(stroke, axis=0)
    return np.concatenate([[0.0], np.cumsum(np.hypot(steps[:, 0], steps[:, 1]))])


def resample(stroke: Stroke, spacing: float) -> Stroke:
    """Return the same line with points at most `spacing` apart, evenly set; never fewer than two."""
    travelled = lengths(stroke)
    wanted = np.linspace(0, travelled[-1], max(2, int(np.ceil(travelled[-1] / spacing)) + 1))
    return np.stack([np.interp(wanted, travelled, stroke[:, axis]) for axis in (0, 1)], axis=1)
