"""A task that a person has drawn: its file and its text, which are safe to open whoever made them."""

from __future__ import annotations

import base64
import binascii
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from metagen_gui.engine.data.image_files.decode import Pixels, fit
from metagen_gui.engine.data.spec import KINDS, Array, DataSpec, ImageSpec
from metagen_gui.engine.files import write_atomically
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import printable, quoted, shortened
from metagen_gui.engine.store.arrays import arrays_in, read_arrays

MOST_BYTES = 2**22
"""Of a file, packed and unpacked."""
MOST_PICTURES, MOST_POINTS = 10, 1_000
_HELD = 2
"""Arrays of a file: of a hundred thousand, reading would not end."""
MARK = "metagen-task:"
"""What the text of a task begins with."""


@dataclass(frozen=True, eq=False)
class DrawnTask:
    """Examples `(n, *shape)` of one kind of data: pictures with values in [0, 1], or points."""

    kind: str
    support: Array

    def fitting(self, spec: DataSpec) -> Array:
        """Return the examples for a model of such data, pictures in its size; raise `BadInput` for another kind."""
        if (self.kind, self.support.shape[1:]) == (spec.kind, spec.shape):
            return self.support
        if self.kind == ImageSpec.kind and isinstance(spec, ImageSpec):
            return np.stack([refitted(picture, spec) for picture in self.support])
        mine = " × ".join(map(str, self.support.shape[1:]))
        raise BadInput("drawn task", f"it holds {self.kind} of shape {mine}; this model is of {spec}")

    def to_bytes(self) -> bytes:
        """Return the file: pictures in 8 bits, points as they are."""
        pictures = self.kind == ImageSpec.kind
        values = (self.support * 255).round().astype(np.uint8) if pictures else self.support.astype(np.float32)
        file = io.BytesIO()
        np.savez_compressed(file, kind=np.array(self.kind), support=values)
        return file.getvalue()

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all; raise `BadInput` if that fails."""
        try:
            write_atomically(path, self.to_bytes())
        except OSError as error:
            raise BadInput(str(path), error.strerror or str(error)) from None

    def to_text(self) -> str:
        """Return the task as one word to be pasted."""
        return MARK + base64.urlsafe_b64encode(self.to_bytes()).decode()

    @classmethod
    def load(cls, path: Path) -> DrawnTask:
        """Read a file; raise `BadInput` that names it for anything else."""
        try:
            return cls._of(read_arrays(path, MOST_BYTES, _HELD))
        except OSError as error:
            raise BadInput(printable(str(path)), error.strerror or str(error)) from None
        except ValueError as error:
            raise BadInput(printable(str(path)), f"not a drawn task: {error}") from None

    @classmethod
    def from_text(cls, text: str) -> DrawnTask:
        """Read what `to_text` gives; raise `BadInput` for anything else."""
        word = text.strip()
        if not word.startswith(MARK) or len(word) > 2 * MOST_BYTES:
            raise BadInput("text", "this is no drawn task")
        try:
            return cls._of(arrays_in(base64.urlsafe_b64decode(word.removeprefix(MARK)), MOST_BYTES, _HELD))
        except (binascii.Error, ValueError, zipfile.BadZipFile) as error:
            raise BadInput("text", f"this drawn task is damaged: {error}") from None

    @classmethod
    def _of(cls, arrays: dict[str, Any]) -> DrawnTask:
        """Check what was read; raise ValueError with a reason."""
        if {"kind", "support"} - arrays.keys():
            raise ValueError("it holds no kind and support")
        kind, values = str(arrays["kind"]), arrays["support"]
        if kind not in KINDS:
            raise ValueError(f"{quoted(kind)} is no kind of data")
        pictures = kind == ImageSpec.kind
        wanted = np.uint8 if pictures else np.float32
        if values.dtype != wanted or values.ndim < 2 or not KINDS[kind](values.shape[1:]).is_possible():
            raise ValueError(f"its support is {shortened(str(values.dtype))} {values.shape}")
        most = MOST_PICTURES if pictures else MOST_POINTS
        if not 1 <= len(values) <= most:
            raise ValueError(f"it holds {len(values):,} examples; 1 to {most:,} are possible")
        support = values.astype(np.float32) / np.float32(255) if pictures else values
        if not np.isfinite(support).all():
            raise ValueError("not all values are finite")
        return cls(kind, support)


def refitted(picture: Array, spec: ImageSpec) -> Array:
    """Return a picture `(1 or 3, height, width)` with values in [0, 1] as one of other data has it, `spec.shape`."""
    channels, height, width = spec.shape
    if picture.shape != spec.shape:
        pixels = np.rint(picture.transpose(1, 2, 0) * 255).astype(np.uint8)
        image = Image.fromarray(pixels[..., 0] if len(picture) == 1 else pixels)
        picture = fit(image, height, width).transpose(2, 0, 1).astype(np.float32) / np.float32(255)
        if len(picture) != channels:
            picture = np.repeat(picture.mean(axis=0, keepdims=True), channels, axis=0)
    return spec.as_given(picture, np.random.default_rng(0))


def picture_of(ink: Pixels, spec: ImageSpec) -> Array:
    """Return what a model sees of a drawing: `ink` `(height, width)`, 255 where it is, as one picture `spec.shape`.

    It goes the way of pictures in a folder: shrunk by area, then black and white or not as the data are.
    """
    channels, height, width = spec.shape
    small = fit(Image.fromarray(ink), height, width).transpose(2, 0, 1).astype(np.float32) / np.float32(255)
    return spec.as_given(np.repeat(small, channels, axis=0), np.random.default_rng(0))
