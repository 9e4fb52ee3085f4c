"""Every way of storing gray and colour that Pillow reads in its own way, by golden values."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from metagen_gui.engine.data.image_files.decode import open_image, to_pixels
from tests.engine.data.image_files.raw_images import gray_tiff, png, png_chunk, png_rows


def grays(data: bytes) -> list[int]:
    """The four rows of a 4 × 4 image."""
    pixels = to_pixels(open_image(data), (1, 4, 4))
    assert (pixels == pixels[..., :1]).all()
    return [int(row) for row in pixels[0, :, 0]]


def colours(data: bytes) -> list[list[int]]:
    return [list(map(int, row)) for row in to_pixels(open_image(data), (3, 4, 4))[:, :, 0].T]


def wide(*values: int) -> bytes:
    return struct.pack(f">{len(values)}H", *values)


def in_rows(code: str, *values: float) -> bytes:
    return b"".join(struct.pack(f"<{code}", value) * 4 for value in values)


BLACK, FAINT, MIDDLE, WHITE = 0, 257, 32896, 65535


@pytest.mark.parametrize(("key", "expected"), [(BLACK, [255, 1, 128, 255]), (MIDDLE, [0, 1, 255, 255])])
def test_a_transparent_value_of_sixteen_bits(key: int, expected: list[int]) -> None:
    rows = png_rows(*(wide(value) for value in (BLACK, FAINT, MIDDLE, WHITE)))
    assert grays(png((4, 4), 16, 0, rows, png_chunk(b"tRNS", wide(key)))) == expected


@pytest.mark.parametrize(("bits", "rows"), [(2, b"\0\x00\0\x55\0\xaa\0\xff"), (4, None)])
def test_a_transparent_value_of_few_bits(bits: int, rows: bytes | None) -> None:
    rows = rows or b"".join(b"\0" + bytes([value * 17] * 2) for value in (0, 5, 10, 15))
    key = {2: 1, 4: 5}[bits]
    assert grays(png((4, 4), bits, 0, rows)) == [0, 85, 170, 255]
    assert grays(png((4, 4), bits, 0, rows, png_chunk(b"tRNS", wide(key)))) == [0, 255, 170, 255]


def test_a_transparent_value_of_one_bit() -> None:
    rows = b"\0\x00\0\xf0" * 2
    assert grays(png((4, 4), 1, 0, rows)) == [0, 255, 0, 255]
    assert grays(png((4, 4), 1, 0, rows, png_chunk(b"tRNS", wide(0)))) == [255] * 4


def test_sixteen_bits_with_alpha() -> None:
    seen = (wide(BLACK, 0), wide(FAINT, WHITE), wide(BLACK, MIDDLE), wide(WHITE, WHITE))
    assert grays(png((4, 4), 16, 4, png_rows(*seen))) == [255, 1, 127, 255]


def test_sixteen_bits_of_colour() -> None:
    rows = png_rows(wide(WHITE, 0, FAINT), wide(BLACK, BLACK, BLACK), wide(MIDDLE, 0, 0), wide(0, 0, WHITE))
    assert colours(png((4, 4), 16, 2, rows)) == [[255, 0, 1], [0, 0, 0], [128, 0, 0], [0, 0, 255]]


def test_a_palette_whose_entries_are_partly_transparent() -> None:
    palette = png_chunk(b"PLTE", bytes([0, 0, 0, 100, 0, 0, 0, 100, 0, 9, 9, 9]))
    alpha = png_chunk(b"tRNS", bytes([0, 51, 255]))
    data = png((4, 4), 8, 3, png_rows(b"\0", b"\1", b"\2", b"\3"), palette, alpha)
    assert colours(data) == [[255, 255, 255], [224, 204, 204], [0, 100, 0], [9, 9, 9]]


@pytest.mark.parametrize(
    ("bits", "code", "values"),
    [(8, "B", (0, 1, 128, 255)), (16, "H", (0, 257, 32896, 65535))],
)
def test_a_tiff_in_which_zero_is_white(bits: int, code: str, values: tuple[int, ...]) -> None:
    data = in_rows(code, *values)
    assert grays(gray_tiff(bits, 1, data)) == [0, 1, 128, 255]
    assert grays(gray_tiff(bits, 0, data)) == [255, 254, 127, 0]


def test_a_bilevel_tiff_in_which_zero_is_white() -> None:
    assert grays(gray_tiff(1, 0, b"\0\xf0\0\xf0")) == [255, 0, 255, 0]


def test_twelve_bits_are_not_sixteen() -> None:
    data = b"\x00\x00\x00" * 2 + b"\x80\x08\x00" * 2 + b"\xff\xff\xff" * 4  # 2048, 0, 2048, 0 in the second row
    pixels = to_pixels(open_image(gray_tiff(12, 1, data)), (1, 4, 4))[0]
    assert pixels[0].tolist() == [0] * 4
    assert pixels[1, 0] == 128
    assert pixels[2].tolist() == pixels[3].tolist() == [255] * 4


def test_thirty_two_bits_without_a_sign() -> None:
    assert grays(gray_tiff(32, 1, in_rows("I", 0, 2**30, 2**31, 2**32 - 1))) == [0, 64, 128, 255]
    assert grays(gray_tiff(32, 1, in_rows("I", 0, 257, 32896, 65535))) == [0, 1, 128, 255]


def test_sixteen_bits_with_a_sign() -> None:
    assert grays(gray_tiff(16, 1, in_rows("h", -100, 0, 50, 155), sample_format=2)) == [0, 100, 150, 255]


@pytest.mark.parametrize("greatest", [3e38, 1e-3])
def test_floats_of_any_size(greatest: float) -> None:
    data = in_rows("f", -greatest, 0, greatest / 2, greatest)
    assert grays(gray_tiff(32, 1, data, sample_format=3)) == [0, 128, 191, 255]


@pytest.mark.parametrize(("value", "expected"), [(np.nan, 0), (np.inf, 255), (-np.inf, 0)])
def test_floats_that_are_no_numbers(value: float, expected: int) -> None:
    assert grays(gray_tiff(32, 1, in_rows("f", *[value] * 4), sample_format=3)) == [expected] * 4


def test_a_wide_image_is_scaled_the_same_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    data = gray_tiff(16, 1, np.arange(256, dtype="<u2").tobytes(), side=16)
    whole = to_pixels(open_image(data), (1, 16, 16))
    monkeypatch.setattr("metagen_gui.engine.data.image_files.eight_bits.VALUES_AT_ONCE", 40)
    assert (to_pixels(open_image(data), (1, 16, 16)) == whole).all()
