"""The library of runs: what there is, how each stands, what sets them apart. Nothing here needs torch."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from metagen_gui.engine.files import copy_folder, read_file
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import shortened
from metagen_gui.engine.store.changes import read_changes
from metagen_gui.engine.store.elsewhere import ELSEWHERE, read_elsewhere
from metagen_gui.engine.store.lock import HOLDER, is_held
from metagen_gui.engine.store.metrics_file import Curves, last_step, read_curves
from metagen_gui.engine.store.names import (
    CHECKPOINTS,
    EXPERIMENT,
    EXPORT,
    LOCK,
    MAX_MANIFEST_BYTES,
    METRICS,
    is_run_folder,
    runs_folder,
)
from metagen_gui.engine.store.record import About, RunRecord, read_about, read_record, write_about, write_record

if TYPE_CHECKING:
    from metagen_gui.engine.experiment import Experiment

EntryState = Literal["running", "interrupted", "stopped", "finished", "failed", "unreadable"]
MAX_BYTES = 4_000_000
LETTERS_OF_A_NAME = 1_000
__all__ = [
    "Curves", "RunEntry", "checkpoints", "differing_settings", "duplicate", "experiment_at", "list_runs", "read_curves",
    "read_entry", "rename", "set_note",
]  # fmt: skip

SECTIONS = ("tasks", "model", "algorithm", "training")


@dataclass(frozen=True)
class RunEntry:
    """One run as a list shows it; `interrupted` is one whose program died."""

    folder: Path
    name: str
    state: EntryState
    tasks: str = ""
    model: str = ""
    algorithm: str = ""
    meta_step: int = 0
    meta_steps: int = 0
    best: float | None = None
    """The lowest validation score after adaptation: the first player's query loss, MMD² for a GAN."""
    best_step: int = 0
    seconds: float = 0.0
    began: float = 0.0
    """Seconds since 1970."""
    note: str = ""
    parent: str = ""
    """FOLDER@STEP of the run it branched from."""
    problem: str = ""
    """Why it failed, or cannot be read."""
    resumable: bool = False
    host: str = ""
    """The machine that it goes on at, if that is another."""


def list_runs(root: Path | None = None) -> list[RunEntry]:
    """Return the runs in a folder (default: where runs live), the newest first."""
    try:
        folders = [folder for folder in (root or runs_folder()).iterdir() if folder.is_dir()]
    except OSError:
        return []
    entries = [read_entry(folder) for folder in folders if _is_listed(folder)]
    return sorted(entries, key=lambda entry: (entry.began, entry.folder.name), reverse=True)


def _is_listed(folder: Path) -> bool:
    """Return whether a folder is, or was meant to be, a run's; what was exported from one is not."""
    return is_run_folder(folder) or ((folder / EXPERIMENT).exists() and not (folder / EXPORT).exists())


def read_entry(folder: Path) -> RunEntry:
    """Return one run as a list shows it; what cannot be read is said in `problem`, never raised."""
    about = read_about(folder)
    name = shortened(about.name, LETTERS_OF_A_NAME) or folder.name
    try:
        document, damage = _document(folder)
        chosen = {section: shortened(str(document[section]["name"])) for section in SECTIONS[:3]}
        planned = int(document["training"]["meta_steps"])
    except BadInput as error:
        return RunEntry(folder, name, "unreadable", note=about.note, problem=error.why)
    except (KeyError, TypeError, ValueError, OverflowError):  # the last for a number like 1e999
        why = f"{EXPERIMENT} is not an experiment of a run"
        return RunEntry(folder, name, "unreadable", note=about.note, problem=why)
    record = read_record(folder) or RunRecord(meta_steps=planned, began=_made(folder))
    state: EntryState = record.state
    elsewhere = read_elsewhere(folder)
    if record.state == "running" and elsewhere is None and not is_held(folder):
        state = "interrupted"
    step = record.meta_step
    if record.state == "running":
        step = max(step, last_step(folder / METRICS))
    return RunEntry(
        folder, name, state, **chosen, meta_step=step, meta_steps=record.meta_steps or planned,
        best=record.best, best_step=record.best_step, seconds=record.seconds, began=record.began, note=about.note,
        parent=record.parent, problem=record.problem or damage,
        resumable=state in ("interrupted", "stopped", "failed") and elsewhere is None and bool(checkpoints(folder)),
        host=elsewhere.host or "another machine" if elsewhere is not None else "",
    )  # fmt: skip


