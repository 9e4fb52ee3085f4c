from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from metagen_gui.gui.look.theme import apply_theme, plot_colours
from metagen_gui.gui.samples.columns import QUERY, SUPPORT, Column
from metagen_gui.gui.samples.curve_plot import describe_curves, draw_curve_plot, step_pen
from tests.gui.snapshots import curve_snapshot

SIZE = QSize(420, 320)
LAST = Column("samples", 10)


def plot(snapshot, column: Column = LAST, size: QSize = SIZE) -> QImage:
    return draw_curve_plot(snapshot, 0, column, size, 1.0)


def test_the_chosen_step_stands_out_and_the_others_grow_towards_the_last() -> None:
    snapshot = curve_snapshot(0, steps=11)
    pens = [step_pen(snapshot, Column("samples", 3), place) for place in range(11)]
    opacities = [pen.color().alphaF() for pen in pens]
    assert opacities[3] == 1 and pens[3].widthF() > max(pens[place].widthF() for place in range(11) if place != 3)
    others = opacities[:3] + opacities[4:]
    assert others == sorted(set(others)) and others[0] > 0.2 and others[-1] < 1


def test_all_steps_are_seen_at_once(qtbot: QtBot) -> None:
    snapshot = curve_snapshot(0, tasks=1, steps=11, truth=False)
    whole = plot(snapshot)
    for place in range(11):
        curves = snapshot.curves.copy()
        curves[0, place] += 0.1
        assert plot(replace(snapshot, curves=curves)) != whole, f"step {place} is not drawn"


@pytest.mark.parametrize("column", [SUPPORT, QUERY])
def test_given_points_stand_without_the_models_curves(qtbot: QtBot, column: Column) -> None:
    snapshot = curve_snapshot(0, steps=11)
    other = replace(snapshot, curves=snapshot.curves + 1)
    assert plot(snapshot, column) == plot(other, column)
    changed = replace(snapshot, support=snapshot.support / 2, query=snapshot.query / 2)
    assert plot(snapshot, column) != plot(changed, column)


@pytest.mark.parametrize("size", [QSize(1, 1), QSize(30, 500), QSize(500, 30), QSize(150, 120)])
def test_any_size_will_do(qtbot: QtBot, size: QSize) -> None:
    assert plot(curve_snapshot(0, steps=12), Column("samples", 3), size).size() == size


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
def test_curves_that_cannot_be_drawn_are_told_of(qtbot: QtBot, value: float) -> None:
    snapshot = replace(curve_snapshot(0, steps=11), curves=np.full((2, 11, 41), value, dtype=np.float32))
    plot(snapshot)
    said = describe_curves(snapshot, 0, LAST)
    assert said.endswith("off scale" if np.isfinite(value) else "not finite")


def test_the_error_of_the_chosen_step_in_words() -> None:
    snapshot = curve_snapshot(0, steps=11)
    assert describe_curves(snapshot, 0, Column("samples", 0)).startswith("mean squared error 0.5")
    assert describe_curves(snapshot, 0, LAST) == "mean squared error 0"
    assert describe_curves(snapshot, 0, SUPPORT) == ""


def test_it_has_the_colours_of_the_look(qtbot: QtBot, qapp: QApplication) -> None:
    try:
        for theme in ("light", "dark"):
            apply_theme(qapp, theme)
            assert plot(curve_snapshot(0, steps=11)).pixelColor(1, 1) == plot_colours().background
    finally:
        apply_theme(qapp, "light")
