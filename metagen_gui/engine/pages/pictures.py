"""Samples side by side, as PNG in the page itself: support, what every arm makes of it, and query."""

from __future__ import annotations

import base64
import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from metagen_gui.engine.data.spec import Array

CELL = 84
"""Pixels per side of a cell of points."""
REACH = 3.2
"""What a cell of points shows: from −REACH to REACH."""
SHOWN = 6
"""Images of a strip."""
SCALE = 2


def strip(examples: Array) -> str:
    """Return a data URI: `(n, channels, height, width)` as a row of images, `(n, 2)` as one cloud of points."""
    pixels = _cloud(examples) if examples.ndim == 2 else _row(examples[:SHOWN])
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _row(images: Array) -> npt.NDArray[np.uint8]:
    values = (np.nan_to_num(images).clip(0, 1) * 255).round().astype(np.uint8)
    if values.shape[1] == 1:  # ink on paper, as it was drawn
        values = 255 - values
    padded = np.pad(values, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=200)
    row = np.concatenate([*padded], axis=2).transpose(1, 2, 0).repeat(SCALE, 0).repeat(SCALE, 1)
    return row[..., 0] if row.shape[2] == 1 else row


def _cloud(points: Array) -> npt.NDArray[np.uint8]:
    cell = np.full((CELL, CELL), 255, np.int16)
    sound = points[np.isfinite(points).all(1) & (np.abs(points) < REACH).all(1)]
    places = ((sound / REACH + 1) / 2 * CELL).astype(int)
    np.add.at(cell, (CELL - 1 - places[:, 1], places[:, 0]), -150)
    return np.pad(cell.clip(0, 255).astype(np.uint8), 1, constant_values=200)
