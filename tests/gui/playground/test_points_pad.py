"""Points are painted, set, dragged and removed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from tests.gui.playground.conftest import POINTS, Bench, drag

Stroke = Callable[[QWidget], None]


def test_points_are_painted_dragged_and_removed(bench: Bench) -> None:
    bench.ready(POINTS)
    pad = bench.page.hand.points_pad
    assert pad.objectName() == "draw_pad" and pad.isVisible() and not bench.page.hand.strip.isVisible()
    drag(pad, [(0.2 + 0.05 * step, 0.5) for step in range(8)])
    painted = bench.adapts()[-1].support
    assert len(painted) >= 6 and np.abs(painted[:, 1]).max() < 0.5 and painted[0, 0] == pytest.approx(-1.8, abs=0.1)
    drag(pad, [(0.2, 0.5), (0.2, 0.1)], Qt.MouseButton.RightButton)
    assert len(bench.adapts()[-1].support) == len(painted) - 1
    bench.page.hand.do("undo")
    assert len(bench.adapts()[-1].support) == len(painted)


def test_a_fast_brush_leaves_no_gaps(bench: Bench) -> None:
    bench.ready(POINTS)
    drag(bench.page.hand.points_pad, [(0.1, 0.5), (0.9, 0.5)])
    across = np.sort(bench.adapts()[-1].support[:, 0])
    assert np.diff(across).max() < 0.1 * 6 and across[0] < -2.2 and across[-1] > 2.2


def test_of_too_many_points_it_is_told(bench: Bench) -> None:
    bench.ready(POINTS)
    for row in range(5, 96, 10):
        drag(bench.page.hand.points_pad, [(0.02, row / 100), (0.98, row / 100)])
    assert len(bench.adapts()[-1].support) == 400 and "400 points are the most" in bench.page.status.text()


def test_points_of_a_curve_are_set_and_dragged_also_by_keys(bench: Bench) -> None:
    bench.ready(POINTS, curves=True)
    pad = bench.page.hand.points_pad
    drag(pad, [(0.5, 0.25)])
    drag(pad, [(0.5, 0.25), (0.6, 0.4), (0.75, 0.75)])
    (point,) = bench.adapts()[-1].support
    assert point == pytest.approx([1.5, -1.5], abs=0.05)
    QTest.keyClick(pad, Qt.Key.Key_Space)
    assert len(bench.adapts()[-1].support) == 2
    QTest.keyClick(pad, Qt.Key.Key_Space)
    QTest.keyClick(pad, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(pad, Qt.Key.Key_Space)
    assert bench.adapts()[-1].support[1] == pytest.approx([0, 18 / 28], abs=0.01)
    QTest.keyClick(pad, Qt.Key.Key_Delete)
    assert len(bench.adapts()[-1].support) == 1
