"""The folder of an export: weights, experiment, and a description that says which data the model is of.

    model.safetensors   tensors by `player/name`
    experiment.json     the whole experiment, every setting written out
    export.json         kind, shape of one example, digest of the weights, how it was made

Nothing is pickled, so opening an export never runs code; and neither the run nor its data are needed any more.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from metagen_gui.engine.adaptation.meta_params import MetaParams
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.files import flush_folder, read_file, write_atomically
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import quoted
from metagen_gui.engine.store.checkpoint import MAX_WEIGHTS_BYTES, from_bytes, to_bytes
from metagen_gui.engine.store.names import EXPERIMENT, EXPORT
from metagen_gui.engine.trained.loaded_model import Kind, LoadedModel, assemble

WEIGHTS = "model.safetensors"
FILES = frozenset({WEIGHTS, EXPERIMENT, EXPORT})
VERSION = 1
MAX_ABOUT_BYTES = 2**20
COMPARED_SAMPLES = 4
MOST_EXAMPLES = 10_000_000
UNDER_WAY, LONG_AGO = ".metagen-export-", 24 * 3600.0
"""What the folder of an export is called while it is written; seconds after which it is taken for broken off."""


class _Data(BaseModel):
    """What one example is, as `export.json` writes a `DataSpec`."""

    model_config = ConfigDict(strict=True)
    kind: str
    shape: list[int] = Field(min_length=1)


class _About(BaseModel):
    """The part of `export.json` that loading needs; what else is in it is for people."""

    model_config = ConfigDict(strict=True)
    version: int = Field(ge=1)
    kind: Kind
    data: _Data
    sha256: str
    examples: int = Field(default=0, ge=0, le=MOST_EXAMPLES)


def load_export(folder: Path | str) -> LoadedModel:
    """Return the model of an exported folder. Raises `BadInput` that names the file and what is wrong with it."""
    folder = Path(folder)
    about = _read_about(folder / EXPORT)
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

    The files go to a temporary folder beside it, are flushed to the disk, loaded back and compared tensor by tensor,
    samples included, before the folder takes the name. `history` is added to `export.json`. Raises `BadInput` if `to`
    holds anything but an earlier export, or one that nobody said to `replace`, or cannot be written.
    """
    place = _full(to)
    with _refusals(place):
        _check_free(place, replace)
        place.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(place.parent)
        temporary = place.parent / f"{UNDER_WAY}{uuid.uuid4().hex[:12]}"
        temporary.mkdir()
        try:
            _fill(temporary, model, history)
            if not _same(model, load_export(temporary)):
                raise BadInput(str(place), "what was written does not load back the same; nothing was exported")
            _check_free(place, replace)  # once more: another export may have come there meanwhile
            _put_in_place(temporary, place)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return place


def _fill(folder: Path, model: LoadedModel, history: Mapping[str, Any]) -> None:
    digest = write_atomically(folder / WEIGHTS, to_bytes(model.weights))
    write_atomically(folder / EXPERIMENT, model.experiment.to_json(complete=True).encode())
    data = {"kind": model.spec.kind, "shape": list(model.spec.shape)}
    about = {"version": VERSION, "kind": model.kind, "data": data, "sha256": digest, **history}
    write_atomically(folder / EXPORT, (json.dumps(about, indent=2, ensure_ascii=False) + "\n").encode())


def _same(written: LoadedModel, read: LoadedModel) -> bool:
    before, after = written.weights, read.weights
    pairs = [(value, after[player][name]) for player, values in before.items() for name, value in values.items()]
    # the samples show that the settings, too, came back the same; an extreme model may give infinite ones
    pairs.append((written.sample(COMPARED_SAMPLES), read.sample(COMPARED_SAMPLES)))
    return all(torch.allclose(one, other, rtol=0, atol=0, equal_nan=True) for one, other in pairs)


def _full(path: Path) -> Path:
    try:
        return path.expanduser().resolve()
    except (OSError, ValueError, RuntimeError) as error:  # a circle of links, an unknown ~user
        raise BadInput(str(path), str(error)) from None


def _check_free(place: Path, replace: bool) -> None:
    if not place.exists():
        if place.parent.is_file():
            raise BadInput(str(place.parent), "is a file; an export is a folder in a folder")
        return
    if not place.is_dir():
        raise BadInput(str(place), "is a file; an export is a folder")
    if Path.cwd().is_relative_to(place):
        raise BadInput(str(place), "is the folder that you are in; name a new one")
    held = {path.name for path in place.iterdir()}
    if held and not (EXPORT in held and held <= FILES):
        raise BadInput(
            str(place), "holds something else; an export needs a new folder, an empty one or an earlier export"
        )
    if held:
        _read_about(place / EXPORT)
        if not replace:
            raise BadInput(str(place), "holds an earlier export; --force replaces it")


def _put_in_place(temporary: Path, place: Path) -> None:
    """Let an export take its name; one that had it is in plain sight beside it meanwhile, should that be broken off."""
    if place.exists() and any(place.iterdir()):
        aside = next(path for path in map(place.with_name, _names_aside(place.name)) if not path.exists())
        try:
            place.rename(aside)
            temporary.rename(place)
        except BaseException:  # also an interruption between the two
            if not place.exists():
                aside.rename(place)
            raise
        shutil.rmtree(aside, ignore_errors=True)
    else:
        with suppress(FileNotFoundError):
            place.rmdir()
        temporary.rename(place)  # fails where somebody has put something there: nothing is written over
    flush_folder(place.parent)


def _names_aside(name: str) -> Iterator[str]:
    yield f"{name}.earlier"
    yield from (f"{name}.earlier-{number}" for number in itertools.count(2))


def _remove_leftovers(folder: Path) -> None:
    """Remove what exports that were broken off left half written; one that is under way is never that old."""
    for path in folder.glob(f"{UNDER_WAY}*"):
        with suppress(OSError):
            if time.time() - path.lstat().st_mtime > LONG_AGO:
                shutil.rmtree(path)


def _read_about(path: Path) -> _About:
    try:
        about = _About.model_validate_json(_read(path, MAX_ABOUT_BYTES))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(map(str, first["loc"]))
        raise BadInput(str(path), f"not the description of an export ({name or 'JSON'}: {first['msg']})") from None
    if about.version > VERSION:
        raise BadInput(str(path), f"written by a newer MetaGen (version {about.version}; this one reads {VERSION})")
    return about


def _read(path: Path, most: int) -> bytes:
    with _refusals(path):
        return read_file(path, most, follow=True)


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Turn what the system says against `path` into `BadInput`."""
    try:
        yield
    except BadInput:
        raise
    except OSError as error:
        raise BadInput(str(path), error.strerror or str(error)) from None
    except ValueError as error:  # a zero byte in a name
        raise BadInput(str(path), str(error)) from None
