"""The outer loss over the run: how well adapted models do on their queries, in training and on held-out tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from metagen_gui.engine.events import Alarm, StepReport, ValidationReport
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.look.theme import plot_colours
from metagen_gui.gui.plots.curves.toggle import CurveToggle
from metagen_gui.gui.plots.loss.curves import TrainingCurve, ValidationCurve
from metagen_gui.gui.plots.panel import PlotPanel, place_nearest, step_nearest
from metagen_gui.gui.plots.scale import LossScale, Values, format_number
from metagen_gui.gui.plots.smoothing_control import SmoothingControl

OF_CHANGES = 7
"""The series whose colour the flags of changed settings have: the last, which no curve of few players takes."""
CurveT = TypeVar("CurveT", bound=TrainingCurve | ValidationCurve, covariant=True)


@dataclass(frozen=True)
class _Entry(Generic[CurveT]):
    """A curve, its place in the legend, and the number of its colour."""

    curve: CurveT
    toggle: CurveToggle
    series: int

    @property
    def shown(self) -> bool:
        return self.toggle.isChecked() and len(self.curve.steps) > 0


@dataclass(frozen=True)
class _Player:
    """The curves of one player: training, validation before adaptation and after."""

    training: _Entry[TrainingCurve]
    before: _Entry[ValidationCurve]
    after: _Entry[ValidationCurve]

    @property
    def entries(self) -> tuple[_Entry[TrainingCurve | ValidationCurve], ...]:
        return self.training, self.before, self.after


class OuterLossPlot(PlotPanel):
    """Training and validation query loss against the outer step, one set of curves per player."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_say("Outer loss"), _say("outer step"), _say("query loss"), parent)
        self.setObjectName("outer_loss_plot")
        self.smoothing = SmoothingControl()
        self.smoothing.changed.connect(self._smooth)
        self.add_controls(self.smoothing)
        self._players: dict[str, _Player] = {}
        self._adaptation_steps = -1
        self._warming_up = False
        self._changed: tuple[str, int, Any] | None = None
        """The setting that was changed last, at which outer step, and its flag."""

    # What the window calls.

    def reset(self, players: Sequence[str]) -> None:
        """Forget the last run and get ready for one with these players."""
        for player in self._players.values():
            for entry in player.entries:
                entry.curve.remove(self.canvas)
        self.clear_legend()
        self.clear_view()
        self.canvas.set_mark(None)
        self.canvas.clear_flags()
        self._adaptation_steps, self._warming_up, self._changed = -1, False, None
        self._players = {name: self._make_player(name, 2 * place) for place, name in enumerate(players)}
        self._name_toggles(None)
        self._smooth()

    def add_steps(self, reports: Sequence[StepReport]) -> None:
        """Add training losses; losses that are not finite become gaps."""
        if not reports:
            return
        if not self._players:
            self.reset(tuple(reports[0].query_loss))
        steps = np.array([report.meta_step for report in reports], dtype=np.float64)
        for name, player in self._players.items():
            losses = np.array([report.query_loss.get(name, np.nan) for report in reports], dtype=np.float64)
            player.training.curve.extend(steps, losses)
        self._mark_end_of_warm_up(reports)
        self.data_changed()

    def add_validation(self, report: ValidationReport) -> None:
        """Add the losses on held-out tasks before and after adaptation."""
        if not self._players:
            self.reset(tuple(report.query_loss))
        for name, player in self._players.items():
            losses = np.asarray(report.query_loss.get(name, ()), dtype=np.float64)
            if losses.size:
                player.before.curve.add(report.meta_step, float(losses[0]))
                player.after.curve.add(report.meta_step, float(losses[-1]))
                self._note_adaptation_steps(losses.size - 1)
        self.data_changed()

    def mark_change(self, meta_step: int, setting: str, text: str) -> None:
        """Put a flag where `setting` took another value; one that is drawn along a slider leaves one flag, its last."""
        if self._changed and self._changed[0] == setting and meta_step - self._changed[1] <= 0.02 * self.x_range()[1]:
            self.canvas.name_flag(self._changed[2], text)
        else:
            self._changed = setting, meta_step, self.canvas.add_flag(meta_step, text, OF_CHANGES)

    def mark_alarm(self, alarm: Alarm) -> None:
        """Put a flag where an illness began; it stays when that is over, for the curve still shows it."""
        if not alarm.over:
            self.canvas.add_flag(alarm.meta_step, translated(alarm.called))

    # What the chrome asks.

    def draw_curves(self, scale: LossScale) -> None:
        """Give every curve its data on `scale`, and its colours."""
        series = plot_colours().series
        for entry in self._entries():
            entry.curve.draw(scale, series[entry.series % len(series)], entry.shown, self.span())

    def shown_curves(self) -> list[Values]:
        """Return the drawn losses of every curve that is not hidden."""
        return [entry.curve.drawn for entry in self._entries() if entry.shown]

    def told_curves(self) -> Mapping[CurveToggle, Values]:
        """Return the losses of every curve, as they are drawn."""
        return {entry.toggle: entry.curve.drawn for entry in self._entries()}

    def lowest_loss(self) -> float:
        """Return the lowest finite loss, infinity where there is none."""
        return min((entry.curve.lowest for entry in self._entries()), default=np.inf)

    def x_range(self) -> tuple[float, float]:
        """Return the first and the last outer step."""
        steps = [entry.curve.steps for entry in self._entries() if len(entry.curve.steps)]
        first = min((float(s[0]) for s in steps), default=0.0)
        last = max((float(s[-1]) for s in steps), default=1.0)
        return min(first, 0.0) if first <= 1 else first, max(last, first + 1)

    def nearest(self, x: float, move: int = 0) -> float | None:
        """Return the outer step with data that is nearest to `x`, or `move` places from it."""
        longest = max((entry.curve.steps for entry in self._entries()), key=len, default=np.empty(0))
        return step_nearest(longest, x, move)

    def write_values(self, x: float | None) -> str:
        """Write each curve's value nearest to step `x`, or its newest, into the legend; return the step's name."""
        for entry in self._entries():
            steps = entry.curve.steps
            if len(steps):
                index = len(steps) - 1 if x is None else place_nearest(steps, x)
                entry.toggle.set_value(format_number(entry.curve.value_at(index), digits=4))
        return "" if x is None else self.tr("step {0}").format(f"{x:,.0f}")

    def _entries(self) -> list[_Entry[TrainingCurve | ValidationCurve]]:
        return [entry for player in self._players.values() for entry in player.entries]

    def _make_player(self, name: str, series: int) -> _Player:
        training = CurveToggle("", self.tr("Query loss of the adapted models on the tasks trained on"), series)
        before = CurveToggle(
            "", self.tr("Query loss on held-out tasks before adaptation"), series + 1, dashed=True, marker=True
        )
        after = CurveToggle("", "", series + 1, marker=True)
        self.add_legend_row(training, before, after)
        return _Player(
            _Entry(TrainingCurve(self.canvas), training, series),
            _Entry(ValidationCurve(self.canvas, dashed=True), before, series + 1),
            _Entry(ValidationCurve(self.canvas, dashed=False), after, series + 1),
        )

    def _name_toggles(self, adaptation_steps: int | None) -> None:
        """Write the legend's names: in full for one player, a short row each for several."""
        adapted = self.tr("adapted") if adaptation_steps is None else self.tr("step {0}").format(adaptation_steps)
        alone = len(self._players) == 1
        for name, player in self._players.items():
            full = (
                self.tr("training"),
                self.tr("validation, {0}").format(self.tr("step {0}").format(0)),
                self.tr("validation, {0}").format(adapted),
            )
            short = full if alone else (name, self.tr("step {0}").format(0), adapted)
            for entry, shown, spoken in zip(player.entries, short, full, strict=True):
                entry.toggle.setText(shown)
                entry.toggle.setAccessibleName(spoken if alone else f"{name}: {spoken}")
            tip = self.tr("Query loss on held-out tasks after adaptation: {0}").format(adapted)
            player.after.toggle.setToolTip(tip)

    def _note_adaptation_steps(self, count: int) -> None:
        if count != self._adaptation_steps:
            self._adaptation_steps = count
            self._name_toggles(count)

    def _smooth(self) -> None:
        for player in self._players.values():
            player.training.curve.smooth_by(self.smoothing.kind, self.smoothing.strength)
        self.data_changed()

    def _mark_end_of_warm_up(self, reports: Sequence[StepReport]) -> None:
        for report in reports:
            if self._warming_up and report.phase != "warm-up":
                self.canvas.set_mark(report.meta_step)
            self._warming_up = report.phase == "warm-up"


def _say(text: str) -> str:
    return QCoreApplication.translate("OuterLossPlot", text)
