from __future__ import annotations

from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

from metagen_gui.gui.samples.cell_picture import Content, Options
from metagen_gui.gui.samples.columns import Column
from metagen_gui.gui.samples.large_picture import best_across, large_picture
from tests.gui.snapshots import curve_snapshot


def test_samples_are_as_large_as_the_room_allows() -> None:
    assert best_across(6, QSize(600, 400), 1.0) == 3
    assert best_across(6, QSize(200, 900), 1.0) == 1
    assert best_across(4, QSize(900, 100), 1.0) == 4
    assert best_across(1, QSize(100, 100), 1.0) == 1


def test_a_plot_of_curves_fills_the_room(qtbot: QtBot) -> None:
    content = Content(curve_snapshot(7, steps=11), 0, Column("samples", 10))
    picture = large_picture(content, QSize(700, 300), 2.0, Options())
    assert picture.size() == QSize(1400, 600)
    assert picture.deviceIndependentSize().toSize() == QSize(700, 300)
