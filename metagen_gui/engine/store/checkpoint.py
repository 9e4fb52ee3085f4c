"""Checkpoints: what was learned and how it was being learned, as safetensors, and a manifest in JSON.

The manifest is written last and vouches for the others by their digests. Nothing here is pickled, so opening a
checkpoint never runs code.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors.torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from metagen_gui.engine.adaptation.meta_params import MetaParams, Named
from metagen_gui.engine.files import check_own_folder, read_file, within, write_atomically
from metagen_gui.engine.models.base import Params
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.names import MAX_MANIFEST_BYTES
from metagen_gui.engine.store.progress import Progress

VERSION = 1
KEPT = 3
SEPARATOR = "/"
PASSING = {errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ETIMEDOUT, errno.ESTALE}
PASSING |= {errno.ELOOP, errno.EFBIG}
"""Reasons that say nothing of what a file holds: rights, too many open files, a network away, a link, its size."""
MAX_WEIGHTS_BYTES = 4 * 2**30


@dataclass(frozen=True)
class Checkpoint:
    """A run as it was after `meta_step` outer steps.

    `moments` holds what the optimizers remember, per player and by `parameter/what`; None in a checkpoint that is only
    good for using what was learned. `progress` is the rest of the run's state.
    """

    meta_step: int
    meta: MetaParams
    moments: Named | None = None
    progress: Progress = field(default_factory=Progress)


class _File(BaseModel):
    model_config = ConfigDict(strict=True)
    file: str
    sha256: str


class _Manifest(_File):
    """What loading needs to know of a manifest. `file` and `sha256` are those of the weights."""

    version: int = Field(ge=1)
    meta_step: int = Field(ge=0, lt=2**63)
    optimizer: _File | None = None
    progress: dict[str, Any] = {}
    digest: str | None = Field(None, description="Of everything else in the manifest; the first ones had none.")


def save_checkpoint(folder: Path, checkpoint: Checkpoint, keep: int | None = None) -> Path:
    """Write a checkpoint into `folder` and return its manifest's path.

    The newest three stay, and that of step `keep`; others are deleted, after the new one has been read back, and so are
    weights that were set aside before the oldest of the three. Raises
    OSError, also for what would be too large to be read.
    """
    folder.mkdir(exist_ok=True)  # not its parents: a run folder that is gone must not come back empty
    check_own_folder(folder)
    path = folder / f"step-{checkpoint.meta_step:08d}.json"
    weights, optimizer = path.with_suffix(".safetensors"), path.with_suffix(".optimizer.safetensors")
    manifest: dict[str, Any] = {"version": VERSION, "meta_step": checkpoint.meta_step, "file": weights.name}
    manifest["progress"] = checkpoint.progress.written()
    _as_json(path, manifest)  # before anything is written: weights alone would be of no use
    manifest["sha256"] = write_atomically(weights, within(weights, to_bytes(checkpoint.meta), MAX_WEIGHTS_BYTES))
    if checkpoint.moments is not None:
        moments = within(optimizer, to_bytes(checkpoint.moments), MAX_WEIGHTS_BYTES)
        digest = write_atomically(optimizer, moments)
        manifest["optimizer"] = {"file": optimizer.name, "sha256": digest}
    manifest["digest"] = _digest(manifest)
    write_atomically(path, _as_json(path, manifest))
    if _manifest(path) is None:
        raise OSError(errno.EIO, "what was written does not read back as a manifest", str(path))
    newest = manifests(folder)[-KEPT:]
    for aside in folder.glob("step-*.unvouched") if len(newest) == KEPT else ():
        if aside.name < newest[0].name:  # of a save broken off before any of those that can be gone on from
            with contextlib.suppress(OSError):
                aside.unlink()
    for old in manifests(folder)[:-KEPT]:
        if keep is None or old.name != f"step-{keep:08d}.json":
            for file in files_of(old):
                with contextlib.suppress(OSError):
                    file.unlink(missing_ok=True)
    return path


def load_checkpoint(folder: Path, meta_step: int | None = None, *, whole: bool = False) -> Checkpoint:
    """Return the newest sound checkpoint of `folder`, or that of `meta_step`.

    With `whole`, only those that hold all that training needs to go on. Raise `BadInput` if there is none, or one of a
    newer MetaGen.
    """
    for path in reversed(manifests(folder)):
        found = read_checkpoint(path, whole=whole)
        if found is not None and meta_step in (None, found.meta_step):
            return found
    if meta_step is not None:
        raise BadInput(str(folder), f"holds no whole checkpoint of step {meta_step:,}")
    if folder.is_dir() and not any(folder.glob("*")):
        raise BadInput(str(folder), "holds no whole checkpoint yet; a run that goes on saves every few minutes")
    raise BadInput(str(folder), "holds no whole checkpoint")


def read_checkpoint(path: Path, *, whole: bool = False) -> Checkpoint | None:
    """Return what a manifest vouches for, or None if it is damaged.

    Raise `BadInput` for one of a newer MetaGen, or with a progress that no run would have written.
    """
    with contextlib.suppress(OSError, ValidationError):
        manifest = _manifest(path)
        if manifest is None:
            return None
        meta = _tensors(path.parent, manifest)
        moments = _tensors(path.parent, manifest.optimizer) if whole and manifest.optimizer else None
        if meta is not None and (moments is not None or not whole):
            progress = Progress.read(manifest.progress, f"checkpoint of step {manifest.meta_step:,}")
            return Checkpoint(manifest.meta_step, MetaParams.of(meta), moments, progress)
    return None


def _manifest(path: Path) -> _Manifest | None:
    """Return a manifest, None if it is not as it was written; raise `BadInput` for a newer one, OSError, ValueError."""
    data = read_file(path, MAX_MANIFEST_BYTES)
    manifest = _Manifest.model_validate_json(data)
    if manifest.version > VERSION:
        newer = f"written by a newer MetaGen (version {manifest.version}; this one reads {VERSION})"
        raise BadInput(str(path), newer)
    return manifest if manifest.digest in (None, _digest(json.loads(data))) else None


def _as_json(path: Path, manifest: Mapping[str, Any]) -> bytes:
    return within(path, json.dumps(manifest, indent=2).encode(), MAX_MANIFEST_BYTES)


def _digest(manifest: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what a manifest says: a flipped bit in a number leaves it well-formed."""
    said = {name: value for name, value in manifest.items() if name != "digest"}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def out_of_reach(path: Path) -> OSError | None:
    """Return what keeps a checkpoint from being read, where that is no fault of its files; None if it is damaged."""
    for file in files_of(path):
        try:
            read_file(file, MAX_MANIFEST_BYTES if file == path else MAX_WEIGHTS_BYTES)
        except OSError as error:
            if error.errno in PASSING:
                return error
    return None


