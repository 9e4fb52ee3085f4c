"""The last resort when a run's folder takes nothing any more: what was learned goes to another place."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import Checkpoint
from metagen_gui.engine.store.names import runs_folder
from metagen_gui.engine.store.run_folder import RunFolder


def rescue(
    experiment: Experiment,
    columns: Sequence[str],
    checkpoint: Checkpoint,
    folder: Path,
    kept: Mapping[str, Any],
    refused: OSError,
) -> str:
    """Write a checkpoint into a new run folder somewhere else; return a sentence that says where, or that it failed.

    `columns` are those of the run's metrics, which go on in the new folder when the run is resumed there, `kept` what
    the run keeps of its data.
    """
    why = f"{folder} cannot be written ({refused.strerror or refused})"
    for place in _places():
        with suppress(BadInput, OSError):
            place.mkdir(parents=True, exist_ok=True)
            free = _free(place, f"{folder.name}-rescued")
            rescued = RunFolder.create(experiment, free, columns, kept=kept)
            try:
                # what had been written is that of the other folder
                progress = replace(checkpoint.progress, sizes=None, digests=None, data=rescued.kept)
                rescued.save(replace(checkpoint, progress=progress))
                rescued.note(state="stopped", meta_step=checkpoint.meta_step)
            finally:
                rescued.close()
            return f"{why}; what was learned up to step {checkpoint.meta_step:,} is in {rescued.path}"
    return f"{why}, and no other place takes what was learned after the last checkpoint"


def _places() -> Iterator[Path]:
    yield runs_folder()
    yield Path.home()
    yield Path(tempfile.gettempdir())


def _free(place: Path, name: str) -> Path:
    numbered = (place / (name if number == 1 else f"{name}-{number}") for number in range(1, 1000))
    return next(path for path in numbered if not path.exists())
