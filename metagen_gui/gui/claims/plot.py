"""Adaptation curves of a test: a measure against the adaptation step, a line with its 95 % band for every arm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QComboBox, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.look.theme import plot_colours
from metagen_gui.gui.plots.canvas import LossCanvas
from metagen_gui.gui.plots.curves.item import curve_pen, draw_curve
from metagen_gui.gui.plots.curves.toggle import CurveToggle
from metagen_gui.gui.plots.panel import PlotPanel, step_nearest
from metagen_gui.gui.plots.scale import LossScale, Tick, Values, format_number
from metagen_gui.gui.widgets.flow_layout import FlowLayout
from metagen_gui.gui.widgets.plain_text import PlainLabel
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

if TYPE_CHECKING:
    from metagen_gui.engine.claims.findings import Findings
    from metagen_gui.engine.pages.charts import Curve

_NONE: Values = np.empty(0)
_LEVEL = (6.0, 4.0)
"""Dashes of an arm that does not adapt."""
_BAND = 0.12
"""How opaque a band is."""


class StepCanvas(LossCanvas):
    """Spaces adaptation steps by their root: the first few matter most, and the last lie far beyond training."""

    steps: tuple[int, ...] = ()

    def _write_ticks(self, *_: object) -> None:
        item = self.plot.getPlotItem()
        view = item.getViewBox()
        (left, right), (low, high) = view.viewRange()
        steps, free = list[Tick](), -np.inf
        for step in self.steps:
            place, label = float(np.sqrt(step)), f"{step:,}"
            pixel = (place - left) / max(right - left, 1e-9) * view.width()
            if pixel >= free:
                steps.append((place, label))
                free = pixel + self.fontMetrics().horizontalAdvance(label) + 10
        ticks = steps, self.scale.ticks(low, high, max(2, int(view.height() / 34)))
        if ticks != self._ticks:  # or both axes would be drawn anew
            self._ticks = ticks
            item.getAxis("bottom").setTicks([ticks[0]])
            item.getAxis("left").setTicks([ticks[1]])


@dataclass
class _Line:
    """An arm in the plot."""

    curve: Curve
    toggle: CurveToggle
    line: Any
    chosen: Any
    edges: tuple[Any, Any]
    band: Any
    x: Values
    drawn: Values
    bounds: tuple[Values, Values]
    """The ends of its intervals, as drawn."""

    @property
    def visible(self) -> bool:
        return self.toggle.isChecked() and bool(np.isfinite(self.drawn).any())


class ClaimsPlot(PlotPanel):
    """Draws one measure on one footing; measure, footing and kind of tasks are chosen above."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_say("As the model adapts"), _say("adaptation step"), "", parent)
        self.setObjectName("claims_plot")
        self._findings: Findings | None = None
        self._lines: list[_Line] = []
        self._hidden: set[str] = set()
        self.measure = self._chooser("claims_measure", _say("Measure"), _say("What is drawn"))
        tip = _say("Whether arms are compared after as much training time, or after as many outer steps")
        self.footing = self._chooser("claims_footing", _say("Footing"), tip)
        self.world = self._chooser("claims_world", _say("Tasks"), _say("On which tasks"))
        choosers = QWidget()
        flow = FlowLayout(choosers, gap=6, leading=4)
        for box in (self.measure, self.footing, self.world):
            flow.addWidget(box)
        self._header.insertWidget(0, choosers, 1)
        self._header.setStretchFactor(self._readout, 0)
        self._readout.setMinimumWidth(self._readout.fontMetrics().horizontalAdvance(self.tr("step {0}").format(1_000)))
        for widget in (self._readout, self.log_button, self.show_all_button, self.reset_button):
            self._header.setAlignment(widget, Qt.AlignmentFlag.AlignTop)
        self._title.hide()  # the tab says it
        self.set_empty_text(_say("Nothing could be measured."))
        self.note = PlainLabel()
        self.note.setWordWrap(True)
        self.note.setProperty("tone", "muted")
        self._rows.addWidget(self.note)

    def make_canvas(self, x_label: str, y_label: str) -> StepCanvas:
        """Return one that has the steps there are for its marks."""
        return StepCanvas(x_label, y_label)

    def minimumSizeHint(self) -> QSize:
        """Leave room for a few lines of the plot at least."""
        return super().minimumSizeHint().expandedTo(QSize(260, 220))

    def show_findings(self, findings: Findings) -> None:
        """Offer and draw the curves of a test."""
        from metagen_gui.engine.claims.report.tables import worlds

        self._findings = findings
        on_bands = _say(
            "Bands: 95 % intervals over tasks. Arms are compared task by task, which tells apart what bands do not. "
            "Large dot: the steps that did best on validation tasks (median over seeds)."
        )
        self.note.setText(" ".join((on_bands, *findings.notes)))
        for box, items in (
            (self.measure, [(translated(measure.title), measure) for measure in findings.measures]),
            (self.footing, [(footing, footing) for footing in findings.shared]),
            (self.world, worlds(findings)),
        ):
            box.blockSignals(True)
            box.clear()
            for text, value in items:
                box.addItem(text, value)
            box.blockSignals(False)
            box.setVisible(len(items) > 1)
        self._rebuild()

    # -- what the chrome asks ----------------------------------------------------------------------------------------

    def draw_curves(self, scale: LossScale) -> None:
        """Give every arm its line, its band and its dots."""
        look = plot_colours()
        for line in self._lines:
            colour = QColor(look.series[line.curve.colour % len(look.series)])
            halves = np.nan_to_num(np.array(line.curve.halves, dtype=np.float64))
            means = np.array(line.curve.means, dtype=np.float64)
            if len(line.x) > len(means):  # a level
                halves, means = np.repeat(halves, 2), np.repeat(means, 2)
            line.drawn = scale.forward(means)
            pen, level = curve_pen(colour, 1.8), len(line.curve.steps) == 1
            if level:
                pen.setDashPattern(_LEVEL)
            dots = {"symbol": None} if level else {"symbol": "o", "symbolSize": 5}
            brush = {"symbolBrush": QBrush(colour), "symbolPen": curve_pen(colour)}
            line.line.setVisible(line.visible)
            line.chosen.setVisible(False)
            if line.visible:
                draw_curve(line.line, line.x, line.drawn, pen=pen, antialias=True, **dots, **brush)
                self._mark_chosen(line, brush)
            self._draw_band(line, scale, means, halves, colour)

    def shown_curves(self) -> list[Values]:
        """Return the drawn values; untrained arms do not set the range unless all is asked for."""
        trained = [line for line in self._lines if line.visible and not line.curve.untrained]
        shown = [line for line in self._lines if line.visible] if self.show_all_button.isChecked() else trained
        return [values for line in shown or self._lines for values in (line.drawn, *line.bounds)]

    def lowest_loss(self) -> float:
        """Return the lowest finite value, infinity where there is none."""
        values = [value for line in self._lines for value in line.curve.means if np.isfinite(value)]
        return min(values, default=np.inf)

    def x_range(self) -> tuple[float, float]:
        """Return the places of step 0 and of the last."""
        return 0.0, max([float(line.x[-1]) for line in self._lines if len(line.x)], default=1.0)

    def nearest(self, x: float, move: int = 0) -> float | None:
        """Return the place of the step that is nearest to `x`, or `move` steps from it."""
        steps = np.sqrt(np.array(self._steps(), dtype=np.float64))
        return step_nearest(steps, x, move)

    def write_values(self, x: float | None) -> str:
        """Write each arm's value at a step, or where it was tuned to end, into the legend."""
        for line in self._lines:
            curve = line.curve
            step = round(x * x) if x is not None else curve.chosen if curve.chosen in curve.steps else curve.steps[-1]
            nearest = min(range(len(curve.steps)), key=lambda place: abs(curve.steps[place] - step))
            line.toggle.set_value(format_number(curve.means[nearest], digits=4))
        return self.tr("step {0}").format(round(x * x)) if x is not None else ""

    # -- within ------------------------------------------------------------------------------------------------------

    def _chooser(self, name: str, says: str, tip: str) -> QComboBox:
        box = QComboBox()
        box.setObjectName(name)
        box.setAccessibleName(says)
        box.setToolTip(tip)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        box.setMinimumWidth(96)  # in a very narrow window a name may be cut
        guard_wheel(box)
        box.currentIndexChanged.connect(self._rebuild)
        return box

    def _steps(self) -> tuple[int, ...]:
        return tuple(sorted({step for line in self._lines for step in line.curve.steps}))

    def _rebuild(self) -> None:
        if self._findings is None:
            return
        from metagen_gui.engine.claims.report.tables import curves

        item = self.canvas.plot.getPlotItem()
        for line in self._lines:
            change = self._hidden.discard if line.toggle.isChecked() else self._hidden.add
            change(line.curve.name)
            for each in (line.band, line.line, line.chosen):
                item.removeItem(each)
        self.clear_legend()
        self.clear_view()
        measure, footing, part = (box.currentData() for box in (self.measure, self.footing, self.world))
        found = [] if measure is None else curves(self._findings, footing, measure, part)
        last = max((curve.steps[-1] for curve in found), default=1)
        self._lines = [self._line(curve, last) for curve in found]
        if self._lines:
            self.add_legend_row(*(line.toggle for line in self._lines))
        canvas = self.canvas
        assert isinstance(canvas, StepCanvas)
        canvas.steps = self._steps()
        if measure is not None:
            better = {"lower": _say("lower is better"), "higher": _say("higher is better")}.get(
                measure.better, _say("{0} is ideal").format(measure.better)
            )
            unit = f" ({measure.unit})" if measure.unit == "nats" else ""
            item.setLabel("left", f"{translated(measure.title)}{unit}: {better}")
        self.data_changed()

    def _line(self, curve: Curve, last: int) -> _Line:
        level = len(curve.steps) == 1
        toggle = CurveToggle(curve.name, _say("Show or hide this arm"), curve.colour, dash=(2.5, 1.6) if level else ())
        toggle.setChecked(curve.name not in self._hidden)
        edges = pg.PlotCurveItem(), pg.PlotCurveItem()  # not of the plot, which would clip them to what is seen
        band = pg.FillBetweenItem(*edges)
        band.setZValue(-5)
        self.canvas.plot.getPlotItem().addItem(band, ignoreBounds=True)
        x = np.sqrt(np.array([0, last] if level else curve.steps, dtype=np.float64))
        return _Line(
            curve, toggle, self.canvas.add_curve(z=4), self.canvas.add_curve(z=5), edges, band, x, _NONE, (_NONE, _NONE)
        )

    def _mark_chosen(self, line: _Line, brush: dict[str, Any]) -> None:
        if line.curve.chosen in line.curve.steps and len(line.curve.steps) > 1:
            place = line.curve.steps.index(line.curve.chosen)
            at = slice(place, place + 1)
            draw_curve(line.chosen, line.x[at], line.drawn[at], pen=None, symbol="o", symbolSize=11, **brush)

    def _draw_band(self, line: _Line, scale: LossScale, means: Values, halves: Values, colour: QColor) -> None:
        lower, upper = line.bounds = scale.forward(means - halves), scale.forward(means + halves)
        sound = np.isfinite(lower) & np.isfinite(upper)
        wanted = line.visible and bool(sound.any())
        line.band.setVisible(wanted)
        for edge, values in zip(line.edges, (lower, upper), strict=True):
            if wanted:
                edge.setData(line.x[sound], values[sound])
        faint = QColor(colour)
        faint.setAlphaF(_BAND)
        line.band.setBrush(QBrush(faint))


def _say(text: str) -> str:
    return QCoreApplication.translate("ClaimsPlot", text)
