"""One rule per mode, by golden values, and nothing but `Unusable` from whatever bytes come along."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from metagen_gui.engine.data.image_files.decode import MAX_PIXELS, Pixels, open_image, to_pixels
from metagen_gui.engine.data.image_files.listing import Unusable

Encode = Callable[..., bytes]
GRAY, RGB = (1, 4, 4), (3, 4, 4)


def decoded(data: bytes, shape: tuple[int, int, int] = GRAY) -> Pixels:
    return to_pixels(open_image(data), shape)


def ramp(dtype: str, *values: float) -> Image.Image:
    """Four rows of four equal pixels, one value per row."""
    return Image.fromarray(np.repeat(np.array(values, dtype)[:, None], 4, axis=1))


def rows(pixels: Pixels) -> list[int]:
    assert (pixels == pixels[..., :1]).all()
    return [int(row) for row in pixels[0, :, 0]]


def test_gray_is_kept_to_the_last_bit(encode: Encode) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (4, 4), np.uint8)
    assert (decoded(encode(Image.fromarray(noise)))[0] == noise).all()


def test_rgb_keeps_its_channels_and_turns_gray_by_luma(encode: Encode) -> None:
    data = encode(Image.new("RGB", (4, 4), (255, 0, 51)))
    assert decoded(data, RGB)[:, 0, 0].tolist() == [255, 0, 51]
    assert rows(decoded(data)) == [82] * 4  # 0.299·255 + 0.114·51


def test_gray_in_three_channels_is_the_same_thrice(encode: Encode) -> None:
    assert decoded(encode(Image.new("L", (4, 4), 77)), RGB)[:, 0, 0].tolist() == [77, 77, 77]


def test_one_bit_becomes_black_and_white(encode: Encode) -> None:
    image = Image.new("1", (4, 4), 1)
    image.paste(0, (0, 0, 4, 2))
    assert rows(decoded(encode(image))) == [0, 0, 255, 255]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_not_clipped(encode: Encode, kind: str) -> None:
    assert rows(decoded(encode(ramp("uint16", 0, 257, 32896, 65535), kind))) == [0, 1, 128, 255]


def test_big_endian_sixteen_bits(encode: Encode) -> None:
    assert rows(decoded(encode(ramp(">u2", 0, 257, 32896, 65535), "TIFF"))) == [0, 1, 128, 255]


def test_sixteen_bit_pgm() -> None:
    data = b"P5 4 4 65535\n" + np.repeat(np.array([0, 257, 32896, 65535], ">u2"), 4).tobytes()
    assert rows(decoded(data)) == [0, 1, 128, 255]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((0, 0.2, 0.6, 0.8), [0, 51, 153, 204]),  # in [0, 1]: values keep their meaning
        ((-1, 0, 1, 3), [0, 64, 128, 255]),  # anything else: from its range
        ((0, np.nan, np.inf, 1000), [0, 0, 255, 255]),
        ((7, 7, 7, 7), [0, 0, 0, 0]),
    ],
)
def test_float_tiff(encode: Encode, values: tuple[float, ...], expected: list[int]) -> None:
    assert rows(decoded(encode(ramp("float32", *values), "TIFF"))) == expected


def test_thirty_two_bit_integers(encode: Encode) -> None:
    assert rows(decoded(encode(ramp("int32", -5, 0, 5, 10), "TIFF"))) == [0, 85, 170, 255]


def test_black_ink_on_transparency_lies_on_white(encode: Encode) -> None:
    image = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 4, 1))
    image.paste((0, 0, 0, 51), (0, 1, 4, 2))
    assert rows(decoded(encode(image))) == [0, 204, 255, 255]
    assert rows(decoded(encode(image.convert("LA")))) == [0, 204, 255, 255]


def test_palette_with_a_transparent_entry(encode: Encode) -> None:
    image = Image.new("P", (4, 4), 0)
    image.putpalette([0, 0, 0, 200, 100, 50])
    image.paste(1, (0, 0, 4, 2))
    assert decoded(encode(image), RGB)[:, :, 0].tolist() == [[200, 200, 0, 0], [100, 100, 0, 0], [50, 50, 0, 0]]
    assert decoded(encode(image, transparency=0), RGB)[:, 3, 0].tolist() == [255, 255, 255]


def test_gray_with_a_transparent_value(encode: Encode) -> None:
    assert rows(decoded(encode(Image.new("L", (4, 4), 9), transparency=9))) == [255] * 4


def test_cmyk(encode: Encode) -> None:
    data = encode(Image.new("CMYK", (4, 4), (0, 255, 255, 0)), "TIFF")
    assert decoded(data, RGB)[:, 0, 0].tolist() == [255, 0, 0]


def test_exif_turns_the_image(encode: Encode) -> None:
    image = Image.new("L", (4, 4), 255)
    image.paste(0, (0, 0, 1, 4))  # a black column on the left
    exif = Image.Exif()
    exif[0x0112] = 6  # was taken with the camera turned: the left belongs at the top
    assert rows(decoded(encode(image, exif=exif))) == [0, 255, 255, 255]


def test_first_frame_of_an_animation(encode: Encode) -> None:
    first, second = (Image.new("L", (4, 4), value) for value in (40, 200))
    for kind, options in (("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {})):
        data = encode(first, kind, save_all=True, append_images=[second], **options)
        assert rows(decoded(data)) == [40] * 4, kind


def test_shrinking_is_by_area(encode: Encode) -> None:
    checks = np.indices((16, 16)).sum(0) % 2 * 254
    assert (decoded(encode(Image.fromarray(checks.astype(np.uint8)))) == 127).all()


def test_a_large_jpeg_is_the_same_as_its_small_self(encode: Encode) -> None:
    slope = np.tile(np.linspace(0, 240, 512).astype(np.uint8), (512, 1))
    pixels = decoded(encode(Image.fromarray(slope), "JPEG", quality=95))
    assert np.abs(pixels[0].astype(int) - [30, 90, 150, 210]).max() <= 2


def test_aspect_is_kept_and_the_rest_has_the_colour_of_the_border(encode: Encode) -> None:
    image = Image.new("RGB", (8, 4), (10, 20, 30))
    image.paste((250, 250, 250), (2, 1, 6, 3))
    pixels = decoded(encode(image), (3, 8, 8))
    assert pixels[:, 0, 0].tolist() == pixels[:, 7, 7].tolist() == [10, 20, 30]
    assert (pixels == 250).all(axis=0).sum() == 8


@pytest.mark.parametrize("size", [(1, 500), (500, 1), (1, 1)])
def test_thin_images(encode: Encode, size: tuple[int, int]) -> None:
    assert (decoded(encode(Image.new("L", size, 90))) == 90).all()


# -- hostile bytes ---------------------------------------------------------------------------------------------------


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(20_000, 20_000), (5_001, 5_000), (10_000, 10_000), (2**31 - 1, 2**31 - 1)])
def test_too_many_pixels_are_refused_from_the_header(size: tuple[int, int]) -> None:
    assert size[0] * size[1] > MAX_PIXELS
    with pytest.raises(Unusable, match=r"too (many|large)"):
        open_image(png_header(*size))


@pytest.mark.parametrize(
    ("kind", "why"),
    [("PNG", "truncated"), ("JPEG", "truncated"), ("BMP", "truncated"), ("TIFF", "truncated"), ("WEBP", "damaged")],
)
def test_truncated(encode: Encode, kind: str, why: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    data = encode(Image.fromarray(noise), kind)
    with pytest.raises(Unusable, match=why):
        decoded(data[: len(data) * 2 // 3])


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"", "empty"), (b"a shopping list", "not an image"), (b"%!PS-Adobe-3.0 EPSF-3.0\n", "not an image")],
)
def test_not_images(data: bytes, why: str) -> None:
    with pytest.raises(Unusable, match=why):
        open_image(data)


def test_formats_that_run_other_programs_are_not_tried() -> None:
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 4 4\n%%EndComments\n%%EOF\n"
    assert Image.open(io.BytesIO(eps)).format == "EPS"
    with pytest.raises(Unusable, match="not an image"):
        open_image(eps)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_flipped_bytes_give_pixels_or_unusable(encode: Encode, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM"]))
    whole = bytearray(encode(Image.new("RGB", (6, 5), (9, 99, 199)), kind))
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=6)):
        whole[place] = data.draw(st.integers(0, 255))
    try:
        pixels = decoded(bytes(whole), RGB)
    except Unusable:
        return
    assert pixels.shape == RGB and pixels.dtype == np.uint8


def test_a_jpeg_of_many_pixels_is_shrunk_while_it_is_decoded(encode: Encode) -> None:
    image = Image.new("L", (6000, 5000), 255)
    image.paste(0, (0, 0, 3000, 5000))
    assert image.width * image.height > MAX_PIXELS
    opened = open_image(encode(image, "JPEG"))
    assert to_pixels(opened, (1, 10, 12))[0, 5].tolist() == [0] * 6 + [255] * 6
    assert opened.width * opened.height < MAX_PIXELS / 20  # what was held in memory
    with pytest.raises(Unusable, match="pixels are too many"):
        open_image(encode(image, "JPEG", progressive=True))
    with pytest.raises(Unusable, match="pixels are too many"):
        open_image(encode(image.convert("1"), "PNG"))
