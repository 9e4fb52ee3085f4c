"""The snapshots of a run on disk, `samples/step-NNNNNNNN.npz`: written as they come, read again one at a time."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from metagen_gui.engine.events import Snapshot
from metagen_gui.engine.files import check_own_folder, write_atomically
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.arrays import read_arrays
from metagen_gui.engine.store.names import SAMPLES

MAX_BYTES = 2**28
"""Of one snapshot, packed and unpacked."""
MOST_LISTED, MOST_TASKS, MOST_STEPS = 100_000, 64, 4096
EXAMPLE = "*"
"""The shape of an example, in its place among the sizes below."""
SIZES: Mapping[str, tuple[str, ...]] = {
    "names": ("tasks",),
    "steps": ("steps",),
    "support": ("tasks", "shots", EXAMPLE),
    "query": ("tasks", "queries", EXAMPLE),
    "samples": ("tasks", "steps", "count", EXAMPLE),
    "density": ("tasks", "grid", "grid"),
    "field": ("tasks", "steps", "grid", "grid"),
    "extent": ("sides",),
    "curve_x": ("x",),
    "curves": ("tasks", "steps", "x"),
    "truth": ("tasks", "x"),
    "path": ("tasks", "steps", "states", "few", EXAMPLE),
}
"""The arrays of a snapshot and their shapes: what is called alike has one size."""
NEEDED = ("names", "steps", "support", "query", "samples")
NEEDS = {"density": "extent", "field": "extent", "curves": "curve_x", "truth": "curve_x"}


def write_snapshot(folder: Path, snapshot: Snapshot) -> Path:
    """Write a snapshot into a run's folder, readable with `numpy.load(…, allow_pickle=False)`; raise OSError."""
    told = {name: value for name in SIZES if (value := getattr(snapshot, name)) is not None}
    arrays: dict[str, Any] = {name: np.asarray(value) for name, value in told.items()}
    check_own_folder(folder / SAMPLES)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    path = _path(folder, snapshot.meta_step)
    write_atomically(path, buffer.getvalue())
    return path


def kept_steps(folder: Path) -> list[int]:
    """Return the outer steps that a run's folder holds a snapshot of, ascending; none if it cannot be read."""
    try:
        check_own_folder(folder / SAMPLES)
        with os.scandir(folder / SAMPLES) as entries:
            names = {each.name for each in islice(entries, MOST_LISTED) if each.is_file(follow_symlinks=False)}
    except OSError:
        return []
    steps = (int(found[1]) for name in names if (found := re.fullmatch(r"step-([0-9]{8,12})\.npz", name)))
    return sorted(step for step in steps if _path(folder, step).name in names)


def read_snapshot(folder: Path, meta_step: int) -> Snapshot:
    """Return the snapshot of an outer step; raise `BadInput` if it is not there, damaged, or not one."""
    path = _path(folder, meta_step)
    try:
        check_own_folder(folder / SAMPLES)
        arrays = read_arrays(path, MAX_BYTES)
        _check(arrays)
    except OSError as error:
        raise BadInput(str(path), error.strerror or str(error)) from None
    except ValueError as error:
        raise BadInput(str(path), str(error)) from None
    names, steps = (tuple(arrays.pop(name).tolist()) for name in ("names", "steps"))
    extent = arrays.pop("extent", None)
    square = None if extent is None else tuple(float(side) for side in extent)
    known = {name: values for name, values in arrays.items() if name in SIZES}
    return Snapshot(meta_step, names, steps, extent=square, **known)  # type: ignore[arg-type]  # four, as checked


def _path(folder: Path, meta_step: int) -> Path:
    return folder / SAMPLES / f"step-{meta_step:08d}.npz"


def _check(arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Raise ValueError, with a reason for a person, unless these are the arrays of a snapshot and fit each other."""
    for name in (*NEEDED, *(NEEDS[name] for name in arrays if name in NEEDS)):
        if name not in arrays:
            raise ValueError(f"not a snapshot: it lacks {name}")
    example = arrays["support"].shape[2:]
    picture = len(example) == 3 and example[0] in (1, 3)
    if not picture and example != (2,):
        raise ValueError("not a snapshot: its examples are neither images nor points of the plane")
    kinds = {"names": "U", "steps": "iu", "extent": "iuf"}
    known = {"sides": 4}
    for name, sizes in SIZES.items():
        if name not in arrays:
            continue
        values, lead = arrays[name], [size for size in sizes if size != EXAMPLE]
        right = values.ndim >= len(lead) and values.shape[len(lead) :] == (example if EXAMPLE in sizes else ())
        counts = zip(lead, values.shape, strict=False)
        right = right and all(known.setdefault(size, count) == count for size, count in counts)
        pixels = picture and EXAMPLE in sizes
        whole = values.dtype == np.uint8 if pixels else values.dtype.kind in kinds.get(name, "f")
        if not right or not whole or not values.size:
            raise ValueError(f"not a snapshot: {name} is {values.dtype} {values.shape}, which does not fit the rest")
    if known["tasks"] > MOST_TASKS or known["steps"] > MOST_STEPS or max(map(len, arrays["names"].tolist())) > 4096:
        raise ValueError("not a snapshot: more tasks, steps or text than any has")
    if not all(np.isfinite(arrays[name]).all() for name in ("extent", "curve_x") if name in arrays):
        raise ValueError("not a snapshot: where it is to be drawn is not finite")
    if "extent" in arrays and not (arrays["extent"][:2] < arrays["extent"][2:]).all():
        raise ValueError("not a snapshot: the square it is drawn in is empty")
