"""Which example a sample is nearest to is told where that lies, and of nothing that has gone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from tests.gui.playground.conftest import POINTS, Bench, drag

Stroke = Callable[[QWidget], None]


def test_a_sample_tells_which_example_it_is_nearest_to(bench: Bench, stroke: Stroke) -> None:
    bench.ready()
    for _ in range(2):
        stroke(bench.page.hand.pad)
        bench.page.hand.add_example()
    bench.page.take(bench.shown(bench.adapts()[-1].stamp))
    arm = bench.page.wall.arms["learned"]
    arm.grab()
    QTest.mouseMove(arm, QPoint(4, 4))
    QTest.keyClick(arm, Qt.Key.Key_Right)
    assert arm.pointed_at == 1 and bench.page.status.text() == "Sample 2 is nearest to example 2"
    assert not arm.toolTip(), "it would lie over the samples"
    assert bench.page.hand.strip.item(1).text() == "● 2" and bench.page.hand.strip.item(0).text() == "1"


def test_the_nearest_example_is_counted_as_they_lie_side_by_side_a_blank_one_among_them(
    bench: Bench, stroke: Stroke
) -> None:
    bench.ready()
    for _ in range(3):
        stroke(bench.page.hand.pad)
        bench.page.hand.add_example()
    bench.page.hand.strip.setCurrentRow(0)
    bench.page.hand.do("clear")
    bench.page.take(bench.shown(bench.adapts()[-1].stamp))
    arm = bench.page.wall.arms["learned"]
    QTest.keyClick(arm, Qt.Key.Key_Right)
    assert bench.page.status.text() == "Sample 1 is nearest to example 2"
    assert bench.page.hand.strip.item(1).text() == "● 2" and bench.page.hand.strip.item(0).text() == "1"


def test_nothing_is_said_of_a_sample_that_has_gone_and_a_new_one_under_the_pointer_is_looked_at(
    bench: Bench, stroke: Stroke
) -> None:
    bench.ready()
    about = bench.page.status.text()
    stroke(bench.page.hand.pad)
    bench.page.hand.add_example()
    stroke(bench.page.hand.pad)
    bench.page.take(bench.shown(bench.adapts()[-1].stamp))
    arm = bench.page.wall.arms["learned"]
    QTest.keyClick(arm, Qt.Key.Key_Right)
    assert bench.page.status.text() == "Sample 1 is nearest to example 1"
    shown = bench.shown(bench.adapts()[-1].stamp)
    shown.nearest[:] = 1
    bench.page.take(shown)
    assert bench.page.status.text() == "Sample 1 is nearest to example 2"
    for _ in range(3):
        bench.page.hand.do("undo")
    assert bench.page.hand.support() is None and bench.page.status.text() == about
    assert "●" not in bench.page.hand.strip.item(0).text()


def test_the_point_that_a_sample_is_nearest_to_has_a_ring_around_it(bench: Bench) -> None:
    bench.ready(POINTS)
    pad = bench.page.hand.points_pad
    drag(pad, [(0.25, 0.25)])
    drag(pad, [(0.75, 0.75)])
    bench.page.take(bench.shown(bench.adapts()[-1].stamp, spec=POINTS))
    before = pad.grab().toImage()
    arm = bench.page.wall.arms["learned"]
    QTest.keyClick(arm, Qt.Key.Key_Right)
    QTest.keyClick(arm, Qt.Key.Key_Right)
    assert bench.page.status.text() == "Sample 2 is nearest to example 2"
    ringed, side = pad.grab().toImage(), min(pad.width(), pad.height())
    changed = [
        (x, y) for x in range(pad.width()) for y in range(pad.height()) if before.pixel(x, y) != ringed.pixel(x, y)
    ]
    middle = np.array(changed).mean(axis=0) - ((pad.width() - side) / 2, (pad.height() - side) / 2)
    assert middle == pytest.approx([0.75 * side] * 2, abs=2)
