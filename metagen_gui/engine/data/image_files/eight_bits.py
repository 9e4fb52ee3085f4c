"""Pictures of every mode as 8-bit gray or colour, by one rule each.

Left alone, Pillow clips 16-bit images to white, turns float ones black, reads 12-bit ones as 16, forgets that white may
be 0, and shows what is hidden under transparency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

VALUES_AT_ONCE = 2**20
"""Values of a wide image that are scaled at a time: a large one must not be in memory once more, eight bytes each."""
WHITE_IS_ZERO, PHOTOMETRIC = 0, 262
FEW_BITS = {"L;2": 3, "L;4": 15}
UNSIGNED = ("I;32N", "I;32B")


@dataclass(frozen=True)
class Storage:
    """How a file stores its values: what the header says and a decoded image no longer knows."""

    raw: str
    """Pillow's name of the layout, such as `RGB;16B`; empty where it gives none."""
    white_is_zero: bool
    white: int | None = None
    """The value that stands for white where pictures use plainly fewer bits than their files have."""

    @classmethod
    def of(cls, image: Image.Image) -> Storage:
        """Ask an image that is opened and not yet decoded."""
        tiles: Any = getattr(image, "tile", None)
        given = tiles[0][3] if tiles else ""
        raw = given[0] if isinstance(given, tuple) and given else given
        photometric = getattr(image, "tag_v2", {}).get(PHOTOMETRIC)
        return cls(raw if isinstance(raw, str) else "", photometric == WHITE_IS_ZERO)


def flat(image: Image.Image, storage: Storage) -> Image.Image:
    """Return a decoded image as 8-bit gray or RGB; what is transparent lies on white."""
    seen = visible(image, storage)
    if seen.mode in ("L", "RGB"):
        return seen
    return Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen.convert("RGBA")).convert("RGB")


def visible(image: Image.Image, storage: Storage) -> Image.Image:
    """Return a decoded image as 8-bit gray or RGB, with alpha (LA, RGBA) where some of it is transparent."""
    mode = image.mode
    if mode.startswith("I;16") or mode in ("I", "F"):
        return _from_wide(image, storage)
    if image.has_transparency_data:
        key = image.info.get("transparency")
        if storage.raw in FEW_BITS and isinstance(key, int):  # Pillow widens the pixels and forgets the key
            image.info["transparency"] = key * 255 // FEW_BITS[storage.raw]
        return image if mode == "RGBA" else image.convert("LA" if mode == "La" else "RGBA").convert("RGBA")
    if mode == "L" and storage.white == 1:
        return image.point([0, *[255] * 255])
    return image.convert("L" if mode in ("1", "L") else "RGB")


def peak(image: Image.Image, storage: Storage) -> tuple[int, int] | None:
    """Return how many bits gray values of a decoded image may have, and the largest; None where that says nothing."""
    if not (image.mode in ("L", "I") or image.mode.startswith("I;16")) or storage.raw in (*FEW_BITS, *UNSIGNED, "I;12"):
        return None
    if storage.white_is_zero or image.has_transparency_data:
        return None
    values: npt.NDArray[Any] = np.asarray(image)
    low, high = int(values.min()), int(values.max())
    return (8 if image.mode == "L" else 16, high) if low >= 0 and high <= 65535 else None


def used_white(peaks: Sequence[tuple[int, int]]) -> int | None:
    """Return the value that stands for white where all pictures stay plainly below the ends of their files' range.

    Masks of 0 and 1, and 8, 10, 12 or 14 bits in files of 16.
    """
    bits, high = max((bits for bits, _ in peaks), default=0), max((high for _, high in peaks), default=0)
    if not high or len({bits for bits, _ in peaks}) != 1:
        return None
    fits = [2**depth - 1 for depth in ((1,) if bits == 8 else (1, 8, 10, 12, 14)) if high < 2**depth]
    return fits[0] if fits else None


def _from_wide(image: Image.Image, storage: Storage) -> Image.Image:
    values: npt.NDArray[Any] = np.asarray(image)
    if storage.raw in UNSIGNED:
        values = values.view(np.uint32)
    gray = Image.fromarray(_scaled(values, *_black_and_white(values, image.mode, storage)))
    if storage.white_is_zero:
        gray = ImageOps.invert(gray)
    key = image.info.get("transparency")
    if isinstance(key, int):
        gray.putalpha(Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8)))
    return gray


def _black_and_white(values: npt.NDArray[Any], mode: str, storage: Storage) -> tuple[float, float]:
    """Return the values that stand for black and white.

    Those of 16-bit files are the ends of their range. In 32 bits, floats in [0, 1] keep their meaning, and whole
    numbers up to 65535 are those of a 16-bit file; anything else is stretched from its least to its greatest value.
    """
    if storage.white:
        return 0.0, float(storage.white)
    if mode.startswith("I;16"):
        return 0.0, 4095.0 if storage.raw == "I;12" else 65535.0
    finite = np.isfinite(values)
    low = float(values.min(where=finite, initial=np.inf if mode == "F" else np.iinfo(values.dtype).max))
    high = float(values.max(where=finite, initial=-np.inf if mode == "F" else np.iinfo(values.dtype).min))
    if low > high:  # not one finite value
        return 0.0, 1.0
    full = 1.0 if mode == "F" else 65535.0
    return (0.0, full) if low >= 0 and high <= full else (low, high)


def _scaled(values: npt.NDArray[Any], low: float, high: float) -> npt.NDArray[np.uint8]:
    """Return `(height, width)` values as 0…255; what is no number is black."""
    scaled = np.empty(values.shape, np.uint8)
    rows = max(1, VALUES_AT_ONCE // values.shape[1])
    for top in range(0, len(values), rows):
        block = np.nan_to_num(values[top : top + rows].astype(np.float64), nan=low, posinf=high, neginf=low)
        scaled[top : top + rows] = np.clip(np.rint((block - low) * (255 / max(high - low, 1e-12))), 0, 255)
    return scaled
