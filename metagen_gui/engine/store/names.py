"""What a run folder is called inside, and where such folders live; known without reading any of it."""

from __future__ import annotations

import errno
import time
from pathlib import Path

import appdirs

from metagen_gui.engine.settings.places import EXPERIMENT as EXPERIMENT

LESSON = ".metagen-lesson"
"""How the names of lessons' files end."""
METRICS, SAMPLES, CHECKPOINTS, EVENTS = "metrics.csv", "samples", "checkpoints", "events.jsonl"
EXPORT = "export.json"
"""In the folder of an export: what was exported."""
CARD = "model_card.md"
"""Beside what was exported, for people: what it is and where it is from."""
MAX_MANIFEST_BYTES = 25 * 2**20
"""Six bytes for each that an experiment file may hold, as JSON escapes them, and what else a manifest says."""
STATE, ABOUT, LOCK, LOG, DATA = "state.json", "about.json", "run.lock", "error.log", "data.json"


def runs_folder() -> Path:
    """Return the folder that runs live under unless another is given."""
    return Path(appdirs.user_data_dir("metagen", appauthor=False)) / "runs"


def queue_folder() -> Path:
    """Return the folder of the line of runs that wait: beside the runs, which know nothing of it."""
    return runs_folder().parent / "queue"


def make_run_folder(what: str) -> Path:
    """Make a dated folder for a new run of `what`, and return it; raise OSError."""
    stem = f"{time.strftime('%Y-%m-%d-%H%M%S')}-{what}"
    for attempt in range(1, 1000):
        folder = runs_folder() / (stem if attempt == 1 else f"{stem}-{attempt}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise FileExistsError(errno.EEXIST, "no free name for a new run", str(runs_folder()))


def exports_folder() -> Path:
    """Return the folder that exports go to unless another is given: outside the runs, which may be thrown away."""
    return runs_folder().parent / "exports"


def has_checkpoint(folder: Path) -> bool:
    """Return whether a run has kept anything yet."""
    return any((folder / CHECKPOINTS).glob("step-*.json"))


def is_run_folder(folder: Path) -> bool:
    """Return whether `folder` is a run's; one of its files may have been lost."""
    return (folder / CHECKPOINTS).is_dir() and any((folder / name).exists() for name in (EXPERIMENT, METRICS, STATE))
