from __future__ import annotations

import numpy as np
from PySide6.QtGui import QColor, QImage

from metagen_gui.gui.samples.image_mosaic import Frame, Tones, draw_mosaic

PLAIN = Tones("#ffffff", "#000000")


def pixel(picture: QImage, x: int, y: int) -> tuple[int, int, int, int]:
    colour = QColor(picture.pixelColor(x, y))
    return colour.red(), colour.green(), colour.blue(), colour.alpha()


def test_rows_stay_rows_and_ink_is_ink() -> None:
    image = np.zeros((1, 1, 2, 3), dtype=np.uint8)
    image[0, 0, 0, 2] = 255  # first row, third column
    picture = draw_mosaic(image, Frame(1, 1, (3, 2), gap=0), PLAIN)
    assert pixel(picture, 2, 0) == (0, 0, 0, 255)
    assert pixel(picture, 0, 1) == pixel(picture, 1, 0) == (255, 255, 255, 255)


def test_whole_factors_are_exact_squares() -> None:
    checks = (np.indices((4, 4)).sum(axis=0) % 2 * 255).astype(np.uint8)
    picture = draw_mosaic(checks[None, None], Frame(1, 1, (12, 12), gap=0), PLAIN)
    seen = np.array([[255 - pixel(picture, x, y)[0] for x in range(12)] for y in range(12)])
    assert np.array_equal(seen, np.kron(checks, np.ones((3, 3))))


def test_other_factors_keep_strokes_equally_dark() -> None:
    for place in range(28):
        image = np.zeros((1, 1, 28, 28), dtype=np.uint8)
        image[0, 0, :, place] = 255
        picture = draw_mosaic(image, Frame(1, 1, (31, 31), gap=0), PLAIN)
        ink = sum(255 - pixel(picture, x, 15)[0] for x in range(31)) / 255
        assert abs(ink - 31 / 28) < 0.1


def test_examples_fill_row_by_row_and_free_slots_stay_clear() -> None:
    values = np.array([0, 100, 200], dtype=np.uint8)
    images = np.ones((3, 1, 4, 4), dtype=np.uint8) * values[:, None, None, None]
    picture = draw_mosaic(images, Frame(2, 2, (5, 5), gap=1), PLAIN)
    assert [255 - pixel(picture, x, y)[0] for x, y in ((2, 2), (7, 2), (2, 7))] == [0, 100, 200]
    assert pixel(picture, 7, 7)[3] == 0
    assert pixel(picture, 4, 2)[3] == 0


def test_colours_stay_as_they_are() -> None:
    image = np.zeros((1, 3, 2, 2), dtype=np.uint8)
    image[0, :, 1, 0] = (10, 120, 230)
    picture = draw_mosaic(image, Frame(1, 1, (4, 4), gap=0), PLAIN)
    assert pixel(picture, 0, 3) == (10, 120, 230, 255)
    assert pixel(picture, 3, 3) == (0, 0, 0, 255)


def test_no_examples_no_picture() -> None:
    picture = draw_mosaic(np.zeros((0, 1, 4, 4), dtype=np.uint8), Frame(1, 1, (5, 5)), PLAIN)
    assert pixel(picture, 2, 2)[3] == 0
