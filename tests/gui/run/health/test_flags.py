from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from metagen_gui.engine.events import Alarm
from metagen_gui.gui.look.theme import apply_theme, colours
from metagen_gui.gui.plots.loss.outer import OuterLossPlot
from tests.gui.snapshots import step_reports

DIVERGING = Alarm(3, "divergence", "The query loss has climbed.")


@pytest.fixture
def plot(qtbot: QtBot) -> OuterLossPlot:
    made = OuterLossPlot()
    qtbot.addWidget(made)
    made.resize(480, 400)
    made.show()
    made.reset(("vae",))
    made.add_steps(step_reports([5.0, 4.0, 3.0, 8.0, 9.0]))
    return made


def flags(plot: OuterLossPlot) -> list[tuple[float, str]]:
    shown = plot.canvas.plot.getPlotItem().items
    return [(flag.value(), flag.label.format) for flag in plot.canvas._flags if flag in shown]


def test_a_flag_where_an_illness_began_stays_when_it_is_over(plot: OuterLossPlot) -> None:
    before = plot.canvas.plot.getViewBox().viewRange()
    plot.mark_alarm(DIVERGING)
    plot.mark_alarm(Alarm(3, "divergence", DIVERGING.text, over=True))
    plot.mark_alarm(Alarm(5, "mode_collapse", "Alike."))
    assert flags(plot) == [(3, "Divergence"), (5, "Mode collapse")]
    plot.grab()
    assert plot.canvas.plot.getViewBox().viewRange() == before


def test_texts_of_flags_that_stand_close_lie_at_different_heights(plot: OuterLossPlot) -> None:
    for kind in ("divergence", "mode_collapse"):
        plot.mark_alarm(Alarm(3, kind, ""))
    first, second = (flag.label.orthoPos for flag in plot.canvas._flags)
    assert first != second


def test_a_new_run_has_none(plot: OuterLossPlot) -> None:
    before = len(plot.canvas.plot.getPlotItem().items)
    plot.mark_alarm(DIVERGING)
    assert len(plot.canvas.plot.getPlotItem().items) > before
    plot.reset(("vae",))
    assert len(plot.canvas.plot.getPlotItem().items) == before


@pytest.mark.parametrize("look", ["light", "dark"])
def test_flags_follow_the_look(plot: OuterLossPlot, look: str) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    plot.mark_alarm(DIVERGING)
    apply_theme(app, look)  # type: ignore[arg-type]
    (flag,) = plot.canvas._flags
    assert flag.pen.color() == flag.label.color == QColor(colours().warning)
    apply_theme(app, "light")


def test_steps_that_are_not_finite_leave_a_gap_that_is_drawn_over_by_nothing(plot: OuterLossPlot) -> None:
    plot.smoothing.slider.setValue(0)
    plot.reset(("vae",))
    plot.add_steps(step_reports([5.0] * 40 + [float("nan")] * 40 + [5.0] * 40))
    plot.canvas.plot.grab()
    drawn = next(item for item in plot.canvas.plot.getPlotItem().listDataItems() if item.isVisible())
    path = drawn.curve.getPath()
    ends = [
        (path.elementAt(i - 1).x, path.elementAt(i).x)
        for i in range(1, path.elementCount())
        if path.elementAt(i).isLineTo()
    ]
    assert ends and not any(left <= 41 and right >= 80 for left, right in ends)
    assert not np.isfinite(plot._players["vae"].training.curve.drawn[40:80]).any()
