"""Pictures of a run: which samples there are to draw, and what a file that was written holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageSequence

from metagen_gui.engine.events import Snapshot
from metagen_gui.engine.store.snapshots import kept_steps, read_snapshot


def no_samples(folder: Path) -> str:
    """Return that a run has kept no samples, or nothing if it has."""
    return "" if kept_steps(folder) else "the run has kept no samples yet; they come at the interval of its snapshots"


def newest_snapshot(folder: Path) -> Snapshot:
    """Return the newest samples of a run that has kept some; raise `BadInput` if they cannot be read."""
    return read_snapshot(folder, kept_steps(folder)[-1])


def decoded(path: Path) -> npt.NDArray[np.uint8]:
    """Return the frames of a picture, `(frames, height, width, 3)`."""
    with Image.open(path) as image:
        return np.stack([np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)])


def text_as_array(text: str) -> npt.NDArray[Any]:
    """Return the bytes of a text."""
    return np.frombuffer(text.encode(), np.uint8)
