"""What a file of many pictures says of itself, held against its length before anything is made room for.

NumPy's `.npy` (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html) and IDX, which MNIST comes in
(LeCun, Cortes & Burges, http://yann.lecun.com/exdb/mnist/): two zero bytes, a type, how many axes, their lengths as
big-endian numbers of four bytes. Objects, which would be unpickled, are refused.
"""

from __future__ import annotations

import io
import math
import re
import struct
import warnings
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt

from metagen_gui.engine.data.image_files.listing import Unusable

HEADER_BYTES = 2**14
MOST_AXES = 5
IDX_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
IDX_NAME = re.compile(r"[.-]?idx\d[.-]?ubyte(\.gz)?$", re.IGNORECASE)
IDX_BEGINS = re.compile(rb"\0\0[\x08-\x0e][\x01-\x04]")
MAGIC = b"\x93NUMPY"
Values = npt.NDArray[np.generic]
READERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


@dataclass(frozen=True)
class Header:
    """What lies where in a file: `shape` values of `dtype` from byte `offset` on."""

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    offset: int

    @property
    def bytes(self) -> int:
        """How many bytes the values take."""
        return math.prod(self.shape) * self.dtype.itemsize

    def check(self, size: int) -> None:
        """Raise `Unusable` unless a file of `size` bytes holds just that."""
        held = size - self.offset
        if held != self.bytes:
            what = f"{in_words(self.shape)} values of {self.dtype.itemsize:,} bytes said, {max(held, 0):,} bytes there"
            raise Unusable(f"{'truncated' if held < self.bytes else 'longer than it says'}: {what}")


def is_array_name(name: str) -> bool:
    """Say whether a file claims to be an array of NumPy, an archive of such (`.npz`, which is a zip), or IDX."""
    return PurePosixPath(name).suffix.casefold() in (".npy", ".npz") or bool(IDX_NAME.search(name))


def is_array(begins: bytes) -> bool:
    """Say whether a file is one of these by its first bytes."""
    return begins.startswith(MAGIC) or bool(IDX_BEGINS.match(begins))


def read_header(begins: bytes) -> Header:
    """Return what the first bytes of a file say of the rest; raise `Unusable` for what cannot be pictures or labels."""
    return _of_npy(begins) if begins.startswith(MAGIC) else _of_idx(begins)


def _of_npy(begins: bytes) -> Header:
    stream = io.BytesIO(begins)
    try:
        read = READERS[np.lib.format.read_magic(stream)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            shape, by_columns, dtype = read(stream, max_header_size=HEADER_BYTES)
    except KeyError:
        raise Unusable("a NumPy array of a version that is not read") from None
    except Exception:  # hostile headers raise anything at all: ValueError, SyntaxError, MemoryError, …
        raise Unusable("its header is damaged") from None
    if dtype.hasobject:
        raise Unusable("an array of Python objects, which is not opened: it could run code")
    if dtype.kind not in "biufUS" or not dtype.itemsize:
        raise Unusable(f"an array of {dtype}, which are no pixels")
    if by_columns and len(shape) > 1:
        raise Unusable("an array stored by columns; save it with numpy.ascontiguousarray")
    return _checked(Header(tuple(map(int, shape)), dtype, stream.tell()))


def _of_idx(begins: bytes) -> Header:
    if len(begins) < 4 or begins[:2] != b"\0\0" or begins[2] not in IDX_TYPES:
        raise Unusable("neither an array of NumPy nor IDX")
    axes = begins[3]
    if len(begins) < 4 + 4 * axes:
        raise Unusable("truncated")
    shape = struct.unpack_from(f">{axes}I", begins, 4)
    return _checked(Header(shape, np.dtype(IDX_TYPES[begins[2]]), 4 + 4 * axes))


def _checked(header: Header) -> Header:
    if not 1 <= len(header.shape) <= MOST_AXES or min(header.shape) < 0:
        raise Unusable(f"of shape {in_words(header.shape)}, which are no pictures")
    if not math.prod(header.shape):
        raise Unusable("it holds nothing")
    return header


def in_words(shape: tuple[int, ...]) -> str:
    """Return `20 × 28 × 28`."""
    return " × ".join(f"{length:,}" for length in shape[: MOST_AXES + 1]) or "one number"


@dataclass(frozen=True)
class Pictures:
    """How the values of an array are pictures: `count` of each of `classes`, each `height` × `width` × `channels`."""

    classes: int
    count: int
    height: int
    width: int
    channels: int = 1
    channels_first: bool = False

    @property
    def size(self) -> int:
        """How many values one picture has."""
        return self.height * self.width * self.channels

    @classmethod
    def of(cls, shape: tuple[int, ...]) -> Pictures:
        """Read `(n, height, width)`, also with one or three channels behind or before, and `(n, side²)`.

        One more axis in front, and there are so many classes. Raises `Unusable` for other shapes.
        """
        strange = Unusable(f"of shape {in_words(shape)}, which are no pictures")
        if len(shape) == 2:
            side = math.isqrt(shape[1])
            if side * side != shape[1]:
                raise strange
            return cls(1, shape[0], side, side)
        match shape:
            case (*lead, height, width, 1 | 3 as channels) if len(lead) in (1, 2) and width > 3:
                first = False
            case (*lead, 1 | 3 as channels, height, width) if len(lead) in (1, 2):
                first = True
            case (*lead, height, width) if len(lead) in (1, 2):
                channels, first = 1, False
            case _:
                raise strange
        return cls(lead[0] if len(lead) == 2 else 1, lead[-1], height, width, channels, first)
