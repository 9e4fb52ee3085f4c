"""Colours between colours."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PySide6.QtGui import QColor


@lru_cache(maxsize=16)
def colour_table(*colours: str) -> list[int]:
    """Return 256 colours that go evenly through `colours`, as Qt's indexed images want them."""
    stops = np.linspace(0, 1, len(colours))
    named = [QColor(colour) for colour in colours]
    parts = np.array([[colour.red(), colour.green(), colour.blue()] for colour in named])
    ramp = np.linspace(0, 1, 256)
    mixed = np.rint(np.stack([np.interp(ramp, stops, part) for part in parts.T], axis=1)).astype(np.uint32)
    return [int(0xFF000000 | red << 16 | green << 8 | blue) for red, green, blue in mixed.tolist()]


def mixed(first: QColor, second: QColor, share: float) -> QColor:
    """Return `first` with `share` of `second`."""
    return QColor(
        round(first.red() + (second.red() - first.red()) * share),
        round(first.green() + (second.green() - first.green()) * share),
        round(first.blue() + (second.blue() - first.blue()) * share),
    )
