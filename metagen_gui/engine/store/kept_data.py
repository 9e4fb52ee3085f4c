"""What a run keeps of the data that it found: which classes it holds out, and a fingerprint to see what changed.

`data.json` lies in the run's folder, and once more beside its checkpoints; each copy vouches for itself by a digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.files import read_file, write_atomically
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import Checkpoint
from metagen_gui.engine.store.names import CHECKPOINTS, DATA
from metagen_gui.engine.store.progress import Progress

MAX_DATA_BYTES = 2**26


def write_data(folder: Path, kept: Mapping[str, Any]) -> str:
    """Keep `kept` in a run's folder, if it is anything, and return its digest; raise OSError."""
    if not kept:
        return ""
    digest = _digest(kept)
    text = json.dumps({**kept, "sha256": digest}, indent=1).encode()
    for place in (folder / DATA, folder / CHECKPOINTS / DATA):
        if _read(place) != kept:
            write_atomically(place, text)
    return digest


def recalling(experiment: Experiment, checkpoint: Checkpoint | None, folder: Path) -> Experiment:
    """Return `experiment` on the data as the run in `folder` dealt it out; unchanged if that had tasks of another kind.

    A run that has kept nothing is from before runs kept any, or makes its tasks itself. Raises `BadInput` if what it
    has kept is lost: then nobody knows what it was trained on.
    """
    progress = Progress() if checkpoint is None else checkpoint.progress
    theirs = (progress.experiment or {}).get("tasks", {})
    if theirs.get("name", experiment.tasks) != experiment.tasks:
        return experiment
    kept = _read(folder / DATA) or _read(folder / CHECKPOINTS / DATA)
    if kept is None and (progress.data or (folder / DATA).exists()):
        raise BadInput(str(folder / DATA), "lost or damaged: it says which classes this run holds out")
    return replace(experiment, kept=kept or {})


def _read(path: Path) -> dict[str, Any] | None:
    """Return what a copy holds, or None if it is not whole."""
    with suppress(OSError, ValueError, RecursionError, AttributeError):
        found: dict[str, Any] = json.loads(read_file(path, MAX_DATA_BYTES))
        if found.pop("sha256", None) == _digest(found):
            return found
    return None


def _digest(kept: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()
