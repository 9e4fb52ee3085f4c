"""Run folders, open for writing: where a run keeps its experiment, metrics, samples, checkpoints and record."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from metagen_gui.engine.events import Snapshot
from metagen_gui.engine.experiment import MAX_BYTES, Experiment
from metagen_gui.engine.files import read_file, remove_leftovers, write_atomically
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import Checkpoint, save_checkpoint
from metagen_gui.engine.store.growing_file import GrowingFile
from metagen_gui.engine.store.kept_data import write_data
from metagen_gui.engine.store.lock import HOLDER, RunLock, is_held
from metagen_gui.engine.store.names import (
    CHECKPOINTS,
    DATA,
    EVENTS,
    EXPERIMENT,
    LOCK,
    METRICS,
    SAMPLES,
    STATE,
    make_run_folder,
    runs_folder,
)
from metagen_gui.engine.store.record import RunRecord, read_record, write_record
from metagen_gui.engine.store.snapshots import write_snapshot

__all__ = ["CHECKPOINTS", "EXPERIMENT", "RunFolder", "runs_folder"]


class RunFolder:
    """A run's folder, held by this run alone. `metrics.csv` has one row per report and is only ever appended to."""

    def __init__(
        self,
        path: Path,
        lock: RunLock,
        columns: Sequence[str],
        record: RunRecord,
        kept: Mapping[str, Any],
        before: str = "",
    ) -> None:
        """Open a folder that `create` or `reopen` has made ready; raise OSError if that fails."""
        self.kept = write_data(path, kept, before)
        """The digest of what the run keeps of its data."""
        self.path, self.record, self._lock = path, record, lock
        self.columns = ("meta_step", "seconds", *columns)
        self._metrics = GrowingFile(path / METRICS)
        self._events = GrowingFile(path / EVENTS)
        self._experiment = hashlib.sha256(read_file(path / EXPERIMENT, MAX_BYTES)).hexdigest()
        if not self._metrics.size:
            self._write_row(self.columns)

    @classmethod
    def create(
        cls,
        experiment: Experiment,
        path: Path | None,
        columns: Sequence[str],
        parent: str = "",
        kept: Mapping[str, Any] | None = None,
    ) -> RunFolder:
        """Make a run's folder: `path`, which must be new or empty, or a dated one; raise `BadInput`.

        `kept` is what the run is to remember of its data.
        """
        path, new = _place(experiment, path)
        lock: RunLock | None = None
        try:
            lock = RunLock(path)
            for name in (SAMPLES, CHECKPOINTS):
                (path / name).mkdir()
            write_atomically(path / EXPERIMENT, experiment.to_json(complete=True).encode())
            steps = experiment.config("training").meta_steps
            record = RunRecord(state="running", began=time.time(), meta_steps=steps, parent=parent)
            write_record(path, record)
            folder = cls(path, lock, columns, record, kept or {})
            if (error := folder.trouble()) is not None:
                folder.close()
                raise error
            return folder
        except OSError as error:
            if lock is not None:
                lock.release()
            _undo(path, new)
            raise BadInput(str(path), error.strerror or str(error)) from None

    @classmethod
    def reopen(
        cls,
        path: Path,
        lock: RunLock,
        columns: Sequence[str],
        checkpoint: Checkpoint | None,
        kept: Mapping[str, Any] | None = None,
        mended: Collection[str] = (),
    ) -> RunFolder:
        """Go on with a run where a checkpoint left it, or from its beginning; raise `BadInput`.

        What was written after the checkpoint is cut off: it will be computed, and written, once more. `kept` is
        what the run keeps of its data as it is now; files that were `mended` hold nothing of after the checkpoint.
        """
        try:
            record = read_record(path) or RunRecord(began=time.time())
            record = record.model_copy(update={"state": "running", "problem": "", "diverged": False})
            folder = cls(path, lock, columns, record, kept or {}, checkpoint.progress.data if checkpoint else "")
            sizes = (checkpoint.progress.sizes if checkpoint else None) or {}
            for name, file in ((EVENTS, folder._events), (METRICS, folder._metrics)):
                if name not in mended:
                    file.cut(sizes.get(name, 0))
            if not folder._metrics.size:
                folder._write_row(folder.columns)
            return folder
        except OSError as error:
            raise BadInput(str(error.filename or path), error.strerror or str(error)) from None

    def write_metrics(self, meta_step: int, seconds: float, values: Mapping[str, float]) -> None:
        """Append a row; columns without a value stay empty. Numbers are written to their last digit."""
        cells = [repr(float(values[name])) if name in values else "" for name in self.columns[2:]]
        self._write_row([str(meta_step), f"{seconds:.3f}", *cells])

    def write_event(self, meta_step: int, kind: str, **what: Any) -> None:
        """Append what happened to `events.jsonl`: live changes of settings, steps left out, notices."""
        self._events.append(json.dumps({"meta_step": meta_step, "event": kind, **what}, ensure_ascii=False))

    def trouble(self) -> OSError | None:
        """Try to write what the disk has not taken yet; return what still keeps it from being written."""
        return self._metrics.flush() or self._events.flush()

    def write_snapshot(self, snapshot: Snapshot) -> Path:
        """Keep a snapshot in `samples/`; raise OSError."""
        return write_snapshot(self.path, snapshot)

    @property
    def checkpoints(self) -> Path:
        """The folder of the run's checkpoints."""
        return self.path / CHECKPOINTS

    def sizes(self) -> dict[str, int]:
        """Return how much has been written of the files that grow: where a run resumed from here goes on."""
        return {METRICS: self._metrics.size, EVENTS: self._events.size}

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of that much of them, and of the experiment."""
        return {METRICS: self._metrics.digest(), EVENTS: self._events.digest(), EXPERIMENT: self._experiment}

    def save(self, checkpoint: Checkpoint, keep: int | None = None) -> Path:
        """Write a checkpoint; what was reported before it survives with it. Raise OSError if the disk does not."""
        self._metrics.sync()
        self._events.sync()
        if checkpoint.progress.sizes is None:
            checkpoint = replace(
                checkpoint, progress=replace(checkpoint.progress, sizes=self.sizes(), digests=self.digests())
            )
        return save_checkpoint(self.checkpoints, checkpoint, keep)

    def note(self, **changed: Any) -> None:
        """Write how the run stands. A disk that does not take it is told of by the checkpoints, which matter more."""
        self.record = self.record.model_copy(update=changed)
        with suppress(OSError):
            write_record(self.path, self.record)

    def close(self) -> None:
        """Close the open files and let the folder go; may be called twice."""
        self._metrics.close()
        self._events.close()
        self._lock.release()

    def _write_row(self, cells: Sequence[str]) -> None:
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(cells)
        self._metrics.append(line.getvalue())


def _undo(path: Path, new: bool) -> None:
    """Take away what a creation that failed has left; whatever else is there stays, and so does its folder."""
    with suppress(OSError):
        for name in (METRICS, EVENTS, EXPERIMENT, DATA, f"{CHECKPOINTS}/{DATA}", STATE, LOCK, HOLDER):
            (path / name).unlink(missing_ok=True)
        for folder in (*((path / name) for name in (SAMPLES, CHECKPOINTS)), *([path] if new else [])):
            if folder.is_dir():
                folder.rmdir()


def _was_broken_off(path: Path) -> bool:
    """Return whether a folder holds only what a creation leaves that was killed before there was a run."""
    empty = [name for name in (SAMPLES, CHECKPOINTS) if (path / name).is_dir() and not any((path / name).iterdir())]
    ours = {LOCK, HOLDER, *empty}
    there = [each.name for each in path.iterdir() if not each.name.startswith((f"{EXPERIMENT}.tmp-", f"{HOLDER}.tmp-"))]
    return LOCK in there and ours.issuperset(there) and not is_held(path)


def _place(experiment: Experiment, path: Path | None) -> tuple[Path, bool]:
    """Return an empty folder for the run, and whether it is new; raise `BadInput` if it cannot be had or is taken."""
    try:
        if path is not None:
            new = not path.exists()
            if not new and not path.is_dir():
                raise BadInput(str(path), "is a file, not a folder")
            path.mkdir(parents=True, exist_ok=True)
            if not new and _was_broken_off(path):
                remove_leftovers(path)
                _undo(path, new=False)
            if any(path.iterdir()):
                raise BadInput(str(path), "the folder for a new run must be empty")
            return path, new
        return make_run_folder(f"{experiment.algorithm}-{experiment.model}-{experiment.tasks}"), True
    except OSError as error:
        raise BadInput(str(path or runs_folder()), error.strerror or str(error)) from None
