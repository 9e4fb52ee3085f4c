"""In words, how a picture is stored."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from metagen_gui.engine.data.image_files.decode import open_image
from metagen_gui.engine.data.image_files.kinds import kind_of
from tests.engine.data.image_files.raw_images import gray_tiff, png, png_chunk, png_rows

Encode = Callable[..., bytes]


def words(data: bytes) -> str:
    return str(kind_of(open_image(data)))


@pytest.mark.parametrize(
    ("mode", "kind", "says"),
    [
        ("1", "PNG", "PNG, black and white, 1 bit"),
        ("L", "JPEG", "JPEG, 8-bit gray"),
        ("LA", "PNG", "PNG, gray with transparency"),
        ("P", "GIF", "GIF, palette"),
        ("RGB", "BMP", "BMP, 8-bit colour"),
        ("RGBA", "WEBP", "WEBP, colour with transparency"),
        ("CMYK", "JPEG", "JPEG, CMYK, the colours of print"),
        ("F", "TIFF", "TIFF, 32-bit floating point"),
        ("I", "TIFF", "TIFF, 32-bit whole numbers"),
    ],
)
def test_modes(encode: Encode, mode: str, kind: str, says: str) -> None:
    assert words(encode(Image.new(mode, (4, 4)), kind)) == says


def test_depths() -> None:
    assert words(png((4, 4), 16, 0, png_rows(*[b"\0\1"] * 4))) == "PNG, 16-bit gray"
    assert words(png((4, 4), 16, 2, png_rows(*[b"\0\1" * 3] * 4))) == "PNG, 16-bit colour"
    assert words(png((4, 4), 2, 0, b"\0\0" * 4)) == "PNG, 2-bit gray"
    assert words(b"P5 4 4 65535\n" + bytes(32)) == "PPM, 16-bit gray"
    assert words(gray_tiff(12, 1, bytes(24))) == "TIFF, 12-bit gray"


def test_what_happens_to_it(encode: Encode) -> None:
    picture = Image.new("L", (4, 4), 9)
    exif = Image.Exif()
    exif[0x0112] = 6
    assert words(encode(picture, exif=exif)) == "PNG, 8-bit gray, turned as its EXIF tag says"
    exif[0x0112] = 1
    assert words(encode(picture, exif=exif)) == "PNG, 8-bit gray"
    assert words(encode(picture, transparency=9)) == "PNG, 8-bit gray with transparency"
    assert words(gray_tiff(16, 0, bytes(32))) == "TIFF, 16-bit gray, 0 is white"


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_animations_and_pages(encode: Encode, kind: str) -> None:
    pictures = [Image.new("RGB", (4, 4), (value, 0, 0)) for value in (9, 99)]
    data = encode(pictures[0], kind, save_all=True, append_images=pictures[1:])
    assert words(data).endswith(", first of several frames")
    assert "frames" not in words(encode(pictures[0], kind))


def test_a_damaged_second_frame_does_not_spoil_the_first(encode: Encode) -> None:
    first, second = (Image.fromarray(np.full((4, 4), value, np.uint8)) for value in (40, 200))
    data = encode(first, "GIF", save_all=True, append_images=[second])
    cut = data[: data.rindex(b",") + 4]
    image = open_image(cut)
    assert str(kind_of(image)).startswith("GIF, ")
    image.load()
    assert np.asarray(image.convert("L"))[0, 0] == 40


def test_metadata_that_cannot_be_read_say_nothing() -> None:
    broken = png_chunk(b"eXIf", b"II*\0\xff\xff\xff\xff")
    assert words(png((4, 4), 8, 0, png_rows(*[b"\1"] * 4), broken)) == "PNG, 8-bit gray"
