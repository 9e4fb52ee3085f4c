from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from metagen_gui.engine.events import ValidationReport
from metagen_gui.gui.plots.loss.inner import InnerLossPlot, _past_pen
from tests.gui.snapshots import validation


@pytest.fixture
def plot(qtbot: QtBot) -> InnerLossPlot:
    made = InnerLossPlot()
    qtbot.addWidget(made)
    made.resize(420, 360)
    made.show()
    made.reset(("vae",))
    return made


def visible(items) -> list[np.ndarray]:
    return [item.getOriginalDataset()[1] for item in items if item.isVisible()]


def test_the_present_over_the_fading_past(plot: InnerLossPlot) -> None:
    for step in range(10, 60, 10):
        plot.add_validation(validation(step, [100.0 - step, 50.0, 30.0]))
    assert np.array_equal(visible(plot._present)[0], [50, 50, 30])
    assert np.array_equal(visible(plot._present)[1], [49, 49, 29])
    past = [item for item in plot._past[0] if item.isVisible()]
    assert [item.getOriginalDataset()[1][0] for item in past] == [90, 80, 70, 60]
    alphas = [item.opts["pen"].color().alpha() for item in past]
    assert alphas == sorted(alphas) and alphas[0] < alphas[-1] < 255


def test_losses_that_are_not_finite_are_left_out(plot: InnerLossPlot) -> None:
    plot.add_validation(validation(10, [3.0, 2.0]))
    plot.add_validation(validation(20, [np.nan, np.nan]))
    plot.grab()
    assert visible(plot._present) == []
    plot.add_validation(validation(30, [2.0, 1.0]))
    plot.grab()
    assert np.array_equal(visible(plot._present)[0], [2, 1])
    assert len(visible(plot._past[0])) == 1


def test_the_past_is_bounded_and_spread_over_the_run(plot: InnerLossPlot) -> None:
    for step in range(1, 301):
        plot.add_validation(validation(step, [float(step), 1.0]))
    starts = [losses[0] for losses in visible(plot._past[0])]
    assert 15 <= len(starts) <= 20
    assert starts[0] < 20 and starts[-1] > 260
    assert max(np.diff(starts)) <= 2.5 * min(np.diff(starts))


def test_legend_hides_kinds_and_the_past(plot: InnerLossPlot) -> None:
    for step in (1, 2, 3):
        plot.add_validation(validation(step, [3.0, 2.0]))
    plot._earlier.click()
    assert not visible(plot._past[0]) and len(visible(plot._present)) == 2
    plot._support.click()
    assert len(visible(plot._present)) == 1
    plot._earlier.click()
    assert len(visible(plot._past[0])) == 2 and not visible(plot._past[1])


def test_readout_gives_the_ends_or_the_step_pointed_at(plot: InnerLossPlot) -> None:
    plot.add_validation(validation(1200, [187.0, 140.0, 113.8]))
    assert plot._query.value == "187 → 113.8"
    assert plot._readout.text() == "outer step 1,200"
    plot.canvas.pointed.emit(0.9)
    assert plot._query.value == "140" and plot._readout.text() == "adaptation step 1"


def test_ticks_are_whole_steps(plot: InnerLossPlot) -> None:
    plot.add_validation(validation(1, [3.0, 2.0, 1.0]))
    assert [text for _, text in plot.canvas.plot.getPlotItem().getAxis("bottom")._tickLevels[0]] == ["0", "1", "2"]


def test_a_player_is_chosen_where_there_are_several(plot: InnerLossPlot) -> None:
    assert not plot.player_picker.isVisible()
    plot.reset(("discriminator", "generator"))
    losses = {"discriminator": np.array([2.0, 1.0]), "generator": np.array([8.0, 5.0])}
    plot.add_validation(ValidationReport(1, 0.0, losses, losses, tasks=4))
    assert plot.player_picker.isVisible()
    assert np.array_equal(visible(plot._present)[0], [2, 1])
    plot.player_picker.setCurrentText("generator")
    assert np.array_equal(visible(plot._present)[0], [8, 5])
    assert plot.canvas.plot.getViewBox().viewRange()[1][1] >= 8


def test_losses_that_are_not_finite_are_gaps(plot: InnerLossPlot) -> None:
    plot.add_validation(validation(1, [3.0, np.inf, np.nan, 1.0]))
    assert np.array_equal(np.isnan(visible(plot._present)[0]), [False, True, True, False])
    plot.reset(("vae",))
    plot.add_validation(validation(1, [np.nan, np.nan]))
    assert not plot.canvas.isVisible()


def test_the_present_is_never_left_out_of_the_view(plot: InnerLossPlot) -> None:
    for step in range(20):
        plot.add_validation(validation(step, [10.0, 9.0]))
    plot.add_validation(validation(20, [5000.0, 9.0]))
    assert plot.canvas.plot.getViewBox().viewRange()[1][1] >= 5000


def test_without_support_losses_there_is_only_the_query(plot: InnerLossPlot) -> None:
    plot.add_validation(ValidationReport(1, 0.0, {"vae": np.array([2.0, 1.0])}, {}, tasks=4))
    assert np.array_equal(visible(plot._present)[0], [2, 1])
    assert plot._support.value == ""


def test_a_shorter_report_replaces_a_longer_one(plot: InnerLossPlot) -> None:
    plot.add_validation(validation(1, [4.0, 3.0, 2.0, 1.0]))
    plot.add_validation(validation(2, [4.0, 3.0]))
    assert plot.x_range()[1] == pytest.approx(1.02)


def test_an_untrained_model_s_losses_are_the_faintest_however_short_the_run() -> None:
    first = [_past_pen(QColor("blue"), 0, 1, count).color().alphaF() for count in (1, 2, 20)]
    assert first == [pytest.approx(0.1, abs=0.01)] * 3
    rising = [_past_pen(QColor("blue"), 0, place, 20).color().alphaF() for place in range(1, 21)]
    assert rising == sorted(rising) and rising[-1] == pytest.approx(0.5, abs=0.01)
