from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from metagen_gui.gui.plots.rates.layer import LayerRatesRow
from metagen_gui.gui.plots.rates.words import by_layer
from metagen_gui.gui.widgets.plain_text import plain_tip
from tests.gui.snapshots import rates_report

NAME = "decoder.layers.0.linear.weight"


@pytest.fixture
def row(qtbot: QtBot) -> LayerRatesRow:
    made = LayerRatesRow()
    qtbot.addWidget(made)
    made.resize(460, made.sizeHint().height())
    return made


def show(row: LayerRatesRow, rates: np.ndarray, *, with_player: bool = False) -> QImage:
    (layer,) = by_layer(rates_report(**{NAME.replace(".", "__"): rates}))
    row.show_layer(layer, with_player=with_player)
    return row.grab().toImage()


def test_it_says_in_full_what_it_shows(row: LayerRatesRow) -> None:
    show(row, np.linspace(-0.1, 0.9, 1000).reshape(1, 10, 100))
    assert row.accessibleName() == NAME
    assert row.accessibleDescription() == "1,000 rates, mean 0.4, 10 % uphill"
    assert row.toolTip() == plain_tip(f"{NAME}\nall steps: mean 0.4, 10 % uphill")
    show(row, np.full((1, 3), 0.1), with_player=True)
    assert row.accessibleName() == f"model: {NAME}"


def test_the_picture_follows_the_rates(row: LayerRatesRow) -> None:
    generator = np.random.default_rng(0)
    pictures = [
        show(row, generator.normal(0.1, 0.1, (1, 50))),
        show(row, generator.normal(0.1, 0.1, (3, 50))),
        show(row, np.array([[0.1], [0.2]])),
        show(row, np.array([[0.2], [0.1]])),
    ]
    assert all(one != other for place, one in enumerate(pictures) for other in pictures[:place])


def test_of_many_steps_as_many_are_shown_as_fit_the_ends_among_them(row: LayerRatesRow) -> None:
    rates = np.random.default_rng(0).normal(size=(10, 50))
    show(row, rates)
    assert [step.step for step in row.shown_steps()] == [0, 3, 6, 9]
    row.resize(1100, row.height())
    assert [step.step for step in row.shown_steps()] == list(range(10))
    row.resize(60, row.height())
    row.grab()
    assert len(row.shown_steps()) == 1
    row.resize(460, row.height())
    show(row, rates[:2])
    assert [step.step for step in row.shown_steps()] == [0, 1]


def test_larger_type_makes_a_higher_row(row: LayerRatesRow) -> None:
    before, font = row.sizeHint().height(), row.font()
    font.setPointSizeF(2 * font.pointSizeF())
    row.setFont(font)
    assert row.sizeHint().height() > before + 20
