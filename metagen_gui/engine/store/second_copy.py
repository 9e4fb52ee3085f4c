"""What a checkpoint vouches for besides its weights: settings, of which it holds a second copy, and files that grow.

Whoever opens a run is told what is not as the run wrote it; nothing of it is deleted.
"""

from __future__ import annotations

import csv
import errno
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from metagen_gui.engine.experiment import MAX_BYTES, Experiment
from metagen_gui.engine.files import read_file, write_atomically
from metagen_gui.engine.store.checkpoint import Checkpoint
from metagen_gui.engine.store.names import EVENTS, EXPERIMENT, METRICS
from metagen_gui.engine.store.progress import Progress

ASIDE = ".damaged"
"""What a damaged file is called from then on, after its own name; a later one `.damaged-2` and so on."""
MAX_GROWN_BYTES = 2**36


def experiment_of(folder: Path, checkpoint: Checkpoint | None) -> tuple[Experiment, tuple[str, ...]]:
    """Return the settings that a checkpoint was trained with, and what a person should know of them.

    `experiment.json` tells those that the run began with; it is what there is before the first checkpoint, and with the
    first ones, which held none. Raises `BadInput` if that is needed and cannot be read.
    """
    if checkpoint is None or checkpoint.progress.experiment is None:
        return Experiment.load(folder), ()
    experiment = Experiment.from_document(checkpoint.progress.experiment, str(folder))
    told = trouble_with_experiment(folder, checkpoint.progress)
    used = f"the settings are those in the checkpoint of step {checkpoint.meta_step:,}"
    return experiment, (f"{told}; {used}",) if told else ()


def trouble_with_experiment(folder: Path, progress: Progress) -> str:
    """Return what is wrong with a run's `experiment.json`, "" if nothing is."""
    try:
        data = read_file(folder / EXPERIMENT, MAX_BYTES)
        known = (progress.digests or {}).get(EXPERIMENT)
        if known is None:
            json.loads(data)
        elif hashlib.sha256(data).hexdigest() != known:
            return f"{EXPERIMENT} is not as the run wrote it"
    except OSError as error:
        return f"{EXPERIMENT} cannot be read ({error.strerror or error})"
    except (ValueError, RecursionError):
        return f"{EXPERIMENT} is damaged"
    return ""


def mend(folder: Path, checkpoint: Checkpoint, columns: Sequence[str]) -> tuple[list[str], set[str]]:
    """Set right what is not as a checkpoint vouches; return a sentence for each file, and the names of those that grow.

    What was found stays beside it under another name. Of a file that grows, every line stays that may be of the run up
    to here; `columns` are those of its metrics. Raises OSError.
    """
    told, mended = list[str](), set[str]()
    _, notices = experiment_of(folder, checkpoint)
    if notices:
        _set_aside(folder / EXPERIMENT)
        text = json.dumps(checkpoint.progress.experiment, indent=2) + "\n"
        write_atomically(folder / EXPERIMENT, text.encode())
        told += [f"{notice}." for notice in notices]
    readers: dict[str, Callable[[str], int]] = {METRICS: _step_of_row(len(columns)), EVENTS: _step_of_event}
    for name, step_of in readers.items():
        size = (checkpoint.progress.sizes or {}).get(name)
        if size is None:
            continue
        try:
            data = read_file(folder / name, MAX_GROWN_BYTES)
        except FileNotFoundError:
            data = b""
        known = (checkpoint.progress.digests or {}).get(name)
        if len(data) >= size and known in (None, hashlib.sha256(data[:size]).hexdigest()):
            continue
        kept = list[str]()
        for line in data.decode("utf-8", "replace").split("\n")[:-1]:
            with suppress(ValueError, KeyError, TypeError, RecursionError, csv.Error, StopIteration):
                if 0 <= step_of(line) <= checkpoint.meta_step:
                    kept.append(line)
        aside = _set_aside(folder / name)
        head = [",".join(columns)] if name == METRICS else []
        write_atomically(folder / name, "".join(f"{line}\n" for line in (*head, *kept)).encode())
        mended.add(name)
        told.append(
            f"{name} is not as the run wrote it up to step {checkpoint.meta_step:,}: {len(kept):,} of its lines are "
            f"left. As it was found it is kept as {aside.name}."
        )
    return told, mended


def _step_of_row(cells: int) -> Callable[[str], int]:
    def step_of(line: str) -> int:
        row = next(csv.reader([line]))
        numbers = [float(cell) for cell in row if cell]
        return int(row[0]) if len(row) == cells and numbers else -1

    return step_of


def _step_of_event(line: str) -> int:
    return int(json.loads(line)["meta_step"])


def _set_aside(path: Path) -> Path:
    """Keep a file under a name that nothing has, and return it: what was set aside before stays."""
    names = (f"{path.name}{ASIDE}", *(f"{path.name}{ASIDE}-{number}" for number in range(2, 1000)))
    aside = next((to for to in map(path.with_name, names) if not os.path.lexists(to)), None)
    if aside is None:
        raise OSError(errno.EEXIST, "no free name to set it aside", str(path))
    with suppress(FileNotFoundError):
        path.rename(aside)
    return aside