def checkpoints(folder: Path) -> list[int]:
    """Return the outer steps that a run can be resumed or branched from, oldest first."""
    found = []
    for path in sorted((folder / CHECKPOINTS).glob("step-*.json")):
        with suppress(OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
            manifest = json.loads(read_file(path, MAX_MANIFEST_BYTES))
            step = int(manifest["meta_step"])
            if "optimizer" in manifest and 0 <= step < 2**63 and (path.parent / Path(manifest["file"]).name).is_file():
                found.append(step)
    return found


def rename(folder: Path, name: str) -> None:
    """Give a run another name; an empty one brings back its folder's. Raise `BadInput` if that cannot be kept."""
    write_about(_checked(folder), About(name=name.strip(), note=read_about(folder).note))


def set_note(folder: Path, note: str) -> None:
    """Note something about a run. Raise `BadInput` if that cannot be kept."""
    write_about(_checked(folder), About(name=read_about(folder).name, note=note))


def duplicate(folder: Path) -> Path:
    """Copy a run beside itself and return the copy, which may be resumed on its own; raise `BadInput`."""
    _checked(folder)
    if is_held(folder):
        raise BadInput(str(folder), "is being written; a copy can be made when its run has ended")
    for number in range(2, 1000):
        copy = folder.with_name(f"{folder.name}-copy{'' if number == 2 else f'-{number - 1}'}")
        try:
            copy.mkdir()
        except FileExistsError:
            continue
        except OSError as error:
            raise BadInput(str(copy), error.strerror or str(error)) from None
        try:
            copy_folder(folder, copy, frozenset({LOCK, HOLDER, ELSEWHERE}))
            about, record = read_about(folder), read_record(folder)
            write_about(
                copy, About(name=f"{shortened(about.name, LETTERS_OF_A_NAME) or folder.name} (copy)", note=about.note)
            )
            if record and record.state == "running":  # its program died: what was copied is at rest
                write_record(copy, record.model_copy(update={"state": "stopped"}))
        except (OSError, BadInput) as error:
            shutil.rmtree(copy, ignore_errors=True)
            raise BadInput(str(copy), getattr(error, "strerror", "") or str(error)) from None
        return copy
    raise BadInput(str(folder), "no free name for a copy")


def differing_settings(folders: Sequence[Path]) -> list[tuple[str, list[str]]]:
    """Return the settings in which runs differ: the path, and each run's value as text ("" where it has none).

    What was changed on the way is told with the step, as `0.1, from step 60 0.07`.
    """
    tables = []
    for folder in folders:
        (document, _), table = _document(folder), dict[str, str]()
        for section in SECTIONS:
            part = _object(document.get(section))
            values = part if section == "training" else {"name": part.get("name"), **_object(part.get("settings"))}
            table |= {f"{section}.{name}": _text(value) for name, value in values.items()}
        for change in read_changes(folder):
            since = f"from step {change.meta_step:,} {_text(change.value)}"
            table[change.path] = f"{table.get(change.path, '')}, {since}"
        tables.append(table)
    paths = dict.fromkeys(path for table in tables for path in table)
    rows = [(path, [table.get(path, "") for table in tables]) for path in paths]
    return [(path, values) for path, values in rows if len(set(values)) > 1]


def experiment_at(kind: type[Experiment], folder: Path, meta_step: int) -> Experiment:
    """Return the experiment of a run as it stood at `meta_step`: as it was begun, with the settings changed until then.

    Changes that cannot be read are left out. Raise `BadInput` if the experiment cannot be read.
    """
    experiment = kind.from_document(_document(folder)[0], str(folder))
    for change in read_changes(folder):
        if change.meta_step <= meta_step:
            with suppress(BadInput):
                experiment = experiment.with_value(change.path, change.value)
    return experiment


def _object(value: Any) -> dict[str, Any]:
    """Return a JSON object as it is, and an empty one for whatever else somebody wrote there."""
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _document(folder: Path) -> tuple[dict[str, Any], str]:
    """Return a run's experiment as JSON data, from its newest checkpoint where its own file is not as it was written.

    Also return what is wrong with its files, "" if nothing is known to be. Raise `BadInput` that names the file where
    there is no second copy.
    """
    file, vouched = folder / EXPERIMENT, _vouched(folder)
    copy, damage = vouched.get("experiment"), ""
    try:
        data = read_file(file, MAX_BYTES)
        document = json.loads(data.decode("utf-8-sig"))
        if not isinstance(document, dict):
            damage = "an experiment is a JSON object"
        elif (known := _object(vouched.get("digests")).get(EXPERIMENT)) and hashlib.sha256(data).hexdigest() != known:
            damage = "not as the run wrote it"
    except OSError as error:
        damage = error.strerror or "cannot be read"
    except (ValueError, RecursionError):
        damage = "not JSON that can be read"
    if damage and isinstance(copy, dict):
        return copy, f"{EXPERIMENT}: {damage}; what is told is from its newest checkpoint"
    if damage:
        raise BadInput(str(file), damage)
    written = _object(vouched.get("sizes")).get(METRICS, 0)
    with suppress(OSError, TypeError):
        if (folder / METRICS).stat().st_size >= written:
            return document, ""
    return document, f"{METRICS} is shorter than the run wrote it"


def _vouched(folder: Path) -> dict[str, Any]:
    """Return what a run's newest readable manifest holds besides weights; empty where there is none."""
    for path in sorted((folder / CHECKPOINTS).glob("step-*.json"), reverse=True):
        with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
            return _object(json.loads(read_file(path, MAX_MANIFEST_BYTES))["progress"])
    return {}


def _checked(folder: Path) -> Path:
    if not is_run_folder(folder):
        raise BadInput(str(folder), "not a run folder")
    return folder


def _made(folder: Path) -> float:
    try:
        return (folder / EXPERIMENT).stat().st_mtime
    except OSError:
        return 0.0
