"""Checkpoints: meta-parameters as safetensors, and a manifest in JSON that is written last and vouches for them.

Nothing here is pickled, so opening a checkpoint never runs code.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from metagen_gui.engine.algorithms.base import MetaParams
from metagen_gui.engine.config import BadInput
from metagen_gui.engine.files import write_atomically

VERSION = 1
KEPT = 3
SEPARATOR = "/"


@dataclass(frozen=True)
class Checkpoint:
    """Meta-parameters as they were after `meta_step` outer steps."""

    meta_step: int
    meta: MetaParams


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
    """Return the newest whole checkpoint of `folder`; raise `BadInput` if there is none."""
    for path in reversed(manifests(folder)):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            data = (folder / Path(str(manifest["file"])).name).read_bytes()
            if hashlib.sha256(data).hexdigest() == manifest["sha256"]:
                return Checkpoint(int(manifest["meta_step"]), from_bytes(data, str(path)))
    raise BadInput(str(folder), "holds no whole checkpoint")


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
    total = sum(float(torch.sum(value.detach().abs())) for values in meta.values() for value in values.values())
    return math.isfinite(total)
