from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from metagen_gui.engine.events import StepReport, ValidationReport
from metagen_gui.gui.look.theme import apply_theme, plot_colours
from metagen_gui.gui.plots.curves.toggle import CurveToggle
from metagen_gui.gui.plots.loss.outer import OuterLossPlot
from tests.gui.snapshots import step_reports, validation


@pytest.fixture
def plot(qtbot: QtBot) -> OuterLossPlot:
    made = OuterLossPlot()
    qtbot.addWidget(made)
    made.resize(480, 400)
    made.show()
    made.reset(("vae",))
    return made


def curves(plot: OuterLossPlot) -> list[tuple[np.ndarray, np.ndarray]]:
    items = [item for item in plot.canvas.plot.getPlotItem().listDataItems() if item.isVisible()]
    return [item.getOriginalDataset() for item in items if item.getOriginalDataset()[0] is not None]


def toggles(plot: OuterLossPlot) -> dict[str, CurveToggle]:
    return {toggle.accessibleName(): toggle for toggle in plot.findChildren(CurveToggle) if toggle.isVisible()}


def y_range(plot: OuterLossPlot) -> tuple[float, float]:
    return tuple(plot.canvas.plot.getViewBox().viewRange()[1])


def test_curves_without_a_finite_loss_are_left_out(plot: OuterLossPlot) -> None:
    plot.add_steps(step_reports([3.0, 2.0]))
    plot.add_validation(validation(0, [np.nan, np.inf]))
    assert next(list(y) for _, y in curves(plot) if len(y)) == [3, 2]
    plot.grab()
    plot.add_validation(validation(2, [4.0, 3.0]))
    plot.grab()
    assert [4.0] in [[value for value in y if np.isfinite(value)] for _, y in curves(plot)]


def test_empty_until_the_first_loss(plot: OuterLossPlot) -> None:
    assert not plot.canvas.isVisible()
    plot.set_empty_text("Preparing …")
    assert plot._empty.text == "Preparing …"
    plot.add_steps(step_reports([3.0]))
    assert plot.canvas.isVisible()
    plot.reset(("vae",))
    assert not plot.canvas.isVisible()


def test_raw_beside_smoothed_and_the_gap_of_a_loss_that_is_not_finite(plot: OuterLossPlot) -> None:
    losses = [4.0, 3.0, float("nan"), 2.0, float("inf"), 1.0]
    plot.smoothing.slider.setValue(50)
    plot.add_steps(step_reports(losses))
    (x, raw), (_, smooth) = curves(plot)
    assert np.array_equal(x, np.arange(1, 7))
    assert np.array_equal(np.isnan(raw), [False, False, True, False, True, False])
    assert np.array_equal(np.isnan(smooth), np.isnan(raw))
    assert smooth[-1] > raw[-1]


def test_without_smoothing_the_raw_curve_stands_alone_in_full_colour(plot: OuterLossPlot) -> None:
    plot.add_steps(step_reports([4.0, 3.0]))
    assert len(curves(plot)) == 2
    plot.smoothing.slider.setValue(0)
    assert len(curves(plot)) == 1
    item = plot.canvas.plot.getPlotItem().listDataItems()[0]
    assert item.opts["pen"].color() == plot_colours().series[0]


def test_validation_before_and_after_adaptation(plot: OuterLossPlot) -> None:
    plot.add_validation(validation(50, [9.0, 7.0, 5.0]))
    plot.add_validation(validation(100, [8.0, 6.0, 4.0]))
    (x, before), (_, after) = curves(plot)
    assert np.array_equal(x, [50, 100])
    assert np.array_equal(before, [9, 8]) and np.array_equal(after, [5, 4])
    assert {"validation, step 0", "validation, step 2"} <= set(toggles(plot))


def test_every_player_has_curves_of_its_own(plot: OuterLossPlot) -> None:
    plot.reset(("discriminator", "generator"))
    plot.smoothing.slider.setValue(0)
    plot.add_steps([StepReport(1, 0.0, {"discriminator": 1.0, "generator": 2.0})])
    pair = {"discriminator": np.array([1.5, 1.2]), "generator": np.array([2.5, 2.2])}
    plot.add_validation(ValidationReport(1, 0.0, pair, pair, tasks=4))
    assert sorted(float(y[0]) for _, y in curves(plot)) == [1.0, 1.2, 1.5, 2.0, 2.2, 2.5]
    assert {"generator: training", "discriminator: validation, step 1"} <= set(toggles(plot))


def test_the_legend_hides_a_curve_by_keyboard(plot: OuterLossPlot, qtbot: QtBot) -> None:
    plot.add_steps(step_reports([4.0, 3.0]))
    plot.add_validation(validation(2, [100.0, 2.0]))
    assert y_range(plot)[1] > 90
    entry = toggles(plot)["validation, step 0"]
    assert entry.focusPolicy() & Qt.FocusPolicy.TabFocus
    qtbot.keyClick(entry, Qt.Key.Key_Space)
    assert not entry.isChecked()
    assert y_range(plot)[1] < 10
    assert len(curves(plot)) == 3


