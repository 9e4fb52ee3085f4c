from __future__ import annotations

import numpy as np
import pytest

from metagen_gui.gui.plots.trend import trend


@pytest.mark.parametrize(
    ("values", "word"),
    [
        (np.linspace(9, 1, 40), "falling"),
        (np.linspace(1, 9, 40), "rising"),
        (np.tile([1.0, 2.0], 20), "level"),
        ([np.nan, 1.0, 2.0, np.inf, 3.0], ""),
        (np.concatenate([np.linspace(100, 1, 500), np.ones(60)]), "level"),
        ((), ""),
    ],
)
def test_a_trend_is_of_the_newest_values(values: np.ndarray, word: str) -> None:
    assert trend(values) == word
