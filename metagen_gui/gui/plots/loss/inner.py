"""The inner loss: how losses fall while a model adapts to held-out tasks, now and earlier in the run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QBrush, QColor, QPen
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from metagen_gui.engine.events import ValidationReport
from metagen_gui.engine.languages.spoken import named
from metagen_gui.gui.look.theme import plot_colours
from metagen_gui.gui.plots.curves.item import curve_pen, draw_curve
from metagen_gui.gui.plots.curves.toggle import CurveToggle
from metagen_gui.gui.plots.panel import PlotPanel
from metagen_gui.gui.plots.scale import LossScale, Values, format_number
from metagen_gui.gui.plots.thinned_history import ThinnedHistory
from metagen_gui.gui.widgets.plain_text import PlainLabel
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

_PAST = 20
_QUERY, _SUPPORT = 0, 1


class InnerLossPlot(PlotPanel):
    """Query and support loss against the adaptation step: the present ones bold over the fading past."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_say("Inner loss"), _say("adaptation step"), _say("loss"), parent)
        self.setObjectName("inner_loss_plot")
        self._history: ThinnedHistory[ValidationReport] = ThinnedHistory(2 * _PAST)
        self.player_picker = QComboBox()
        self.player_picker.setAccessibleName(self.tr("Player"))
        self.player_picker.setToolTip(self.tr("Whose losses are drawn"))
        guard_wheel(self.player_picker)
        self.player_picker.currentIndexChanged.connect(self.reset_view)
        self.player_picker.currentIndexChanged.connect(self.refresh)
        self._player_row = self._make_player_row()
        self.add_controls(self._player_row)
        self._query = CurveToggle(
            self.tr("query"), self.tr("Loss on examples held back from adaptation"), 0, marker=True, values=2
        )
        self._support = CurveToggle(
            self.tr("support"), self.tr("Loss on the examples adapted to"), 1, dashed=True, marker=True, values=2
        )
        self._earlier = CurveToggle(
            self.tr("earlier"), self.tr("The same losses earlier in the run, fading into the past"), 7, values=0
        )
        self.add_legend_row(self._query, self._support, self._earlier)

    @cached_property
    def _past(self) -> list[list[Any]]:
        return [[self.canvas.add_curve(z=1) for _ in range(_PAST)] for _ in (_QUERY, _SUPPORT)]

    @cached_property
    def _present(self) -> list[Any]:
        return [self.canvas.add_curve(z=3) for _ in (_QUERY, _SUPPORT)]

    def _make_player_row(self) -> QWidget:
        row = QWidget()
        label = PlainLabel(self.tr("Player"))
        label.setBuddy(self.player_picker)
        label.setProperty("tone", "muted")
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(label)
        layout.addWidget(self.player_picker)
        layout.addStretch()
        row.hide()
        return row

    # What the window calls.

    def reset(self, players: Sequence[str]) -> None:
        """Forget the last run and get ready for one with these players."""
        self._history = ThinnedHistory(2 * _PAST)
        self.clear_view()
        self.player_picker.blockSignals(True)
        self.player_picker.clear()
        for player in players:
            self.player_picker.addItem(named(player), player)
        self.player_picker.blockSignals(False)
        self._player_row.setVisible(len(players) > 1)
        for toggle in (self._query, self._support):
            toggle.set_value("")
        self.data_changed()

    def add_validation(self, report: ValidationReport) -> None:
        """Draw the losses after 0, 1, … k adaptation steps; the ones before fade."""
        if not self.player_picker.count():
            self.reset(tuple(report.query_loss))
        earlier = sum(known.meta_step < report.meta_step for known in self._history.items)
        self._history.cut(earlier)
        self._history.add(report)
        self.data_changed()

    # What the chrome asks.

    def draw_curves(self, scale: LossScale) -> None:
        """Draw the present losses and up to 20 earlier ones, evenly spread over the run."""
        series = plot_colours().series
        for kind, toggle in enumerate((self._query, self._support)):
            colour = series[kind]
            items = self._present[kind], self._past[kind]
            past = self._past_reports() if self._earlier.isChecked() and toggle.isChecked() else []
            for index, item in enumerate(items[1]):
                item.setVisible(index < len(past))
                if index < len(past):
                    losses = scale.forward(self._losses(past[index], kind))
                    pen = _past_pen(colour, kind, index + 1, len(past))
                    draw_curve(item, np.arange(len(losses), dtype=np.float64), losses, pen=pen)
            self._draw_present(items[0], kind, scale, colour, toggle.isChecked() and len(self._history) > 0)

    def _draw_present(self, item: Any, kind: int, scale: LossScale, colour: QColor, visible: bool) -> None:
        item.setVisible(visible)
        if not visible:
            return
        losses = scale.forward(self._losses(self._history[-1], kind))
        pen = curve_pen(colour, 2.4)
        if kind == _SUPPORT:
            pen.setDashPattern([3, 2])
        inside = QBrush(colour if kind == _QUERY else plot_colours().background)
        draw_curve(
            item,
            np.arange(len(losses), dtype=np.float64),
            losses,
            pen=pen,
            antialias=True,
            symbol="o",
            symbolSize=7,
            symbolPen=curve_pen(colour, 1.5),
            symbolBrush=inside,
        )

    def shown_curves(self) -> list[Values]:
        """Return the drawn losses that the view must hold: the present ones whole, the later half of the earlier ones.

        The first reports of a run are of an untrained model; showing them would flatten everything that follows.
        """
        shown = [kind for kind, toggle in enumerate((self._query, self._support)) if toggle.isChecked()]
        reports = self._past_reports() if self._earlier.isChecked() else []
        reports = reports[len(reports) // 2 + 1 :]
        curves = [self._losses(report, kind) for kind in shown for report in reports]
        past = [self.canvas.scale.forward(np.concatenate(curves))] if curves else []
        return past + self._present_curves(shown)

    def _present_curves(self, shown: list[int]) -> list[Values]:
        if not len(self._history):
            return []
        # Each point as a curve of its own: none of the present ones is ever left out of the view.
        points = [self.canvas.scale.forward(self._losses(self._history[-1], kind)) for kind in shown]
        return [curve[index : index + 1] for curve in points for index in range(len(curve))]

    def lowest_loss(self) -> float:
        """Return the lowest finite loss of the chosen player, infinity where there is none."""
        losses = [self._losses(report, kind) for report in self._history.items for kind in (_QUERY, _SUPPORT)]
        finite = [float(values[np.isfinite(values)].min()) for values in losses if np.isfinite(values).any()]
        return min(finite, default=np.inf)

    def x_range(self) -> tuple[float, float]:
        """Return 0 and the number of adaptation steps, with room for the markers."""
        steps = max(self._adaptation_steps(), 1)
        return -0.02 * steps, 1.02 * steps

    def nearest(self, x: float, move: int = 0) -> float | None:
        """Return the adaptation step that is nearest to `x`, or `move` from it."""
        return float(min(max(round(x) + move, 0), self._adaptation_steps())) if len(self._history) else None

    def write_values(self, x: float | None) -> str:
        """Write the losses at adaptation step `x`, or those at the first and the last, into the legend."""
        if not len(self._history):
            return ""
        report = self._history[-1]
        for kind, toggle in enumerate((self._query, self._support)):
            losses = self._losses(report, kind)
            if not len(losses):
                toggle.set_value("")
                continue
            ends = (losses[0], losses[-1]) if x is None else (losses[min(int(x), len(losses) - 1)],)
            toggle.set_value(" → ".join(format_number(float(loss), digits=4) for loss in ends))
        if x is None:
            return self.tr("outer step {0}").format(f"{report.meta_step:,}")
        return self.tr("adaptation step {0}").format(f"{x:.0f}")

    def _past_reports(self) -> list[ValidationReport]:
        past = self._history.items[:-1]
        if len(past) <= _PAST:
            return list(past)
        return [past[index] for index in np.linspace(0, len(past) - 1, _PAST).round().astype(int)]

    def _losses(self, report: ValidationReport, kind: int) -> Values:
        losses = report.query_loss if kind == _QUERY else report.support_loss
        return np.atleast_1d(np.asarray(losses.get(self.player_picker.currentData(), ()), dtype=np.float64))

    def _adaptation_steps(self) -> int:
        if not len(self._history):
            return 1
        return max(len(self._losses(self._history[-1], kind)) for kind in (_QUERY, _SUPPORT)) - 1


def _past_pen(colour: QColor, kind: int, place: int, count: int) -> QPen:
    """Return a thin pen that is fainter the further back `place` lies of `count`.

    The first, of an untrained model, is the faintest however short the run: it must not stand before the present.
    """
    faded = QColor(colour)
    faded.setAlphaF((0.10 + 0.40 * ((place - 1) / max(count - 1, 3)) ** 2) * (1.0 if kind == _QUERY else 0.7))
    pen = curve_pen(faded)
    if kind == _SUPPORT:
        pen.setDashPattern([4, 3])
    return pen


def _say(text: str) -> str:
    return QCoreApplication.translate("InnerLossPlot", text)
