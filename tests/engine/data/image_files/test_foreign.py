"""A file that is called an image and is something else is called what it is."""

from __future__ import annotations

import pytest

from metagen_gui.engine.data.image_files.decode import open_image
from metagen_gui.engine.data.image_files.listing import Unusable


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC image, which cannot be read; save it as PNG or JPEG"),
        (b"\0\0\0\x20ftypavif\0\0\0\0", "an AVIF image, which cannot be read; save it as PNG or JPEG"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 image, which cannot be read"),
        (b"8BPS\0\1", "a Photoshop file, which cannot be read"),
        (b"\x89PNG\r\n\x1a\n\0\0", "damaged"),
        (b"\xff\xd8\xff\xe0", "damaged"),
        (b"GIF89a", "damaged"),
        (b"RIFF\x08\0\0\0WEBPVP8", "damaged"),
        (b"PK\3\4rest", "not an image but a zip"),
        (b"%PDF-1.7", "not an image but a PDF"),
        (b"\n<!DOCTYPE html><p>404", "not an image but a web page"),
        (b'<?xml version="1.0"?><svg width="1"/>', "an SVG drawing, which cannot be read; save it as PNG"),
        (b'<?xml version="1.0"?><note/>', "not an image"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "not an image"),
        (b"\xff" * 300, "not an image"),
    ],
)
def test_what_it_is(data: bytes, says: str) -> None:
    with pytest.raises(Unusable) as caught:
        open_image(data)
    assert str(caught.value) == says
