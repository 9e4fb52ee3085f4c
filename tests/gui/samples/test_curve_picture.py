from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from metagen_gui.engine.events import Snapshot
from metagen_gui.gui.look.theme import plot_colours
from metagen_gui.gui.samples.columns import QUERY, SUPPORT, Column
from metagen_gui.gui.samples.curve_picture import curve_error, curve_extent, draw_curve_cell, lost_curve
from tests.gui.snapshots import curve_snapshot

SIZE = QSize(120, 90)


def cell(snapshot: Snapshot, column: Column, task: int = 0) -> QImage:
    return draw_curve_cell(snapshot, task, column, SIZE, 1.0)


def coloured(image: QImage, colour: QColor) -> np.ndarray:
    """Where pixels are nearly of a colour: `(n, 2)`, rows and columns."""
    seen = [
        (y, x)
        for y in range(image.height())
        for x in range(image.width())
        if abs((pixel := image.pixelColor(x, y)).red() - colour.red()) < 40
        and abs(pixel.green() - colour.green()) < 40
        and abs(pixel.blue() - colour.blue()) < 40
    ]
    return np.array(seen).reshape(-1, 2)


def without_points(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, support=np.full_like(snapshot.support, np.nan), query=np.full_like(snapshot.query, np.nan))


def test_the_range_holds_the_truth_and_all_points_and_small_waves_look_small() -> None:
    snapshot = curve_snapshot(0, tasks=6)
    left, bottom, right, top = curve_extent(snapshot, 5)
    assert (left, right) == (-5, 5) and 6 < top < 8 and -8 < bottom < -6
    low = curve_extent(snapshot, 0)
    assert 1 < low[3] < top / 2, "a wave of height 1 beside one of 6"
    assert 2 * low[3] >= 0.4 * 2 * 6
    far = snapshot.support.copy()
    far[0, 0, 1] = 40
    assert curve_extent(replace(snapshot, support=far), 0)[3] > 40


def test_the_range_does_not_follow_the_curves() -> None:
    wild = replace(curve_snapshot(0), curves=np.full((2, 3, 41), 1e30, dtype=np.float32))
    assert curve_extent(wild, 1) == curve_extent(curve_snapshot(0), 1)


def test_nothing_finite_has_a_range_too() -> None:
    nothing = without_points(curve_snapshot(0, truth=False))
    left, bottom, right, top = curve_extent(nothing, 0)
    assert bottom < 0 < top and left < right


def test_the_curve_of_a_step_is_in_its_place(qtbot: QtBot) -> None:
    snapshot = without_points(curve_snapshot(0, tasks=1, truth=False))
    level = replace(snapshot, curves=np.full((1, 3, 41), 0.5, dtype=np.float32))
    rows = coloured(cell(level, Column("samples", 0)), plot_colours().series[1])[:, 0]
    _, bottom, _, top = curve_extent(level, 0)
    assert rows.mean() == pytest.approx(1 + (top - 0.5) / (top - bottom) * 88, abs=1.0)


def test_columns_show_what_belongs_to_them(qtbot: QtBot) -> None:
    look, snapshot = plot_colours(), curve_snapshot(0, tasks=1)
    support, step, query = (cell(snapshot, column) for column in (SUPPORT, Column("samples", 0), QUERY))
    assert [len(coloured(each, look.series[1])) > 50 for each in (support, step, query)] == [False, True, False]
    bare = without_points(snapshot)
    assert not len(coloured(cell(bare, SUPPORT), look.muted)), "the support is points and nothing else"
    assert len(coloured(cell(bare, QUERY), look.muted)) > 30
    dots = [coloured(image, look.foreground) for image in (support, query)]
    assert all(len(each) > 20 for each in dots)
    other = replace(snapshot, query=snapshot.query / 2)
    assert cell(other, QUERY) != query and cell(other, SUPPORT) == support
    assert set(map(tuple, dots[0])) & set(map(tuple, coloured(step, look.foreground))), "support lies on the curve"


def test_samples_of_the_model_are_not_drawn_as_points(qtbot: QtBot) -> None:
    snapshot = curve_snapshot(0)
    other = replace(snapshot, samples=snapshot.samples + 1)
    assert cell(snapshot, Column("samples", 1)) == cell(other, Column("samples", 1))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
def test_what_is_not_finite_or_far_away_leaves_a_gap(qtbot: QtBot, value: float) -> None:
    snapshot = curve_snapshot(0, tasks=1)
    curves = snapshot.curves.copy()
    curves[0, 1, 10:20] = value
    curves[0, 2] = value
    broken = replace(snapshot, curves=curves)
    assert len(coloured(cell(broken, Column("samples", 1)), plot_colours().series[1])) > 20
    if not np.isfinite(value):
        seen = coloured(cell(broken, Column("samples", 1)), plot_colours().series[1])[:, 1]
        assert not ((seen > 34) & (seen < 54)).any() and (seen < 30).any() and (seen > 60).any(), "no gap"
    extent = curve_extent(broken, 0)
    assert lost_curve(broken, 0, 1, extent) == ""
    assert lost_curve(broken, 0, 2, extent) == ("off scale" if np.isfinite(value) else "not finite")
    assert coloured(cell(broken, Column("samples", 2)), plot_colours().series[1])[:, 0].min() > 60, "said at the foot"


def test_a_curve_that_crosses_the_cell_between_two_places_is_not_lost() -> None:
    snapshot = curve_snapshot(0, tasks=1)
    curves = np.where(snapshot.curve_x < 0, -900, 900).astype(np.float32) * np.ones((1, 3, 1), dtype=np.float32)
    steep = replace(snapshot, curves=curves)
    assert lost_curve(steep, 0, 1, curve_extent(steep, 0)) == ""


def test_the_error_is_that_along_the_true_curve() -> None:
    snapshot = curve_snapshot(0, tasks=2)
    expected = float(np.mean((2 * np.sin(snapshot.curve_x.astype(float))) ** 2))
    assert curve_error(snapshot, 1, Column("samples", 0)) == pytest.approx(expected, rel=1e-5)
    assert curve_error(snapshot, 1, Column("samples", 2)) == pytest.approx(0, abs=1e-12)
    assert curve_error(snapshot, 1, SUPPORT) is None
    assert curve_error(curve_snapshot(0, truth=False), 1, Column("samples", 0)) is None
    wild = replace(snapshot, curves=np.full((2, 3, 41), np.inf, dtype=np.float32))
    assert curve_error(wild, 0, Column("samples", 1)) == np.inf
