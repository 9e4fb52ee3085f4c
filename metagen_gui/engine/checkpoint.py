"""Checkpoints: meta-parameters as safetensors, and a manifest in JSON that is written last and vouches for them.

Nothing here is pickled, so opening a checkpoint never runs code.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from metagen_gui.engine.algorithms.base import MetaParams
from metagen_gui.engine.config import BadInput
from metagen_gui.engine.files import read_file, write_atomically

VERSION = 1
KEPT = 3
SEPARATOR = "/"
MAX_WEIGHTS_BYTES = 4 * 2**30
MAX_MANIFEST_BYTES = 2**20


@dataclass(frozen=True)
class Checkpoint:
    """Meta-parameters as they were after `meta_step` outer steps."""

    meta_step: int
    meta: MetaParams


class _Manifest(BaseModel):
    """What loading needs to know of a manifest."""

    model_config = ConfigDict(strict=True)
    version: int = Field(ge=1)
    meta_step: int = Field(ge=0, lt=2**63)
    file: str
    sha256: str


def save_checkpoint(folder: Path, meta_step: int, meta: MetaParams) -> Path:
    """Write a checkpoint into `folder` and return its manifest's path; older ones beyond three are deleted after."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / f"step-{meta_step:08d}.safetensors"
    digest = write_atomically(weights, to_bytes(meta))
    manifest = {"version": VERSION, "meta_step": meta_step, "file": weights.name, "sha256": digest}
    path = weights.with_suffix(".json")
    write_atomically(path, json.dumps(manifest, indent=2).encode())
    for old in manifests(folder)[:-KEPT]:
        for file in (old, old.with_suffix(".safetensors")):
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)
    return path


def load_checkpoint(folder: Path) -> Checkpoint:
    """Return the newest whole checkpoint of `folder`; raise `BadInput` if it has none, or one of a newer MetaGen."""
    for path in reversed(manifests(folder)):
        with contextlib.suppress(OSError, ValidationError):
            manifest = _Manifest.model_validate_json(read_file(path, MAX_MANIFEST_BYTES))
            if manifest.version > VERSION:
                newer = f"written by a newer MetaGen (version {manifest.version}; this one reads {VERSION})"
                raise BadInput(str(path), newer)
            if (weights := _weights(folder / Path(manifest.file).name, manifest.sha256)) is not None:
                return Checkpoint(manifest.meta_step, weights)
    raise BadInput(str(folder), "holds no whole checkpoint")


def _weights(file: Path, sha256: str) -> MetaParams | None:
    """Return what `file` holds, or None if it is not whole."""
    with contextlib.suppress(OSError, ValueError):  # a zero byte in its name; no safetensors, whatever the digest says
        data = read_file(file, MAX_WEIGHTS_BYTES)
        if hashlib.sha256(data).hexdigest() == sha256:
            return from_bytes(data, str(file))
    return None


def manifests(folder: Path) -> list[Path]:
    """Return the manifests in `folder`, oldest first."""
    return sorted(folder.glob("step-*.json"))


def to_bytes(meta: MetaParams, metadata: dict[str, str] | None = None) -> bytes:
    """Return parameters by player as the bytes of a safetensors file with names `player/name`."""
    flat = {
        f"{player}{SEPARATOR}{name}": value.detach().cpu().contiguous()
        for player, values in meta.items()
        for name, value in values.items()
    }
    data: bytes = safetensors.torch.save(flat, metadata)
    return data


def from_bytes(data: bytes, where: str) -> MetaParams:
    """Return parameters by player from the bytes of a safetensors file; raise `BadInput` that names `where`."""
    try:
        flat = safetensors.torch.load(data)
    except Exception as error:  # the library raises types of its own, and KeyError for unknown element types
        raise BadInput(where, f"not a safetensors file ({error})") from None
    meta: MetaParams = {}
    for name, value in flat.items():
        player, _, rest = name.partition(SEPARATOR)
        meta.setdefault(player, {})[rest] = value
    return meta


def is_finite(meta: MetaParams) -> bool:
    """Return whether every number is finite."""
    return all(bool(value.isfinite().all()) for values in meta.values() for value in values.values())