def set_aside(path: Path) -> None:
    """Keep a damaged checkpoint's files under another name, where nobody takes them for good."""
    for file in files_of(path):
        with contextlib.suppress(OSError):
            if file.exists():
                file.replace(file.with_name(f"{file.name}.corrupt"))


def set_unvouched_aside(folder: Path) -> list[str]:
    """Keep weights that no manifest vouches for under another name, and return theirs; for whoever holds the run.

    They are those of a save that was broken off, or their manifest was lost.
    """
    found = []
    for weights in sorted(folder.glob("step-*.safetensors")):
        if not (folder / f"{weights.name.partition('.')[0]}.json").exists():
            with contextlib.suppress(OSError):
                weights.replace(weights.with_name(f"{weights.name}.unvouched"))
                found.append(weights.name)
    return found


def _tensors(folder: Path, named: _File) -> Named | None:
    """Return what a file holds, or None if it is not whole."""
    file = folder / Path(named.file).name
    with contextlib.suppress(OSError, ValueError):  # a zero byte in its name; no safetensors, whatever the digest says
        data = read_file(file, MAX_WEIGHTS_BYTES)
        if hashlib.sha256(data).hexdigest() == named.sha256:
            return from_bytes(data, str(file))
    return None


def manifests(folder: Path) -> list[Path]:
    """Return the manifests in `folder`, oldest first."""
    return sorted(folder.glob("step-*.json"))


def files_of(manifest: Path) -> tuple[Path, Path, Path]:
    """Return the files of a checkpoint, the manifest first: without it the others count for nothing."""
    return manifest, manifest.with_suffix(".optimizer.safetensors"), manifest.with_suffix(".safetensors")


def to_bytes(meta: Mapping[str, Params], metadata: dict[str, str] | None = None) -> bytes:
    """Return parameters by player as the bytes of a safetensors file with names `player/name`."""
    flat = {
        f"{player}{SEPARATOR}{name}": value.detach().cpu().contiguous()
        for player, values in meta.items()
        for name, value in values.items()
    }
    data: bytes = safetensors.torch.save(flat, metadata)
    return data


def from_bytes(data: bytes, where: str) -> Named:
    """Return parameters by player from the bytes of a safetensors file; raise `BadInput` that names `where`."""
    try:
        flat = safetensors.torch.load(data)
    except Exception as error:  # the library raises types of its own, and KeyError for unknown element types
        raise BadInput(where, f"not a safetensors file ({error})") from None
    meta: Named = {}
    for name, value in flat.items():
        player, _, rest = name.partition(SEPARATOR)
        meta.setdefault(player, {})[rest] = value
    return meta


def is_finite(meta: Mapping[str, Params]) -> bool:
    """Return whether every number is finite."""
    return all(bool(value.isfinite().all()) for values in meta.values() for value in values.values())
