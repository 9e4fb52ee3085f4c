"""Drawings as SVG and as pixels: the same shapes, and words that are no markup."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from metagen_gui.engine.pages.drawing import Box, Dots, Drawing, Line, Pixels, Words

HOSTILE = "</text><script>alert(1)</script>"


def test_both_ways_show_the_same_shapes() -> None:
    picture = np.zeros((2, 2, 3), np.uint8)
    picture[0, 0] = 255, 0, 0
    drawing = Drawing(60, 40, HOSTILE)
    drawing.add(Line([(2, 35), (58, 35)], "#0000ff", 4), Dots([(50, 10)], "#00ff00", 5), Box((1, 1), (58, 38)))
    drawing.add(Pixels((10, 10), (10, 10), picture), Words((30, 20), HOSTILE))
    root = ElementTree.fromstring(drawing.svg())
    names = [child.tag.rpartition("}")[2] for child in root]
    assert names == ["title", "rect", "polyline", "g", "rect", "image", "text"]
    assert root[0].text == root[-1].text == HOSTILE
    frame = drawing.frame(2)
    assert frame.shape == (80, 120, 3) and frame.dtype == np.uint8
    assert frame[70, 60].tolist() == [0, 0, 255] and frame[20, 100].tolist() == [0, 255, 0]
    assert frame[21, 21].tolist() == [255, 0, 0] and frame[38, 38].tolist() == [0, 0, 0]
    with Image.open(io.BytesIO(drawing.png(2))) as image:
        assert np.array_equal(np.asarray(image), frame)


def test_dashes_leave_gaps() -> None:
    drawing = Drawing(100, 10, "")
    drawing.add(Line([(0, 5), (100, 5)], "#000000", 2, dashed=True))
    row = drawing.frame(1)[5, :, 0]
    assert 0.25 < (row > 128).mean() < 0.5
