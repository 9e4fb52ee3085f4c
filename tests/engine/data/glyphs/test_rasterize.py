from __future__ import annotations

import numpy as np
import pytest

from metagen_gui.engine.data.glyphs.rasterize import rasterize

SIZE = 24


def by_every_pixel(points: np.ndarray, joined: np.ndarray, pen: float) -> np.ndarray:
    """One drawing, the slow way: the distance of every pixel's centre to every segment."""
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    nearest = np.full((SIZE, SIZE), np.inf)
    for start, end, down in zip(points[:-1], points[1:], joined, strict=True):
        if down:
            along = end - start
            position = ((x - start[0]) * along[0] + (y - start[1]) * along[1]) / (along @ along)
            position = np.clip(position, 0, 1)
            away = np.hypot(x - start[0] - position * along[0], y - start[1] - position * along[1])
            nearest = np.minimum(nearest, away)
    return np.clip(pen / 2 + 0.5 - nearest, 0, 1) * 255


@pytest.mark.parametrize("pen", [0.7, 1.4, 4.0])
@pytest.mark.parametrize("spread", [5.0, 14.0])
def test_agrees_with_the_distance_of_every_pixel(pen: float, spread: float) -> None:
    rng = np.random.default_rng(0)
    points = (SIZE / 2 + rng.uniform(-spread, spread, (3, 9, 2))).astype(np.float32)
    joined = rng.random(8) < 0.7
    drawn = rasterize(points, joined, np.full(3, pen, np.float32), SIZE)
    for each, expected in zip(drawn, (by_every_pixel(line, joined, pen) for line in points), strict=True):
        assert np.abs(each - expected).max() <= 0.51 + 1e-2


def test_each_drawing_has_its_own_pen() -> None:
    line = np.array([[6, 12], [18, 12]], np.float32)
    thin, thick = rasterize(np.stack([line, line]), np.array([True]), np.array([1, 3], np.float32), SIZE)
    assert int(thin[:, 12].sum()) == pytest.approx(255 * 1, abs=3)
    assert int(thick[:, 12].sum()) == pytest.approx(255 * 3, abs=3)


def test_a_point_twice_is_a_dot() -> None:
    dot = np.full((1, 2, 2), SIZE / 2, np.float32)
    drawn = rasterize(dot, np.array([True]), np.array([3.0], np.float32), SIZE)[0]
    assert drawn[SIZE // 2, SIZE // 2] == 255
    assert 4 < np.count_nonzero(drawn) < 25


def test_what_is_far_outside_leaves_no_ink() -> None:
    far = np.array([[[-500, 3], [-490, 3], [900, 900], [905, 900]]], np.float32)
    assert not rasterize(far, np.array([True, False, True]), np.array([2.0], np.float32), SIZE).any()
