"""What was dropped on the window: an experiment, or images to learn from."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from PySide6.QtCore import QMimeData

from metagen_gui.engine.store.names import EXPERIMENT


class Dropped(Enum):
    """What a path is to the window."""

    EXPERIMENT = "experiment"
    IMAGES = "images"


def dropped_path(data: QMimeData) -> Path | None:
    """Return the one local file or folder that is dragged, None where there is none or more than one."""
    urls = data.urls()
    return Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None


def what_is(path: Path) -> Dropped | None:
    """Return what `path` looks like; only its name and, for a folder, its `experiment.json` are looked at."""
    if path.is_dir():
        return Dropped.EXPERIMENT if (path / EXPERIMENT).is_file() else Dropped.IMAGES
    kinds = {".json": Dropped.EXPERIMENT, **dict.fromkeys((".zip", ".npz", ".npy"), Dropped.IMAGES)}
    return kinds.get(path.suffix.lower())
