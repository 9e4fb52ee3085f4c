from __future__ import annotations

import numpy as np
import pytest

from metagen_gui.engine.data.glyphs import hershey
from metagen_gui.engine.data.glyphs.drawer import HANDS, SHARE, Style, draw

GLYPH = hershey.alphabets()[0].glyph(0)


def drawings(style: Style, seed: int = 0) -> np.ndarray:
    return draw(GLYPH, SHARE, style, np.random.default_rng(seed))


@pytest.mark.parametrize("size", [16, 28, 64])
def test_twenty_different_drawings_inside_the_frame(size: int) -> None:
    drawn = drawings(Style(size=size))
    assert drawn.shape == (HANDS, size, size)
    assert drawn.dtype == np.uint8
    assert len({each.tobytes() for each in drawn}) == HANDS
    assert drawn.max(axis=(1, 2)).min() > 150
    border = np.concatenate([drawn[:, [0, -1]].ravel(), drawn[:, :, [0, -1]].ravel()])
    assert border.mean() < 2


def test_the_same_seed_gives_the_same_drawings() -> None:
    assert drawings(Style()).tobytes() == drawings(Style()).tobytes()
    assert drawings(Style()).tobytes() != drawings(Style(), seed=1).tobytes()


def test_without_variation_all_hands_are_one() -> None:
    drawn = drawings(Style(variation=0))
    assert (drawn == drawn[0]).all()


def test_hands_differ_more_with_more_variation() -> None:
    spread = [drawings(Style(variation=v)).astype(float).std(axis=0).mean() for v in (0.3, 1.0, 2.0)]
    assert spread[0] < spread[1] < spread[2]


def test_the_pen_grows_with_the_image() -> None:
    small, large = (drawings(Style(size=size)).mean() / 255 for size in (28, 64))
    assert large == pytest.approx(small, rel=0.05)
    assert drawings(Style(pen=2 * Style.pen)).mean() / 255 == pytest.approx(2 * small, rel=0.2)
