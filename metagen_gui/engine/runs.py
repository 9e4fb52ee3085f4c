"""Run folders: where a run keeps its experiment, metrics, samples, checkpoints and log."""

from __future__ import annotations

import csv
import io
import json
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import appdirs
import numpy as np

from metagen_gui.engine.config import BadInput
from metagen_gui.engine.events import Snapshot
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.files import write_atomically

METRICS, EXPERIMENT, SAMPLES, CHECKPOINTS, EVENTS = (
    "metrics.csv",
    "experiment.json",
    "samples",
    "checkpoints",
    "events.jsonl",
)


def runs_folder() -> Path:
    """Return the folder that runs live under unless another is given."""
    return Path(appdirs.user_data_dir("metagen", appauthor=False)) / "runs"


def discard(folder: Path) -> None:
    """Delete a run folder; raise `BadInput` for a folder that is not one."""
    if not (folder / EXPERIMENT).is_file() or not (folder / CHECKPOINTS).is_dir():
        raise BadInput(str(folder), "not a run folder; nothing was deleted")
    shutil.rmtree(folder)


class RunFolder:
    """A run's folder, open for writing. `metrics.csv` has one row per report and is only ever appended to."""

    def __init__(self, experiment: Experiment, path: Path | None, columns: Sequence[str]) -> None:
        self.path, new = _create(experiment, path)
        self.columns = ("meta_step", "seconds", *columns)
        try:
            for name in (SAMPLES, CHECKPOINTS):
                (self.path / name).mkdir()
            write_atomically(self.path / EXPERIMENT, experiment.to_json(complete=True).encode())
            with ExitStack() as files:
                metrics, events = self.path / METRICS, self.path / EVENTS
                self._metrics = files.enter_context(metrics.open("a", encoding="utf-8", newline="", buffering=1))
                self._events = files.enter_context(events.open("a", encoding="utf-8", buffering=1))
                self._write_row(self.columns)
                self._files = files.pop_all()
        except OSError as error:
            self._undo(new)
            raise BadInput(str(self.path), error.strerror or str(error)) from None

    def write_metrics(self, meta_step: int, seconds: float, values: Mapping[str, float]) -> None:
        """Append a row; columns without a value stay empty. Numbers are written to their last digit."""
        cells = [repr(float(values[name])) if name in values else "" for name in self.columns[2:]]
        self._write_row([str(meta_step), f"{seconds:.3f}", *cells])

    def write_event(self, meta_step: int, kind: str, **what: Any) -> None:
        """Append what happened to `events.jsonl`: live changes of settings, steps left out, notices."""
        self._events.write(json.dumps({"meta_step": meta_step, "event": kind, **what}, ensure_ascii=False) + "\n")

    def write_snapshot(self, snapshot: Snapshot) -> Path:
        """Write a snapshot's arrays to `samples/`, readable with `numpy.load(…, allow_pickle=False)`."""
        arrays = {
            name: value
            for name in ("support", "query", "samples", "density", "field", "curve_x", "curves", "truth")
            if (value := getattr(snapshot, name)) is not None
        }
        if snapshot.extent is not None:
            arrays["extent"] = np.array(snapshot.extent)
        buffer = io.BytesIO()
        np.savez_compressed(buffer, steps=np.array(snapshot.steps), names=np.array(snapshot.names), **arrays)
        path = self.path / SAMPLES / f"step-{snapshot.meta_step:08d}.npz"
        write_atomically(path, buffer.getvalue())
        return path

    @property
    def checkpoints(self) -> Path:
        """The folder of the run's checkpoints."""
        return self.path / CHECKPOINTS

    def close(self) -> None:
        """Close the open files."""
        self._files.close()

    def _undo(self, new: bool) -> None:
        """Take away what a creation that failed has left; whatever else is there stays, and so does its folder."""
        with suppress(OSError):
            for name in (METRICS, EVENTS, EXPERIMENT):
                (self.path / name).unlink(missing_ok=True)
            for folder in (*((self.path / name) for name in (SAMPLES, CHECKPOINTS)), *([self.path] if new else [])):
                if folder.is_dir():
                    folder.rmdir()

    def _write_row(self, cells: Sequence[str]) -> None:
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(cells)
        self._metrics.write(line.getvalue())


def _create(experiment: Experiment, path: Path | None) -> tuple[Path, bool]:
    """Return an empty folder for the run, and whether it is new; raise `BadInput` if it cannot be had or is taken."""
    try:
        if path is not None:
            new = not path.exists()
            if not new and not path.is_dir():
                raise BadInput(str(path), "is a file, not a folder")
            path.mkdir(parents=True, exist_ok=True)
            if any(path.iterdir()):
                raise BadInput(str(path), "the folder for a new run must be empty")
            return path, new
        stem = f"{time.strftime('%Y-%m-%d-%H%M%S')}-{experiment.algorithm}-{experiment.model}-{experiment.tasks}"
        for attempt in range(1, 1000):
            folder = runs_folder() / (stem if attempt == 1 else f"{stem}-{attempt}")
            try:
                folder.mkdir(parents=True)
            except FileExistsError:
                continue
            return folder, True
    except OSError as error:
        raise BadInput(str(path or runs_folder()), error.strerror or str(error)) from None
    raise BadInput(str(runs_folder()), "no free name for a new run")
