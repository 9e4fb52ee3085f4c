from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from metagen_gui.gui.look.theme import plot_colours
from metagen_gui.gui.plots.rates.histogram import draw_bars, draw_histogram, span
from tests.gui.snapshots import rates_report

WIDTH, HEIGHT = 200, 70


def painted(draw, *given, **named) -> QImage:
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    image.fill(plot_colours().background)
    painter = QPainter(image)
    draw(painter, QRectF(0, 0, WIDTH, HEIGHT), *given, **named)
    painter.end()
    return image


def columns(image: QImage, colour: QColor) -> list[int]:
    """The columns of pixels in which a colour occurs."""
    return [x for x in range(WIDTH) if any(image.pixelColor(x, y) == colour for y in range(HEIGHT))]


def layer(values) -> object:
    return rates_report(weight=np.asarray(values, dtype=np.float64)[None]).layers[0]


def test_what_goes_uphill_is_left_of_zero_and_in_another_colour(qtbot: QtBot) -> None:
    look = plot_colours()
    image = painted(draw_histogram, layer(np.linspace(-1, 3, 4000)), named=False)
    uphill, downhill = columns(image, look.series[1]), columns(image, look.series[0])
    assert max(uphill) == pytest.approx(WIDTH / 4, abs=2) and min(downhill) == pytest.approx(WIDTH / 4, abs=2)
    assert len(uphill) == pytest.approx(WIDTH / 4, abs=8)
    none = painted(draw_histogram, layer(np.linspace(1, 3, 100)), named=False)
    assert not columns(none, look.series[1])


def test_the_highest_bar_is_the_commonest_rate(qtbot: QtBot) -> None:
    values = np.concatenate([np.full(90, 1.0), np.linspace(0, 2, 64)])
    image, blue = painted(draw_histogram, layer(values), named=False), plot_colours().series[0]
    highs = [sum(image.pixelColor(x, y) == blue for y in range(HEIGHT)) for x in range(WIDTH)]
    assert int(np.argmax(highs)) == pytest.approx(WIDTH / 2, abs=7)
    assert max(highs) > 10 * np.median(highs) > 0


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ([0.1, 0.3], (0, 0.3)),
        ([-0.3, -0.1], (-0.3, 0)),
        ([-1.0, 2.0], (-1, 2)),
        ([5.0, 5.1], (5, 5.1)),
        ([-5.1, -5.0], (-5.1, -5)),
    ],
)
def test_zero_is_on_the_axis_unless_it_is_far(values: list[float], ends: tuple[float, float]) -> None:
    assert span(layer(values)) == pytest.approx(ends)


def test_bars_stand_on_zero_and_hang_from_it(qtbot: QtBot) -> None:
    look = plot_colours()
    steps = rates_report(weight=np.array([[0.4], [-0.2], [0.1]])).layers
    image = painted(draw_bars, steps)

    def rows(colour: QColor) -> list[int]:
        return [y for y in range(HEIGHT) if any(image.pixelColor(x, y) == colour for x in range(WIDTH))]

    assert columns(image, look.series[0])[0] < columns(image, look.series[1])[0]
    assert max(rows(look.series[0])) <= min(rows(look.series[1])) + 1
    assert len(rows(look.series[0])) == pytest.approx(2 * len(rows(look.series[1])), abs=3)


@pytest.mark.parametrize("values", [[[np.nan]] * 3, [[np.inf], [0.1]], [[0.0]], [[1e-30]], [[0.1]] * 100])
def test_any_bars_can_be_drawn(qtbot: QtBot, values) -> None:
    painted(draw_bars, rates_report(weight=np.array(values)).layers)


@pytest.mark.parametrize("values", [[np.nan] * 5, [np.inf, 0.1], [0.0] * 4, [1e-30] * 3, [-1e30, 1e30]])
def test_any_rates_can_be_drawn(qtbot: QtBot, values) -> None:
    painted(draw_histogram, layer(values), named=True)