def test_huge_first_values_are_left_out_until_asked_for(plot: OuterLossPlot) -> None:
    plot.smoothing.slider.setValue(0)
    plot.add_steps(step_reports([1e6, 1e4, *np.linspace(120, 100, 200)]))
    assert y_range(plot)[1] < 200
    plot.show_all_button.click()
    assert y_range(plot)[1] >= 1e6
    plot.show_all_button.click()
    assert y_range(plot)[1] < 200


def test_a_view_moved_by_hand_stays_until_reset(plot: OuterLossPlot) -> None:
    plot.add_steps(step_reports([4.0, 3.0, 2.0]))
    view = plot.canvas.plot.getViewBox()
    assert not plot.reset_button.isEnabled()
    view.setRange(yRange=(0, 50), padding=0)
    view.sigRangeChangedManually.emit([True, True])
    plot.add_steps(step_reports([1.0], first=4))
    assert y_range(plot) == (0, 50)
    plot.reset_button.click()
    assert y_range(plot)[1] < 10 and not plot.reset_button.isEnabled()


def test_log_axis_and_its_plain_fallback(plot: OuterLossPlot) -> None:
    plot.smoothing.slider.setValue(0)
    plot.log_button.click()
    plot.add_steps(step_reports([100.0, 10.0]))
    assert np.allclose(curves(plot)[0][1], [2, 1])
    assert not plot._note.isVisible()
    plot.add_steps(step_reports([-9.0], first=3))
    assert np.allclose(curves(plot)[0][1], [np.log10(101), np.log10(11), -1])
    assert plot._note.isVisible() and "linear" in plot._note.text()
    plot.log_button.click()
    assert np.allclose(curves(plot)[0][1], [100, 10, -9])
    assert not plot._note.isVisible()


def test_the_readout_takes_the_nearest_step(plot: OuterLossPlot, qtbot: QtBot) -> None:
    plot.smoothing.slider.setValue(0)
    plot.add_steps(step_reports([40.0, 30.0, 20.0]))
    entry = toggles(plot)["training"]
    assert entry.value == "20"
    plot.canvas.pointed.emit(2.2)
    assert entry.value == "30" and plot._readout.text() == "step 2"
    plot.canvas.pointed.emit(None)
    assert entry.value == "20" and plot._readout.text() == ""
    qtbot.keyClick(plot.canvas.plot, Qt.Key.Key_Left)
    qtbot.keyClick(plot.canvas.plot, Qt.Key.Key_Left)
    assert entry.value == "30"
    qtbot.keyClick(plot.canvas.plot, Qt.Key.Key_Home)
    assert entry.value == "40"
    qtbot.keyClick(plot.canvas.plot, Qt.Key.Key_Escape)
    assert entry.value == "20"


def test_going_on_from_an_earlier_step_replaces_what_came_after(plot: OuterLossPlot) -> None:
    plot.smoothing.slider.setValue(0)
    plot.add_steps(step_reports([9.0, 8.0, 7.0, 6.0]))
    plot.add_steps(step_reports([5.0], first=3))
    x, y = curves(plot)[0]
    assert np.array_equal(x, [1, 2, 3]) and np.array_equal(y, [9, 8, 5])


def test_the_end_of_the_warm_up_is_marked(plot: OuterLossPlot) -> None:
    mark = plot.canvas._guides[1]
    plot.add_steps([StepReport(step, 0.0, {"vae": 1.0}, phase="warm-up") for step in (1, 2)])
    assert not mark.isVisible()
    plot.add_steps(step_reports([1.0], first=3))
    assert mark.isVisible() and mark.value() == 3


def test_hidden_it_draws_nothing_and_catches_up_when_seen(plot: OuterLossPlot) -> None:
    plot.add_steps(step_reports([4.0]))
    plot.hide()
    plot.add_steps(step_reports([3.0], first=2))
    assert len(curves(plot)[0][0] if curves(plot) else []) <= 1
    plot.show()
    assert len(curves(plot)[0][0]) == 2


def test_scores_are_drawn_anew_only_when_they_changed(plot: OuterLossPlot, monkeypatch: pytest.MonkeyPatch) -> None:
    plot.add_steps(step_reports([3.0, 2.0]))
    plot.add_validation(validation(0, [np.nan, 2.5]))
    _, _, before, after = plot.canvas.plot.getPlotItem().listDataItems()
    drawn: list[object] = []
    monkeypatch.setattr(after, "setData", lambda x, y, **look: drawn.append(y))
    plot.add_steps([StepReport(3, 0.0, {"vae": 1.0})])
    assert not drawn and after.isVisible()
    assert not before.isVisible(), "what has nothing finite stays hidden"
    plot.add_validation(validation(3, [2.0, 1.5]))
    assert len(drawn) == 1
    plot.log_button.click()
    assert len(drawn) == 2
    hidden = toggles(plot)[next(name for name in toggles(plot) if name.startswith("validation") and "0" not in name)]
    hidden.click()
    assert not after.isVisible()
    hidden.click()
    assert after.isVisible() and len(drawn) == 3


