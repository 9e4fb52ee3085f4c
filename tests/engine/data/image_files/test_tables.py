"""Files that are small, declare few pixels, and would take all memory or hours: refused; honest ones pass."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from metagen_gui.engine.data.image_files.decode import open_image, to_pixels
from metagen_gui.engine.data.image_files.listing import Unusable
from metagen_gui.engine.data.image_files.tables import MOST_PIECES, MOST_SCANS, objection
from tests.engine.data.image_files.raw_images import LONG, cut_tiff, tiff

Encode = Callable[..., bytes]


@pytest.mark.parametrize("tiles", [False, True])
@pytest.mark.parametrize("big", [False, True])
def test_a_tiff_in_a_million_pieces(tiles: bool, big: bool) -> None:
    with pytest.raises(Unusable, match="cut into too many pieces"):
        open_image(cut_tiff(MOST_PIECES + 1, tiles=tiles, big=big))
    assert objection(cut_tiff(MOST_PIECES, tiles=tiles, big=big)) == ""


def test_the_other_byte_order() -> None:
    data = b"MM\0*" + struct.pack(">IH", 8, 1) + struct.pack(">HHII", 273, LONG, MOST_PIECES + 1, 0)
    assert objection(data) == "it is cut into too many pieces"


def test_a_tiff_of_sixty_thousand_tags() -> None:
    assert objection(tiff([(1000 + tag, LONG, 1, 0) for tag in range(60_000)], 0)) == "damaged"


@pytest.mark.parametrize("data", [b"II*\0", b"II*\0\xff\xff\xff\xff", b"II+\0" + b"\xff" * 20, b"MM\0*\0\0\0\x08\xff"])
def test_tables_beyond_the_end(data: bytes) -> None:
    assert objection(data) == "truncated"
    with pytest.raises(Unusable, match="truncated"):
        open_image(data)


def scans(data: bytes, more: int) -> bytes:
    """A progressive JPEG whose last scan is drawn `more` times again."""
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * more + data[-2:]


def test_a_jpeg_that_is_drawn_over_and_over(encode: Encode) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    data = encode(noise, "JPEG", progressive=True, quality=95)
    assert 5 < data.count(b"\xff\xda") < MOST_SCANS / 2
    with pytest.raises(Unusable, match="drawn over too many times"):
        open_image(scans(data, MOST_SCANS))
    assert to_pixels(open_image(data), (3, 8, 8)).shape == (3, 8, 8)


def test_honest_tiffs_pass(encode: Encode) -> None:
    picture = Image.new("RGB", (300, 200), (9, 99, 199))
    for options in ({}, {"compression": "tiff_lzw"}, {"tiffinfo": {278: 1}}, {"big_tiff": True}):
        data = encode(picture, "TIFF", **options)
        assert to_pixels(open_image(data), (3, 4, 4))[:, 1, 0].tolist() == [9, 99, 199], options


def test_a_tiff_whose_pages_lead_in_a_circle(encode: Encode) -> None:
    data = bytearray(encode(Image.new("L", (8, 8), 7), "TIFF"))
    (start,) = struct.unpack_from("<I", data, 4)
    (tags,) = struct.unpack_from("<H", data, start)
    struct.pack_into("<I", data, start + 2 + 12 * tags, start)
    assert (to_pixels(open_image(bytes(data)), (1, 4, 4)) == 7).all()


def test_a_gif_whose_frame_is_larger_than_its_screen() -> None:
    buffer = io.BytesIO()
    Image.new("P", (8, 8)).save(buffer, "GIF")
    data = bytearray(buffer.getvalue())
    struct.pack_into("<HH", data, data.index(b",") + 5, 65535, 65535)
    with pytest.raises(Unusable, match="too"):
        to_pixels(open_image(bytes(data)), (1, 4, 4))
