"""NumPy arrays from a file that may be damaged or of somebody else's making: nothing is executed, memory is bounded."""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from metagen_gui.engine.files import read_file

MOST_ARRAYS = 10_000


def read_arrays(path: Path, most: int, count: int = MOST_ARRAYS) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays, up to `count` of them, of an `.npz` of up to `most` bytes, packed and unpacked.

    Raises OSError if it cannot be had, and ValueError, with a reason for a person, for anything else than such arrays.
    """
    return arrays_in(read_file(path, most), most, count)


def arrays_in(data: bytes, most: int, count: int = MOST_ARRAYS) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of an `.npz` in memory, as `read_arrays` does; raise ValueError with a reason."""
    try:
        _weigh(data, most, count)
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except Exception as error:  # what was changed in a zip may break any part of its reading
        raise ValueError(f"damaged ({' '.join(str(error).split()) or type(error).__name__})") from error


def _weigh(data: bytes, most: int, count: int) -> None:
    """Raise ValueError where arrays would not fit, or a header asks for more memory than its file fills."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        if len(packed.infolist()) > count:
            raise ValueError(f"more than {count:,} arrays")
        if sum(entry.file_size for entry in packed.infolist()) > most:
            raise ValueError(f"unpacked larger than {round(most / 2**20):,} MB")
        for entry in packed.infolist():
            with packed.open(entry) as file:
                if np.lib.format.read_magic(file) != (1, 0):
                    raise ValueError("not a format that arrays are written in")
                shape, _, kind = np.lib.format.read_array_header_1_0(file)
                if min(shape, default=0) < 0 or math.prod(shape) * kind.itemsize > entry.file_size:
                    raise ValueError("a header asks for more than its file holds")
