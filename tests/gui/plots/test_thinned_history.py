from __future__ import annotations

import numpy as np
import pytest

from metagen_gui.gui.plots.thinned_history import ThinnedHistory


@pytest.mark.parametrize("limit", [2, 3, 8, 21])
def test_evenly_spaced_bounded_and_always_the_newest(limit: int) -> None:
    history: ThinnedHistory[int] = ThinnedHistory(limit)
    for item in range(500):
        history.add(item)
        assert 1 <= len(history) <= limit
        assert history[-1] == item and history[0] == 0
        spacing = np.diff(history.items)
        assert len(set(spacing[:-1])) <= 1
        assert len(spacing) < 2 or 0 < spacing[-1] <= spacing[0]


def test_a_long_run_keeps_at_least_about_half_the_limit() -> None:
    history: ThinnedHistory[int] = ThinnedHistory(40)
    for item in range(1000):
        history.add(item)
        assert len(history) >= min(item + 1, 20)


def test_after_a_cut_it_goes_on_evenly() -> None:
    history: ThinnedHistory[int] = ThinnedHistory(8)
    for item in range(30):
        history.add(item)
    kept = [item for item in history.items if item < 17]
    history.cut(len(kept))
    assert list(history.items) == kept
    for item in range(kept[-1] + 1, 60):
        history.add(item)
    assert len(set(np.diff(history.items)[:-1])) == 1
    assert history[-1] == 59
