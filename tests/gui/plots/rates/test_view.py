from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from metagen_gui.engine.events import RatesReport
from metagen_gui.gui.look.theme import apply_theme, plot_colours
from metagen_gui.gui.plots.rates.view import RatesView
from tests.gui.snapshots import rates_report


@pytest.fixture
def view(qtbot: QtBot) -> RatesView:
    made = RatesView()
    qtbot.addWidget(made)
    made.resize(420, 320)
    made.show()
    made.activateWindow()
    return made


def layers(count: int, meta_step: int = 400) -> RatesReport:
    rates = np.random.default_rng(meta_step).normal(0.1, 0.05, (count, 1, 60))
    return rates_report(meta_step, **{f"layers__{index}__weight": values for index, values in enumerate(rates)})


def test_it_says_what_it_waits_for_until_there_are_rates(view: RatesView) -> None:
    assert view.objectName() == "rates_view" and view.accessibleName()
    view.set_empty_text("Press Start to train.")
    assert view.text == "Press Start to train."
    view.add_report(layers(12))
    assert view.text.startswith("Learned rates of 12 layers after 400 steps: ")
    assert len(view.rows) == 12 and view.rows[0].isVisible()
    view.reset()
    assert view.text == "Press Start to train."


def test_a_run_without_learned_rates_is_said_to_have_none(view: RatesView) -> None:
    view.say_none()
    assert view.text == "This run learns no inner rates."
    view.set_empty_text("Press Start to train.")
    assert view.text == "This run learns no inner rates.", "the end of the run took the answer away"
    view.reset()
    view.set_empty_text("Press Start to train.")
    assert view.text == "Press Start to train."
    view.add_report(layers(2))
    view.say_none()
    assert view.text.startswith("Learned rates")


def test_rows_follow_the_layers(view: RatesView) -> None:
    view.add_report(layers(3, 100))
    first = view.rows[0].grab().toImage()
    view.add_report(layers(3, 200))
    assert len(view.rows) == 3 and view.rows[0].grab().toImage() != first
    view.add_report(layers(5))
    assert [row.accessibleName() for row in view.rows] == [f"layers.{index}.weight" for index in range(5)]
    view.add_report(layers(2))
    assert len(view.rows) == 2


def test_players_are_named_where_there_are_several(view: RatesView) -> None:
    one, other = layers(1).layers[0], layers(1).layers[0]
    view.add_report(RatesReport(1, (one, type(other)(**{**vars(other), "player": "critic"}))))
    assert [row.accessibleName() for row in view.rows] == ["model: layers.0.weight", "critic: layers.0.weight"]


def test_keys_scroll_the_list(view: RatesView, qtbot: QtBot) -> None:
    view.add_report(layers(20))
    bar = view.area.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    assert view.area.focusPolicy() & Qt.FocusPolicy.TabFocus and view.area.accessibleName()
    view.area.setFocus()
    qtbot.keyClick(view.area, Qt.Key.Key_PageDown)
    assert bar.value() > 0
    qtbot.keyClick(view.area, Qt.Key.Key_Up)
    value = bar.value()
    view.add_report(layers(20, 500))
    assert bar.value() == value, "new rates moved what is being read"
    assert not view.area.horizontalScrollBar().isVisible()


def test_it_has_the_ground_of_the_plots_in_both_looks(view: RatesView, qapp: QApplication) -> None:
    view.add_report(layers(1))
    try:
        for theme in ("light", "dark"):
            apply_theme(qapp, theme)
            image = view.area.grab().toImage()
            assert image.pixelColor(2, image.height() - 3) == plot_colours().background
            assert image.pixelColor(2, 2) == plot_colours().background
    finally:
        apply_theme(qapp, "light")
