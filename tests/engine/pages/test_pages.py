"""The parts of a page: round ticks, curves that stay in their frame, pictures, text that cannot become markup."""

from __future__ import annotations

import base64
import io
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from metagen_gui.engine.pages.charts import Curve, chart, ticks
from metagen_gui.engine.pages.page import page, table
from metagen_gui.engine.pages.pictures import strip
from metagen_gui.engine.pages.plane import Spot, plane


def curve(*means: float, name: str = "MAML", half: float = 0.5, untrained: bool = False) -> Curve:
    count = len(means)
    return Curve(name, 1, tuple(range(count)), means, (half,) * count, (9,) * count, 1, untrained)


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_are_few_round_and_inside(low: float, size: float) -> None:
    found = ticks(low, low + size)
    assert len(found) <= 7
    assert all(low - 1e-6 * abs(low) - 1e-9 <= value <= low + size + 1e-6 * abs(low) + 1e-9 for value in found)


def test_ticks_by_hand() -> None:
    assert ticks(0, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]


def heights(drawn: str) -> list[float]:
    (line,) = re.findall(r'class="line c1" points="([^"]+)"', drawn)
    return [float(point.split(",")[1]) for point in line.split()]


def test_a_larger_mean_is_drawn_higher_and_an_arm_that_does_not_adapt_as_a_level_line() -> None:
    drawn = chart([curve(1.0, 2.0, 4.0), curve(3.0, name="Joint")], "A & B")
    first, second, third = heights(drawn)
    assert first > second > third and first - second == pytest.approx((second - third) / 2, abs=0.2)
    assert drawn.count('class="level c1"') == 1 and "A &amp; B" in drawn


def test_random_weights_do_not_squeeze_the_others() -> None:
    alone = heights(chart([curve(1.0, 2.0, 4.0)], ""))
    drawn = chart([curve(1.0, 2.0, 4.0), curve(900.0, 800.0, 5.0, untrained=True)], "")
    (line, _) = re.findall(r'class="line c1" points="([^"]+)"', drawn)
    assert [float(point.split(",")[1]) for point in line.split()] == alone


def test_what_is_not_finite_is_left_out() -> None:
    assert len(heights(chart([curve(1.0, math.nan, 4.0)], ""))) == 2
    assert chart([curve(math.nan, math.nan)], "") == ""


def test_pictures_are_images_in_the_page_itself() -> None:
    def read(uri: str) -> Image.Image:
        return Image.open(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/png;base64,"))))

    images = np.zeros((9, 1, 8, 8), np.float32)
    images[0, 0, 2, 3] = 1.0
    drawn = np.asarray(read(strip(images)))
    assert drawn.shape == (20, 6 * 20) and drawn[2 * 3, 2 * 4] == 0 and drawn[2 * 3, 2 * 14] == 255
    assert np.asarray(read(strip(np.zeros((2, 3, 8, 8), np.float32)))).shape == (20, 40, 3)
    points = np.array([[2.0, 2.0], [np.nan, 0.0], [99.0, 0.0]], np.float32)
    right_and_up = np.argwhere(np.asarray(read(strip(points))) < 150)
    assert len(right_and_up) == 1 and right_and_up[0][0] < 43 < right_and_up[0][1]


def test_text_cannot_become_markup() -> None:
    drawn = page("<script>", [table(("<b>",), [("<img src=x onerror=y>",)])])
    assert "<script" not in drawn and "<img" not in drawn and "<b>" not in drawn


def test_spots_lie_where_they_score_and_names_do_not_lie_on_each_other() -> None:
    spots = [Spot("Real", 1.0, 0.1, 0.9, 0.05), Spot("B", 0.5, 0.0, 0.88, math.nan, 4), Spot("C", 0.5, 0.0, 0.88, 0, 5)]
    drawn = plane([*spots, Spot("nowhere", math.nan, 0, 0.5, 0)], "Plane", "diversity", "recognizability")
    found = re.findall(r'class="dot (\w+)" cx="([^"]+)" cy="([^"]+)"', drawn)
    at = {kind: (float(x), float(y)) for kind, x, y in found}
    assert at["c4"] == at["c5"] and at["mark"][0] > at["c4"][0] and at["mark"][1] < at["c4"][1]
    assert "nowhere" not in drawn and "diversity" in drawn and "recognizability" in drawn
    places = [(float(x), float(y)) for x, y in re.findall(r'x="([^"]+)" y="([^"]+)">[BC]</text>', drawn)]
    assert len(places) == 2 and (abs(places[0][0] - places[1][0]) > 7 or abs(places[0][1] - places[1][1]) >= 13)
    assert plane([Spot("nowhere", math.nan, 0, 0.5, 0)], "", "", "") == ""
    beyond = plane([Spot("far", 9.0, 0, -0.5, 0, 1)], "", "", "")
    assert 'cy="260.0"' in beyond, "what is below the plane is drawn at its edge"
