"""Distances of few numbers are added up another way than those of many, and come out the same to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from metagen_gui.engine.metrics import distances as room
from metagen_gui.engine.metrics.distances import FEW, distances


@pytest.mark.parametrize("width", [1, 2, 3, FEW - 1, FEW, 2 * FEW + 1])
@pytest.mark.parametrize("kinds", [("f8", "f8"), ("f4", "f8"), ("f4", "f4")])
def test_they_are_those_of_every_pair_alone(
    width: int, kinds: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "NUMBERS_AT_ONCE", 40)  # in several parts
    random = np.random.default_rng(width)
    a, b = (random.normal(size=(count, width)).astype(kind) for count, kind in zip((9, 7), kinds, strict=True))
    expected = np.array([[np.sqrt(np.square(one - other).sum()) for other in b] for one in a])
    found = distances(a, b)
    assert found.dtype == np.float64 and np.array_equal(found, expected)


def test_there_may_be_none() -> None:
    assert distances(np.zeros((0, 2)), np.zeros((3, 2))).shape == (0, 3)
