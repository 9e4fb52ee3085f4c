from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from metagen_gui.engine.settings.config import Setting
from metagen_gui.gui.form.numbers.slider import POSITIONS, NumberSlider, Scale, scale_for

SCALES = [Scale(0, 100, log=True), Scale(1e-5, 1, log=True), Scale(-1, 1, log=False)]


@pytest.mark.parametrize("scale", SCALES)
def test_ends_are_exact(scale: Scale) -> None:
    assert (scale.value(0), scale.value(1)) == (scale.low, scale.high)
    assert (scale.place(scale.low), scale.place(scale.high)) == (0, 1)


@given(st.sampled_from(SCALES), st.floats(0.001, 0.999))
def test_place_and_value_belong_together(scale: Scale, place: float) -> None:
    assert scale.place(scale.value(place)) == pytest.approx(place, abs=2e-3)


def test_which_numbers_get_a_slider() -> None:
    def number(low: float | None, high: float | None, log: bool) -> Setting:
        return Setting("x", "X", "number", 0.1, "", low=low, high=high, log=log)

    assert scale_for(number(0, 10, True)) == Scale(0, 10, log=True)
    assert scale_for(number(0, 1e6, False)) is None
    assert scale_for(number(0, None, True)) is None
    assert scale_for(number(-1, 1, True)) is None
    assert scale_for(number(-1, 1, False)) == Scale(-1, 1, log=False)


def test_only_a_persons_move_is_told(qtbot: QtBot) -> None:
    slider = NumberSlider(SCALES[1])
    qtbot.addWidget(slider)
    with qtbot.assertNotEmitted(slider.value_picked):
        slider.show_value(0.01)
    assert slider.value() == round(0.6 * POSITIONS)
    with qtbot.waitSignal(slider.value_picked) as told:
        slider.setValue(POSITIONS)
    assert told.args == [1.0]
