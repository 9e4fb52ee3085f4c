"""What a run keeps of the data that it found: which classes it holds out, and a fingerprint to see what changed.

`data.json` lies in the run's folder, and once more beside its checkpoints; each copy vouches for itself by a digest.
Checkpoints name that digest, and data that has grown since names those it has grown from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.files import read_file, within, write_atomically
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import Checkpoint
from metagen_gui.engine.store.names import CHECKPOINTS, DATA
from metagen_gui.engine.store.progress import Progress

MAX_DATA_BYTES = 2**26
GROWN_FROM = "grown_from"


@dataclass(frozen=True)
class _Copy:
    """What a whole copy holds, the digest of that, and the digests of what it was before it grew."""

    kept: dict[str, Any]
    digest: str
    grown_from: tuple[str, ...] = ()

    def is_of(self, digest: str) -> bool:
        """Return whether it is what a checkpoint means by `digest`, or has grown from that; the first named none."""
        return digest in ("", self.digest, *self.grown_from)


def write_data(folder: Path, kept: Mapping[str, Any], before: str = "") -> str:
    """Keep `kept` in a run's folder, if it is anything, and return its digest.

    `before` is the digest that the checkpoint names with which the run goes on. Raises OSError, also for what would be
    too large to be read.
    """
    if not kept:
        return ""
    digest = _digest(kept)
    older = next((copy for copy in _copies(folder) if copy.is_of(before)), _Copy({}, digest))
    chain = dict.fromkeys((*older.grown_from, older.digest))
    new = _Copy(dict(kept), digest, tuple(each for each in chain if each != digest))
    grown = {GROWN_FROM: new.grown_from} if new.grown_from else {}
    text = within(folder / DATA, json.dumps({**kept, **grown, "sha256": digest}, indent=1).encode(), MAX_DATA_BYTES)
    for place in _places(folder):
        if _read(place) != new:
            write_atomically(place, text)
    return digest


def recalling(experiment: Experiment, checkpoint: Checkpoint | None, folder: Path) -> Experiment:
    """Return `experiment` on the data as the run in `folder` dealt it out; unchanged if that had tasks of another kind.

    A run that has kept nothing is from before runs kept any, or makes its tasks itself. Raises `BadInput` if what it
    has kept is lost, or is not what its checkpoint names: then nobody knows what it was trained on.
    """
    progress = Progress() if checkpoint is None else checkpoint.progress
    theirs = (progress.experiment or {}).get("tasks", {})
    if theirs.get("name", experiment.tasks) != experiment.tasks:
        return experiment
    copies = _copies(folder)
    kept = next((copy.kept for copy in copies if copy.is_of(progress.data)), None)
    if kept is None and copies:
        raise BadInput(str(folder / DATA), "not what this run's checkpoint names: exchanged, or another run's")
    if kept is None and (progress.data or (folder / DATA).exists()):
        raise BadInput(str(folder / DATA), "lost or damaged: it says which classes this run holds out")
    return replace(experiment, kept=kept or {})


def _places(folder: Path) -> tuple[Path, Path]:
    return folder / DATA, folder / CHECKPOINTS / DATA


def _copies(folder: Path) -> list[_Copy]:
    return [copy for place in _places(folder) if (copy := _read(place)) is not None]


def _read(path: Path) -> _Copy | None:
    """Return what a copy holds, or None if it is not whole."""
    with suppress(OSError, ValueError, RecursionError, AttributeError, TypeError):
        found: dict[str, Any] = json.loads(read_file(path, MAX_DATA_BYTES))
        digest, grown_from = found.pop("sha256", None), tuple(map(str, found.pop(GROWN_FROM, ())))
        if digest == _digest(found):
            return _Copy(found, digest, grown_from)
    return None


def _digest(kept: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()
