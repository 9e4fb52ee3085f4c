"""The folder of an export: weights, experiment, and a description that says which data the model is of.

    model.safetensors   tensors by `player/name`
    experiment.json     the whole experiment, every setting written out
    export.json         kind, shape of one example, digest of the weights, how it was made

Nothing is pickled, so opening an export never runs code; and neither the run nor its data are needed any more.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from metagen_gui.engine.adaptation.meta_params import MetaParams
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.files import read_file, write_atomically
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import quoted
from metagen_gui.engine.store.checkpoint import MAX_WEIGHTS_BYTES, from_bytes, to_bytes
from metagen_gui.engine.store.names import CARD, EXPERIMENT, EXPORT
from metagen_gui.engine.trained.in_place import check_free_folder, full, refusals, written_beside
from metagen_gui.engine.trained.loaded_model import Kind, LoadedModel, assemble

WEIGHTS = "model.safetensors"
VERSION = 1
MAX_ABOUT_BYTES = 2**20
COMPARED_SAMPLES = 4
MOST_EXAMPLES = 10_000_000


class _Data(BaseModel):
    """What one example is, as `export.json` writes a `DataSpec`."""

    model_config = ConfigDict(strict=True)
    kind: str
    shape: list[int] = Field(min_length=1)


class _Made(BaseModel):
    """What `export.json` says in any export: the names of its `files` are by what an earlier one is known."""

    model_config = ConfigDict(strict=True)
    version: int = Field(ge=1)
    files: list[str] = [WEIGHTS, EXPERIMENT]


class _About(_Made):
    """The part of `export.json` that loading needs; what else is in it is for people."""

    kind: Kind
    data: _Data
    sha256: str
    examples: int = Field(default=0, ge=0, le=MOST_EXAMPLES)


MadeT = TypeVar("MadeT", bound=_Made)


def load_export(folder: Path | str) -> LoadedModel:
    """Return the model of an exported folder. Raises `BadInput` that names the file and what is wrong with it."""
    folder = Path(folder)
    about = _read_description(folder / EXPORT, _About)
    weights = _read(folder / WEIGHTS, MAX_WEIGHTS_BYTES)
    if hashlib.sha256(weights).hexdigest() != about.sha256:
        raise BadInput(str(folder / WEIGHTS), f"damaged: not the file that {EXPORT} describes")
    experiment = Experiment.load(folder / EXPERIMENT, ours=True)
    family, data = experiment.plugin("tasks"), about.data
    spec = family.spec_named(experiment.config("tasks"), data.kind, tuple(data.shape))
    if spec is None:
        why = f"{quoted(data.kind)} is no kind of data that the task family {experiment.tasks} has"
        raise BadInput(str(folder / EXPORT), why)
    if not spec.is_possible():
        raise BadInput(str(folder / EXPORT), f"{spec.kind} of shape {spec.shape} cannot be")
    learned = MetaParams.of(from_bytes(weights, str(folder / WEIGHTS)))
    return assemble(experiment, spec, about.kind, learned, str(folder / WEIGHTS), about.examples)


def write_export(model: LoadedModel, to: Path, history: Mapping[str, Any], *, replace: bool = False) -> Path:
    """Write `model` as the folder `to` and return its full path; on any failure `to` is as it was.

    It is loaded back and compared tensor by tensor, samples included, before it takes the name (`in_place.py`).
    `history` is added to `export.json`. Raises `BadInput` if `to` holds anything but an earlier export, or one that
    nobody said to `replace`, or cannot be written.
    """
    place = full(to)
    with written_beside(place, lambda: check_free(place, replace)) as beside:
        folder = beside / place.name
        folder.mkdir()
        fill(folder, model, history)
        if not _same(model, load_export(folder)):
            raise BadInput(str(place), "what was written does not load back the same; nothing was exported")
    return place


def fill(folder: Path, model: LoadedModel, history: Mapping[str, Any]) -> None:
    """Write the files of an export of `model`, flushed to the disk; raise OSError if that cannot be."""
    digest = write_atomically(folder / WEIGHTS, to_bytes(model.weights))
    write_atomically(folder / EXPERIMENT, model.experiment.to_json(complete=True).encode())
    data = {"kind": model.spec.kind, "shape": list(model.spec.shape)}
    describe(folder, {"version": VERSION, "kind": model.kind, "data": data, "sha256": digest, **history})


def describe(folder: Path, about: Mapping[str, Any]) -> None:
    """Write the description of an export, by which it is known for one; raise OSError if that cannot be."""
    write_atomically(folder / EXPORT, (json.dumps(about, indent=2, ensure_ascii=False) + "\n").encode())


def check_free(place: Path, replace: bool) -> None:
    """Raise `BadInput` unless the folder `place` is new or empty, or an earlier export that may be replaced."""

    def check_earlier(held: frozenset[str]) -> None:
        files = _read_description(place / EXPORT, _Made).files if EXPORT in held else ()
        if not held <= {EXPORT, CARD, *files} or (place / CARD).is_dir():
            raise BadInput(
                str(place), "holds something else; an export needs a new folder, an empty one or an earlier export"
            )

    check_free_folder(place, replace, check_earlier)


def arrays_of(model: LoadedModel) -> dict[str, npt.NDArray[np.float32]]:
    """Return every tensor of `model` by its place, and a few samples; they show that the settings are the same, too."""
    tensors = {f"{player}/{name}": value for player, values in model.weights.items() for name, value in values.items()}
    return {name: value.numpy() for name, value in {**tensors, "samples": model.sample(COMPARED_SAMPLES)}.items()}


def _same(written: LoadedModel, read: LoadedModel) -> bool:
    before, after = arrays_of(written), arrays_of(read)  # an extreme model may give samples that are not finite
    return all(np.array_equal(value, after[name], equal_nan=True) for name, value in before.items())


def _read_description(path: Path, kind: type[MadeT]) -> MadeT:
    try:
        about = kind.model_validate_json(_read(path, MAX_ABOUT_BYTES))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(map(str, first["loc"]))
        raise BadInput(str(path), f"not the description of an export ({name or 'JSON'}: {first['msg']})") from None
    if about.version > VERSION:
        raise BadInput(str(path), f"written by a newer MetaGen (version {about.version}; this one reads {VERSION})")
    return about


def _read(path: Path, most: int) -> bytes:
    with refusals(path):
        return read_file(path, most, follow=True)
