"""Several runs' curves in one plot: each run a colour and a pattern of dashes of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QComboBox, QWidget

from metagen_gui.engine.store.reports import LOSS, TRAINING, Series
from metagen_gui.gui.library.comparison.names import changes_of
from metagen_gui.gui.library.comparison.reader import RunCurves
from metagen_gui.gui.look.theme import plot_colours
from metagen_gui.gui.plots.curves.item import DASHES, curve_pen, draw_curve
from metagen_gui.gui.plots.curves.toggle import CurveToggle
from metagen_gui.gui.plots.panel import PlotPanel, step_nearest
from metagen_gui.gui.plots.scale import LossScale, Values, format_number
from metagen_gui.gui.plots.smoothing import make_smoother
from metagen_gui.gui.widgets.amounts import duration
from metagen_gui.gui.widgets.header_toggle import header_toggle
from metagen_gui.gui.widgets.plain_text import plain_tip
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

_MARKED = 25
"""Points up to which each has a marker."""
SMOOTHED = 0.95
"""How strongly training losses are smoothed, which in several runs at once nobody could tell apart otherwise."""
_NOTHING = Series(np.empty(0), np.empty(0), np.empty(0))


@dataclass
class _Run:
    """A run in the plot: its entry in the legend, its two lines, and what they show as it is drawn."""

    curves: RunCurves
    toggle: CurveToggle
    place: int
    line: Any
    training: Any
    shown: Series = _NOTHING
    drawn: Values = field(default_factory=lambda: _NOTHING.values)

    @property
    def visible(self) -> bool:
        return self.toggle.isChecked() and len(self.shown.values) > 0


class ComparisonPlot(PlotPanel):
    """Draws a quantity of several runs over the outer steps or over the time that they took."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_say("Comparison"), _say("outer step"), _say("validation loss"), parent)
        self.setObjectName("comparison_plot")
        self._runs: list[_Run] = []
        self._hidden: set[Path] = set()
        self._marks: list[tuple[float, str, int]] = []
        self.quantity = QComboBox()
        self.quantity.setObjectName("comparison_quantity")
        self.quantity.setAccessibleName(self.tr("Quantity to compare"))
        self.quantity.setToolTip(self.tr("What of the held-out tasks is drawn, after adaptation"))
        self.quantity.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        guard_wheel(self.quantity)
        self.training_button = header_toggle(
            self.tr("Training"), self.tr("Draw the loss in training as well, smoothed: the faint lines")
        )
        self.time_button = header_toggle(self.tr("Time"), self.tr("Draw over seconds of training, not over steps"))
        self._header.insertWidget(2, self.quantity)
        self._header.insertWidget(3, self.training_button)
        self._header.insertWidget(4, self.time_button)
        self._offer_quantities(())
        self.quantity.currentIndexChanged.connect(self.reset_view)
        self.training_button.toggled.connect(self.reset_view)
        self.time_button.toggled.connect(self._change_axis)
        self.set_empty_text(self.tr("Choose the runs to compare in the table: Ctrl or Shift and a click adds one."))

    def minimumSizeHint(self) -> QSize:
        """Leave room for a few lines of the plot at least."""
        return super().minimumSizeHint().expandedTo(QSize(200, 150))

    def show_runs(self, runs: Sequence[RunCurves], names: Sequence[str]) -> None:
        """Draw these runs under these names.

        What was hidden in the legend stays so, and the view if they are those shown already.
        """
        if [run.curves.entry.folder for run in self._runs] != [run.entry.folder for run in runs]:
            self._rebuild(runs)
        for run, curves, name in zip(self._runs, runs, names, strict=True):
            run.curves = curves
            self._name(run, name)
        self._offer_quantities(runs)
        self._mark_changes()
        self.data_changed()

    # -- what the chrome asks ----------------------------------------------------------------------------------------

    def draw_curves(self, scale: LossScale) -> None:
        """Give every run's lines their data on `scale`, and their pens."""
        series, in_seconds = plot_colours().series, self.time_button.isChecked()
        for run in self._runs:
            colour = series[run.place % len(series)]
            run.shown = run.curves.series.get(self._wanted(), _NOTHING)
            run.drawn = scale.forward(run.shown.values)
            few = len(run.drawn) <= _MARKED
            look = {"symbol": "o", "symbolSize": 4, "symbolPen": curve_pen(colour), "symbolBrush": QBrush(colour)}
            _draw(run.line, run.shown.along(in_seconds), run.drawn, run.visible, colour, 1.8, DASHES[_dash(run.place)],
                  look if few else {"symbol": None})  # fmt: skip
            training = run.curves.series.get(TRAINING, _NOTHING)
            wanted = self._training_wanted() and run.toggle.isChecked() and len(training.values) > 0
            faint = QColor(colour)
            faint.setAlphaF(0.45)
            smooth = make_smoother("exponential", SMOOTHED).extend(training.values) if wanted else training.values
            _draw(run.training, training.along(in_seconds), scale.forward(smooth), wanted, faint, 1.0, (), {})

    def shown_curves(self) -> list[Values]:
        """Return the drawn values of every run that is not hidden."""
        return [run.drawn for run in self._runs if run.visible]

    def lowest_loss(self) -> float:
        """Return the lowest finite value, infinity where there is none."""
        values = [run.curves.series.get(self._wanted(), _NOTHING).values for run in self._runs]
        finite = [float(some[np.isfinite(some)].min()) for some in values if np.isfinite(some).any()]
        return min(finite, default=np.inf)

    def x_range(self) -> tuple[float, float]:
        """Return 0, where every run begins, and the last outer step or second."""
        ends = [float(x[-1]) for run in self._runs if len(x := self._along(run)) and run.toggle.isChecked()]
        return 0.0, max([*ends, 1.0])

    def nearest(self, x: float, move: int = 0) -> float | None:
        """Return the step (or second) of any run that is nearest to `x`, or `move` places from it."""
        known = np.unique(np.concatenate([np.empty(0), *(self._along(run) for run in self._runs if run.visible)]))
        return step_nearest(known, x, move)

    def write_values(self, x: float | None) -> str:
        """Write each run's value nearest to `x`, or its newest, into the legend; return what `x` is called."""
        for run in self._runs:
            along = self._along(run)
            if len(along):
                place = len(along) - 1 if x is None else int(np.abs(along - x).argmin())
                run.toggle.set_value(format_number(float(run.shown.values[place]), digits=4))
            else:
                run.toggle.set_value("")
        if x is None:
            return ""
        return duration(x) if self.time_button.isChecked() else self.tr("step {0}").format(f"{x:,.0f}")

    # -- within ------------------------------------------------------------------------------------------------------

    def _wanted(self) -> str:
        return str(self.quantity.currentData() or LOSS)

    def _training_wanted(self) -> bool:
        return self.training_button.isChecked() and self._wanted() == LOSS

    def _along(self, run: _Run) -> Values:
        return run.shown.along(self.time_button.isChecked())

    def _rebuild(self, runs: Sequence[RunCurves]) -> None:
        for run in self._runs:
            change = self._hidden.discard if run.toggle.isChecked() else self._hidden.add
            change(run.curves.entry.folder)
            self.canvas.remove_curve(run.line)
            self.canvas.remove_curve(run.training)
        self.clear_legend()
        self.clear_view()
        self._runs = []
        for place, curves in enumerate(runs):
            toggle = CurveToggle("", "", place, dash=DASHES[_dash(place)])
            toggle.setChecked(curves.entry.folder not in self._hidden)
            toggle.toggled.connect(self._mark_changes)
            self._runs.append(_Run(curves, toggle, place, self.canvas.add_curve(z=4), self.canvas.add_curve(z=1)))
        if self._runs:
            self.add_legend_row(*(run.toggle for run in self._runs))

    def _mark_changes(self) -> None:
        """Put a flag in a run's colour wherever one of its settings was changed."""
        marks = [
            (self._place_of(run, step), text, run.place)
            for run in self._runs
            if run.toggle.isChecked()
            for step, text in changes_of(run.curves.entry, run.curves.changes)
        ]
        if marks != self._marks:
            self._marks = marks
            self.canvas.clear_flags()
            for mark in marks:
                self.canvas.add_flag(*mark)

    def _place_of(self, run: _Run, step: int) -> float:
        told = run.curves.series.get(TRAINING, _NOTHING)
        in_seconds = self.time_button.isChecked() and len(told.steps) > 0
        return float(np.interp(step, told.steps, told.seconds)) if in_seconds else float(step)

    def _name(self, run: _Run, name: str) -> None:
        width = 44 * run.toggle.fontMetrics().averageCharWidth()
        run.toggle.setText(run.toggle.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, width))
        run.toggle.setAccessibleName(name)
        run.toggle.setToolTip(plain_tip(f"{name}\n{run.curves.entry.folder.name}"))

    def _offer_quantities(self, runs: Sequence[RunCurves]) -> None:
        names = list(dict.fromkeys([LOSS, *(name for run in runs for name in run.series if name != TRAINING)]))
        if names != [self.quantity.itemData(place) for place in range(self.quantity.count())]:
            before = self.quantity.currentData()
            self.quantity.blockSignals(True)
            self.quantity.clear()
            for name in names:
                self.quantity.addItem(self.tr("loss") if name == LOSS else name.replace("_", " "), name)
            self.quantity.setCurrentIndex(max(0, self.quantity.findData(before)))
            self.quantity.blockSignals(False)
        self.quantity.setVisible(len(names) > 1)
        self.training_button.setEnabled(self._wanted() == LOSS)

    def _change_axis(self, seconds: bool) -> None:
        self.canvas.plot.getPlotItem().setLabel(
            "bottom", _say("seconds of training") if seconds else _say("outer step")
        )
        self.clear_view()
        self._mark_changes()
        self.refresh()


def _draw(
    item: Any, x: Values, y: Values, visible: bool, colour: QColor, width: float, dash: tuple[float, ...], look: Any
) -> None:
    item.setVisible(visible)
    if visible:
        draw_curve(item, x, y, pen=curve_pen(colour, width, dash), antialias=len(x) <= 2_000, **look)


def _dash(place: int) -> int:
    return place % len(DASHES)


def _say(text: str) -> str:
    return QCoreApplication.translate("ComparisonPlot", text)
