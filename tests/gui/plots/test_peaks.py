"""A long curve in few points: what it hides, and what it must not."""

from __future__ import annotations

import numpy as np
import pytest

from metagen_gui.gui.plots.peaks import FEW, Peaks

EVERYTHING = (-np.inf, np.inf)


def noise(count: int) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(count, dtype=np.float64), np.random.default_rng(0).standard_normal(count)


@pytest.mark.parametrize("count", [0, 1, FEW])
def test_few_points_stay_as_they_are(count: int) -> None:
    x, y = noise(count)
    at, values = Peaks().outline(x, y, *EVERYTHING)
    assert np.array_equal(at, x) and np.array_equal(values, y)


@pytest.mark.parametrize("count", [FEW + 1, 100_003, 1_000_000])
def test_many_points_become_few_and_keep_every_extreme(count: int) -> None:
    x, y = noise(count)
    lonely = count // 3
    y[lonely], y[lonely + 1] = 50.0, -50.0
    at, values = Peaks().outline(x, y, *EVERYTHING)
    assert len(at) == len(values) <= FEW // 4
    assert np.all(np.diff(at) >= 0) and at[-1] == x[-1]
    stretch = count // 2048 + 16
    for peak in (50.0, -50.0):
        assert abs(float(at[values == peak][0]) - lonely) <= stretch


def test_a_growing_curve_is_outlined_as_if_it_came_at_once() -> None:
    x, y = noise(200_000)
    growing = Peaks()
    for end in (FEW + 5, 70_001, 70_002, 150_000, 200_000):
        grown = growing.outline(x[:end], y[:end], *EVERYTHING)
        at_once = Peaks().outline(x[:end], y[:end], *EVERYTHING)
        assert all(np.array_equal(ours, theirs) for ours, theirs in zip(grown, at_once, strict=True))


def test_what_was_forgotten_is_looked_at_again() -> None:
    x, y = noise(100_000)
    peaks = Peaks()
    peaks.outline(x, y, *EVERYTHING)
    peaks.forget()
    assert peaks.outline(x, y + 100, *EVERYTHING)[1].min() > 50


def test_a_gap_is_a_gap_only_where_nothing_is_finite() -> None:
    x, y = noise(500_000)
    y[1000], y[1001], y[1002] = np.nan, -70.0, 70.0
    y[50_000:50_050] = np.nan
    y[200_000:300_000] = np.nan
    at, values = Peaks().outline(x, y, *EVERYTHING)
    assert np.nanmin(values) == -70.0 and np.nanmax(values) == 70.0
    missing = at[np.isnan(values)]
    assert missing.min() >= 200_000 and missing.max() < 300_000
    assert missing.max() - missing.min() > 90_000


def test_a_part_is_drawn_finely_with_a_point_beyond_each_side() -> None:
    x, y = noise(1_000_000)
    at, values = Peaks().outline(x, y, 500_000.5, 510_000.5)
    assert np.array_equal(at, x[500_000:510_002]) and np.array_equal(values, y[500_000:510_002])
    wide, _ = Peaks().outline(x, y, 300_000, 700_000)
    assert wide[0] <= 300_000 and wide[-1] >= 700_000
    assert len(wide) > 2000
    outside, _ = Peaks().outline(x, y, 2e6, 3e6)
    assert len(outside) <= 1