def test_a_new_look_recolours_at_once(plot: OuterLossPlot, qapp: QApplication) -> None:
    plot.add_steps(step_reports([4.0, 3.0]))
    item = plot.canvas.plot.getPlotItem().listDataItems()[1]
    apply_theme(qapp, "light")
    light = item.opts["pen"].color()
    apply_theme(qapp, "dark")
    try:
        assert item.opts["pen"].color() == plot_colours().series[0] != light
        assert plot.canvas.plot.backgroundBrush().color() == plot_colours().background
    finally:
        apply_theme(qapp, "light")


def test_a_long_curve_is_drawn_in_few_points_and_its_parts_in_all(plot: OuterLossPlot) -> None:
    plot.smoothing.slider.setValue(0)
    losses = np.random.default_rng(0).normal(size=200_000)
    losses[77_777] = 30.0
    plot.add_steps(step_reports(losses))
    item = plot.canvas.plot.getPlotItem().listDataItems()[0]
    assert len(item.getOriginalDataset()[0]) < 10_000
    assert item.getOriginalDataset()[1].max() == 30.0
    view = plot.canvas.plot.getViewBox()
    view.setXRange(77_000, 79_000, padding=0)
    view.sigRangeChangedManually.emit([True, True])  # as after a turn of the wheel
    x, y = item.getOriginalDataset()
    assert np.array_equal(x, np.arange(x[0], x[-1] + 1)) and x[0] <= 77_000 and x[-1] >= 79_000
    assert np.array_equal(y, losses[int(x[0]) - 1 : int(x[-1])])
    plot.reset_view()
    assert item.getOriginalDataset()[0][-1] == 200_000


def test_a_long_curve_follows_every_change(plot: OuterLossPlot) -> None:
    plot.smoothing.slider.setValue(0)
    plot.add_steps(step_reports(np.full(100_000, 1000.0)))
    item = plot.canvas.plot.getPlotItem().listDataItems()[0]
    plot.log_button.click()
    assert item.getOriginalDataset()[1].max() == 3.0, "another axis"
    plot.log_button.click()
    plot.add_steps([StepReport(step, 0.0, {"vae": 7.0}) for step in range(50_001, 100_001)])
    x, y = item.getOriginalDataset()
    assert y[x > 50_100].max() == 7.0, "a run that went on from an earlier step"
    plot.add_steps([StepReport(step, 0.0, {"vae": 8.0}) for step in range(100_001, 1_100_002)])
    x, y = item.getOriginalDataset()
    assert y.min() == 7.0 and y.max() == 1000.0 and y[-1] == 8.0, "thinned"
    assert x[y == 7.0].min() >= 48_000 and x[y == 7.0].max() <= 101_000
    plot.smoothing.slider.setValue(90)
    smooth = plot.canvas.plot.getPlotItem().listDataItems()[1]
    assert abs(smooth.getOriginalDataset()[1][-1] - 8.0) < 1e-6


def test_a_long_curve_is_smoothed_anew_all_along(plot: OuterLossPlot) -> None:
    plot.add_steps(step_reports(np.random.default_rng(0).normal(size=100_000)))
    smooth = plot.canvas.plot.getPlotItem().listDataItems()[1]
    plot.smoothing.slider.setValue(50)
    little = smooth.getOriginalDataset()[1]
    plot.smoothing.slider.setValue(99)
    much = smooth.getOriginalDataset()[1]
    assert much[100:1500].max() < little[100:1500].max() / 2


def test_a_figure_is_never_cut(plot: OuterLossPlot) -> None:
    """Without its exponent a figure is another figure."""
    plot.add_steps(step_reports([6.224e12, -6.224e-12]))
    (training, *_) = toggles(plot).values()
    for step in (1, 2):
        plot._point_at(step)
        beside = training.sizeHint().width() - training.fontMetrics().horizontalAdvance(training.text())
        assert training.value.endswith(("e+12", "e-12"))
        assert beside > training.fontMetrics().horizontalAdvance(training.value) + 24


def test_a_setting_that_was_changed_leaves_a_flag(plot: OuterLossPlot) -> None:
    """One for all that a slider passes, and text to the letter."""
    plot.add_steps(step_reports([1.0] * 1000))
    for step, setting, text in ((100, "a", "A 0.1"), (105, "a", "A 0.2"), (106, "b", "{<b>"), (500, "b", "B 2")):
        plot.mark_change(step, setting, text)
    flags = [(flag.value(), flag.label.toPlainText()) for flag in plot.canvas._flags]
    assert flags == [(100, "A 0.2"), (106, "{<b>"), (500, "B 2")]
    plot.reset(("vae",))
    assert not plot.canvas._flags


@pytest.mark.parametrize(("height", "named"), [(260, False), (500, True)])
def test_where_there_is_little_height_the_curves_get_it(plot: OuterLossPlot, height: int, named: bool) -> None:
    plot.add_steps(step_reports([3.0, 2.0]))
    plot.resize(480, height)
    plot.grab()
    assert plot.canvas.plot.getPlotItem().getAxis("bottom").label.isVisible() is named
