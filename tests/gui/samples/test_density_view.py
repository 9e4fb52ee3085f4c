from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from metagen_gui.gui.look.theme import plot_colours
from metagen_gui.gui.samples.density_view import draw_field, draw_ground, draw_points, extent_of, field_span

SIDE = 40
AREA = QRectF(0, 0, SIDE, SIDE)
EXTENT = (-1.0, -1.0, 1.0, 1.0)


def painted(draw, *arguments) -> QImage:
    image = QImage(SIDE, SIDE, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    draw(painter, AREA, *arguments)
    painter.end()
    return image


def dark(image: QImage) -> np.ndarray:
    return np.array([[255 - image.pixelColor(x, y).red() for x in range(SIDE)] for y in range(SIDE)])


def test_y_points_up() -> None:
    seen = dark(painted(draw_points, np.array([[0.5, 0.5]]), EXTENT, QColor("black"), 4.0, 1.0))
    y, x = np.argwhere(seen > 200).mean(axis=0)
    assert (x, y) == (pytest.approx(29.5, abs=1), pytest.approx(9.5, abs=1))


def test_points_that_cannot_be_drawn_are_left_out() -> None:
    points = np.array([[np.nan, 0], [np.inf, 0], [0, -np.inf], [5, 5], [1e300, 0]])
    assert not dark(painted(draw_points, points, EXTENT, QColor("black"), 4.0, 1.0)).any()


def test_points_at_the_edge_do_not_come_in_on_the_other_side() -> None:
    seen = dark(painted(draw_points, np.array([[1.0, 0.0]]), EXTENT, QColor("black"), 6.0, 1.0))
    assert seen[:, -1].any() and not seen[:, :30].any()


def test_a_dot_covers_its_area_and_dots_add_up() -> None:
    single = painted(draw_points, np.array([[0.01, 0.01]]), EXTENT, QColor("black"), 10.0, 1.0)
    assert dark(single).sum() / 255 == pytest.approx(np.pi * 25, rel=0.05)
    half = QColor(0, 0, 0, 128)
    once, twice = (dark(painted(draw_points, np.zeros((n, 2)), EXTENT, half, 10.0, 1.0)).max() for n in (1, 2))
    assert once == pytest.approx(128, abs=3) and twice == pytest.approx(191, abs=3)


def test_the_density_stands_upright(qtbot: QtBot) -> None:
    density = np.zeros((8, 8), dtype=np.float32)
    density[0, :] = 1  # row 0 is the bottom
    image = painted(draw_ground, density, plot_colours())
    assert image.pixelColor(20, 2) == plot_colours().background
    assert image.pixelColor(20, 38) != plot_colours().background


def test_a_field_is_clear_where_it_is_undecided(qtbot: QtBot) -> None:
    field = np.linspace(-2, 2, 9, dtype=np.float32)[None, :].repeat(9, axis=0)
    image = painted(draw_field, field, (-2.0, 2.0), plot_colours())
    low, middle, high = (image.pixelColor(x, 20) for x in (1, 20, 38))
    assert abs(middle.red() - plot_colours().background.red()) < 12
    assert low.red() > low.green() and high.green() > high.red()


def test_the_span_of_a_field() -> None:
    low, high = field_span(np.linspace(-1, 3, 1000, dtype=np.float32).reshape(10, 10, 10))
    assert low == -high and 2.5 < high <= 3
    low, high = field_span(np.linspace(10, 12, 1000, dtype=np.float32).reshape(10, 10, 10))
    assert low < 10.1 and high > 11.9 and (low + high) / 2 == pytest.approx(11, abs=0.01)
    assert field_span(np.full((1, 2, 2), np.nan, dtype=np.float32)) == (-1.0, 1.0)


def test_an_extent_of_its_own_holds_every_point() -> None:
    left, bottom, right, top = extent_of([np.array([[[0.0, 0.0], [4.0, 1.0]]]), np.array([[np.nan, 9.0]])])
    assert left < 0 and right > 4 and bottom < 0 and top > 1
    assert right - left == pytest.approx(top - bottom)
    assert extent_of([np.full((2, 2), np.nan)]) == (-1, -1, 1, 1)
