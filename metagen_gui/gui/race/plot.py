"""The lanes' losses on the validation tasks over steps or seconds of computing, each with its interval as a band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QWidget

from metagen_gui.engine.races.events import LaneLooked
from metagen_gui.gui.look.theme import plot_colours
from metagen_gui.gui.plots.curves.item import DASHES, curve_pen, draw_curve
from metagen_gui.gui.plots.curves.toggle import CurveToggle
from metagen_gui.gui.plots.panel import PlotPanel, step_nearest
from metagen_gui.gui.plots.scale import LossScale, Values, format_number
from metagen_gui.gui.widgets.amounts import duration
from metagen_gui.gui.widgets.header_toggle import header_toggle
from metagen_gui.gui.widgets.plain_text import plain_tip

_NOTHING = np.empty(0)


@dataclass
class _Lane:
    """A lane in the plot: its entry in the legend, its items, and what was seen of it, by outer step."""

    toggle: CurveToggle
    line: Any
    low: Any
    high: Any
    band: Any
    looks: dict[int, LaneLooked] = field(default_factory=dict)
    steps: Values = field(default_factory=lambda: _NOTHING)
    seconds: Values = field(default_factory=lambda: _NOTHING)
    losses: Values = field(default_factory=lambda: _NOTHING)
    intervals: Values = field(default_factory=lambda: _NOTHING)
    drawn: Values = field(default_factory=lambda: _NOTHING)

    def along(self, in_seconds: bool) -> Values:
        return self.seconds if in_seconds else self.steps

    @property
    def visible(self) -> bool:
        return self.toggle.isChecked() and len(self.losses) > 0


class RacePlot(PlotPanel):
    """Draws a line per lane, in the colour that it has everywhere in the race."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_say("Validation loss"), _say("outer step"), _say("loss"), parent)
        self.setObjectName("race_plot")
        self._lanes: list[_Lane] = []
        self.time_button = header_toggle(self.tr("Time"), self.tr("Draw over seconds of computing, not over steps"))
        self._header.insertWidget(2, self.time_button)
        self.time_button.toggled.connect(self._change_axis)
        self.set_empty_text(self.tr("Curves begin when the lanes are first looked at."))

    def begin(self, names: Sequence[str]) -> None:
        """Show lanes of these names, nothing of which has been seen."""
        for lane in self._lanes:
            for item in (lane.band, lane.line):
                self.canvas.remove_curve(item)
        self.clear_legend()
        self.clear_view()
        self._lanes = [self._lane(place, name) for place, name in enumerate(names)]
        if self._lanes:
            self.add_legend_row(*(lane.toggle for lane in self._lanes))
        self.data_changed()

    def add_looks(self, looks: Sequence[LaneLooked]) -> None:
        """Take what was seen of lanes; of one step the newest counts."""
        for look in looks:
            self._lanes[look.lane].looks[look.meta_step] = look
        for lane in (self._lanes[place] for place in {look.lane for look in looks}):
            seen = [lane.looks[step] for step in sorted(lane.looks)]
            lane.steps = np.array([look.meta_step for look in seen], dtype=float)
            lane.seconds = np.array([look.seconds for look in seen])
            lane.losses = np.array([look.loss for look in seen])
            lane.intervals = np.nan_to_num(np.array([look.interval for look in seen]))
        self.data_changed()

    # -- what the chrome asks ----------------------------------------------------------------------------------------

    def draw_curves(self, scale: LossScale) -> None:
        """Give every lane's line and band their data on `scale`, and their colours."""
        series, in_seconds = plot_colours().series, self.time_button.isChecked()
        for place, lane in enumerate(self._lanes):
            colour, x = QColor(series[place % len(series)]), lane.along(in_seconds)
            lane.drawn = scale.forward(lane.losses)
            faint = QColor(colour)
            faint.setAlphaF(0.16)
            for item, values in ((lane.low, lane.losses - lane.intervals), (lane.high, lane.losses + lane.intervals)):
                edge = scale.forward(values)
                item.setData(x, np.where(np.isfinite(edge), edge, lane.drawn))
            lane.band.setBrush(QBrush(faint))
            lane.band.setVisible(lane.visible and bool(np.isfinite(lane.drawn).all()))
            if lane.visible:
                draw_curve(lane.line, x, lane.drawn, pen=curve_pen(colour, 1.8, DASHES[place]), antialias=True)
            else:
                lane.line.setVisible(False)

    def shown_curves(self) -> list[Values]:
        """Return the drawn losses of every lane that is not hidden."""
        return [lane.drawn for lane in self._lanes if lane.visible]

    def told_curves(self) -> Mapping[CurveToggle, Values]:
        """Return the losses of every lane."""
        return {lane.toggle: lane.losses for lane in self._lanes}

    def lowest_loss(self) -> float:
        """Return the lowest finite loss, infinity where there is none."""
        finite = [float(found.min()) for lane in self._lanes if len(found := lane.losses[np.isfinite(lane.losses)])]
        return min(finite, default=np.inf)

    def x_range(self) -> tuple[float, float]:
        """Return 0, where every lane begins, and the last outer step or second."""
        in_seconds = self.time_button.isChecked()
        ends = [float(x[-1]) for lane in self._lanes if lane.visible and len(x := lane.along(in_seconds))]
        return 0.0, max([*ends, 1.0])

    def nearest(self, x: float, move: int = 0) -> float | None:
        """Return the step (or second) of any lane that is nearest to `x`, or `move` places from it."""
        shown = [lane.along(self.time_button.isChecked()) for lane in self._lanes if lane.visible]
        known = np.unique(np.concatenate([_NOTHING, *shown]))
        return step_nearest(known, x, move)

    def write_values(self, x: float | None) -> str:
        """Write each lane's loss nearest to `x`, or its newest, into the legend; return what `x` is called."""
        in_seconds = self.time_button.isChecked()
        for lane in self._lanes:
            along = lane.along(in_seconds)
            if len(along):
                place = len(along) - 1 if x is None else int(np.abs(along - x).argmin())
                value = format_number(float(lane.losses[place]), digits=4)
                lane.toggle.set_value(f"{value} ± {lane.intervals[place]:.2g}")
            else:
                lane.toggle.set_value("")
        if x is None:
            return ""
        return duration(x) if in_seconds else self.tr("step {0}").format(f"{x:,.0f}")

    # -- within ------------------------------------------------------------------------------------------------------

    def _lane(self, place: int, name: str) -> _Lane:
        import pyqtgraph

        toggle = CurveToggle("", "", place, values=2, dash=DASHES[place])
        width = 30 * toggle.fontMetrics().averageCharWidth()
        toggle.setText(toggle.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, width))
        toggle.setAccessibleName(name)
        toggle.setToolTip(plain_tip(name))
        # never in the plot themselves, where curves are cut to what can be seen now
        low, high = pyqtgraph.PlotCurveItem(), pyqtgraph.PlotCurveItem()
        band = pyqtgraph.FillBetweenItem(low, high)
        band.setZValue(0)
        self.canvas.plot.getPlotItem().addItem(band, ignoreBounds=True)
        return _Lane(toggle, self.canvas.add_curve(z=4), low, high, band)

    def _change_axis(self, seconds: bool) -> None:
        label = _say("seconds of computing") if seconds else _say("outer step")
        self.canvas.plot.getPlotItem().setLabel("bottom", label)
        self.clear_view()
        self.refresh()


def _say(text: str) -> str:
    return QCoreApplication.translate("RacePlot", text)
