"""Values of arrays as pictures that the decoder takes: portable gray and pixel maps (PGM, PPM), by one rule for all.

Whole numbers are taken as 8 bits where they fit, else as 16; floating point within 0 … 1 and −1 … 1 from end to end,
within 0 … 255 as 8 bits. What stands for white where fewer bits are used is found as for any other picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metagen_gui.engine.data.image_files.headers import Pictures, Values
from metagen_gui.engine.data.image_files.listing import Unusable

BYTE, WORD = 255, 65535


@dataclass(frozen=True)
class Range:
    """The least and the greatest value of one array or of several, and whether any is no whole number."""

    low: float
    high: float
    whole: bool = True

    @classmethod
    def of(cls, values: Values) -> Range:
        """Look at values that are not all of them missing; those of one byte are not looked at."""
        if values.dtype.kind == "b":
            return cls(0, 1, whole=False)
        if values.dtype == np.uint8:
            return cls(0, BYTE)
        finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
        if not finite.size:
            return cls(0, 0)
        return cls(float(finite.min()), float(finite.max()), values.dtype.kind != "f")

    def with_other(self, other: Range) -> Range:
        """Return what both hold together."""
        return Range(min(self.low, other.low), max(self.high, other.high), self.whole and other.whole)

    def scale(self) -> tuple[float, float, int]:
        """Return what is added to values, what they are multiplied with then, and the greatest there may be.

        Raises `Unusable` where nobody can know which value is white.
        """
        if self.whole and self.low >= 0 and self.high <= WORD:
            return 0.0, 1.0, BYTE if self.high <= BYTE else WORD
        if not self.whole and self.low >= -1 and self.high <= 1:
            return (1.0, BYTE / 2, BYTE) if self.low < 0 else (0.0, float(BYTE), BYTE)
        if not self.whole and self.low >= 0 and self.high <= BYTE:
            return 0.0, 1.0, BYTE
        raise Unusable(f"values from {self.low:g} to {self.high:g}, of which nobody can know which is white")

    @property
    def about(self) -> str:
        """What a person should know of how values are read, if anything."""
        return "values from −1 to 1 are read from black to white" if not self.whole and -1 <= self.low < 0 else ""


def picture_file(values: Values, like: Pictures, scale: tuple[float, float, int]) -> bytes:
    """Return one picture, flat `values`, as a file; raise `Unusable` where a value is no number."""
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise Unusable("not all its values are numbers")
    shape = like.height, like.width, like.channels
    pixels = values.reshape(shape) if not like.channels_first else values.reshape(shape[2:] + shape[:2])
    if like.channels_first:
        pixels = pixels.transpose(1, 2, 0)
    added, times, most = scale
    if (added, times) != (0.0, 1.0) or values.dtype.kind != "u":
        pixels = np.rint((pixels.astype(np.float64) + added) * times)
    kind = b"P5" if like.channels == 1 else b"P6"
    head = b"%s %d %d %d\n" % (kind, like.width, like.height, most)
    return head + pixels.astype(np.uint8 if most == BYTE else ">u2").tobytes()
