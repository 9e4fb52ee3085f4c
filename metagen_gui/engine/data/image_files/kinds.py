"""In a few words, how a picture is stored: what a person compares with what they think they have."""

from __future__ import annotations

import contextlib
import warnings
from typing import NamedTuple

from PIL import Image

from metagen_gui.engine.data.image_files.eight_bits import Storage

ORIENTATION = 274
COLOURS = {
    "1": "black and white, 1 bit",
    "L": "8-bit gray",
    "LA": "gray with transparency",
    "La": "gray with transparency",
    "P": "palette",
    "PA": "palette with transparency",
    "RGB": "8-bit colour",
    "RGBA": "colour with transparency",
    "RGBa": "colour with transparency",
    "CMYK": "CMYK, the colours of print",
    "YCbCr": "YCbCr colour",
    "LAB": "Lab colour",
    "F": "32-bit floating point",
    "I": "32-bit whole numbers",
}
STORED = {
    "L;2": "2-bit gray",
    "L;4": "4-bit gray",
    "I;12": "12-bit gray",
    "I;16S": "16-bit gray with a sign",
    "LA;16B": "16-bit gray with transparency",
    "RGB;16B": "16-bit colour",
    "RGB;16L": "16-bit colour",
    "RGBA;16B": "16-bit colour with transparency",
    "RGBA;16L": "16-bit colour with transparency",
}
"""Layouts that Pillow's mode no longer tells from others."""


class Kind(NamedTuple):
    """How a picture is stored, and what happens to it when it is read."""

    format: str
    words: str

    def __str__(self) -> str:
        return f"{self.format}, {self.words}"


def kind_of(image: Image.Image) -> Kind:
    """Name the kind of an image that is opened and not yet decoded; metadata that cannot be read say nothing."""
    storage, words = Storage.of(image), COLOURS.get(image.mode, image.mode)
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM"):
        words = "16-bit gray"
    words = STORED.get(storage.raw, words)
    parts = [words]
    if image.has_transparency_data and "transparency" not in words:
        parts[0] += " with transparency"
    if storage.white_is_zero:
        parts.append("0 is white")
    with warnings.catch_warnings(), contextlib.suppress(Exception):
        warnings.simplefilter("ignore")
        if image.getexif().get(ORIENTATION, 1) in range(2, 9):
            parts.append("turned as its EXIF tag says")
    if several_frames(image):
        parts.append("first of several frames")
    return Kind(image.format or "", ", ".join(parts))


def several_frames(image: Image.Image) -> bool:
    """Return whether an opened file holds more than one picture: frames, or pages."""
    with warnings.catch_warnings(), contextlib.suppress(Exception):
        warnings.simplefilter("ignore")
        return bool(getattr(image, "is_animated", False))
    return False
