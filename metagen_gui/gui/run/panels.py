"""The panels that show a run: outer and inner loss, learned rates and samples, supplied by the run's controller."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, QTimer
from PySide6.QtWidgets import QWidget

from metagen_gui.engine.events import RunStarted, SettingChanged, Snapshot
from metagen_gui.gui.experiment.panel import ExperimentPanel
from metagen_gui.gui.form.words import said_of
from metagen_gui.gui.plots.loss.inner import InnerLossPlot
from metagen_gui.gui.plots.loss.outer import OF_CHANGES, OuterLossPlot
from metagen_gui.gui.plots.rates.view import RatesView
from metagen_gui.gui.run.controller import RunController
from metagen_gui.gui.run.drawing_pace import DrawingPace
from metagen_gui.gui.run.mailbox import Delivery
from metagen_gui.gui.run.panel_feed import PanelFeed
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.samples.view import SampleView

EAGER = 5.0
"""Seconds at the beginning of a run in which all is drawn as it comes."""
APART = 25
"""Milliseconds between two panels that are drawn while a run goes on."""


class RunPanels(QObject):
    """Makes the panels and hands them what a run reports."""

    def __init__(self, controller: RunController, panel: ExperimentPanel, window: QWidget) -> None:
        """`panel` knows what settings are called."""
        super().__init__(window)
        self._panel = panel
        self.outer = OuterLossPlot(window)
        self.inner = InnerLossPlot(window)
        self.rates = RatesView(window)
        self.samples = SampleView(window)
        self._curve_feeds = (
            PanelFeed(self.outer, show_curves=self._show_outer),
            PanelFeed(self.inner, show_curves=self._show_inner, every_step=False),
            PanelFeed(self.rates, show_curves=self._show_rates, every_step=False),
        )
        self._samples_feed = PanelFeed(
            self.samples, self._show_validations, self.samples.add_snapshot, every_step=False
        )
        self._controller = controller
        self._pace = DrawingPace()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._draw)
        self._turns: deque[PanelFeed] = deque()
        """Panels that have yet to show what waits for them."""
        self._apart = QTimer(self, interval=APART)
        self._apart.timeout.connect(self._take_turn)
        controller.state_changed.connect(self.show_state)
        controller.started.connect(self._start_over)
        controller.discarded.connect(self._clear)
        controller.delivered.connect(self._take_delivery)
        controller.alarmed.connect(self.outer.mark_alarm)
        controller.setting_changed.connect(self._mark_change)
        controller.snapshot_delivered.connect(self._take_snapshot)
        self.show_state(controller.state)

    @property
    def by_dock(self) -> dict[str, QWidget]:
        """The panels by the names of their docks."""
        return {"outer_loss": self.outer, "inner_loss": self.inner, "rates": self.rates, "samples": self.samples}

    def prepare(self) -> None:
        """Make the plots, which could wait until the window was painted and should not wait for a run."""
        self.outer.refresh()
        self.inner.refresh()

    def show_state(self, state: RunState) -> None:
        """Let panels without data say what they wait for."""
        for panel in (self.outer, self.inner, self.rates, self.samples):
            panel.set_empty_text(empty_text(state))
        self._draw()

    def _take_delivery(self, delivery: Delivery) -> None:
        for feed in (*self._curve_feeds, self._samples_feed):
            feed.add_delivery(delivery)
        self._draw()

    def _take_snapshot(self, snapshot: Snapshot) -> None:
        self._samples_feed.add_snapshot(snapshot)
        self._draw()

    def _draw(self) -> None:
        """Let the panels show what waits; while training goes on, no more often than it can bear."""
        controller = self._controller
        training = controller.state is RunState.RUNNING and controller.progress.seconds > EAGER
        wait = self._pace.wait() if training else 0
        if wait:
            self._later.start(wait)
            return
        self._pace.begin()
        self._turns.extend(feed for feed in (*self._curve_feeds, self._samples_feed) if feed not in self._turns)
        self._take_turn()
        while self._turns and not training:
            self._take_turn()

    def _take_turn(self) -> None:
        """Let the next panel show what waits, and paint it, before another does: no pause is as long as all of them."""
        if self._turns:
            self._turns.popleft().hand_on()
        if not self._turns:
            self._apart.stop()
        elif not self._apart.isActive():
            self._apart.start()

    def _start_over(self, started: RunStarted) -> None:
        self._reset(started.players, started.meta_steps, started.folder)
        if started.resumed_from and not started.at_rest:
            self.outer.canvas.add_flag(started.resumed_from, _tr("resumed"), OF_CHANGES)

    def _mark_change(self, changed: SettingChanged) -> None:
        if not changed.by_clock:
            text = said_of(self._panel.experiment(), changed.path, changed.value)
            self.outer.mark_change(changed.meta_step, changed.path, text)

    def _clear(self) -> None:
        self._reset((), 0, None)

    def _reset(self, players: Sequence[str], meta_steps: int, folder: Path | None) -> None:
        for feed in (*self._curve_feeds, self._samples_feed):
            feed.reset()
        self.outer.reset(players)
        self.inner.reset(players)
        self.rates.reset()
        self.samples.reset(meta_steps, folder)

    def _show_outer(self, delivery: Delivery) -> None:
        self.outer.add_steps(delivery.steps)
        for report in delivery.validations:
            self.outer.add_validation(report)

    def _show_inner(self, delivery: Delivery) -> None:
        for report in delivery.validations:
            self.inner.add_validation(report)

    def _show_validations(self, delivery: Delivery) -> None:
        for report in delivery.validations:
            self.samples.add_validation(report)

    def _show_rates(self, delivery: Delivery) -> None:
        if delivery.rates is not None:
            self.rates.add_report(delivery.rates)
        elif delivery.steps:  # rates are told before the first step
            self.rates.say_none()


def empty_text(state: RunState) -> str:
    """Return what a panel says while it has nothing to show."""
    match state:
        case RunState.LOADING:
            return _tr("The engine is loading. Start can be pressed already.")
        case RunState.PREPARING | RunState.RUNNING | RunState.FINISHING:
            return _tr("The first figures are on their way.")
        case RunState.PAUSED:
            return _tr("Paused before the first figures.")
        case RunState.FAILED:
            return _tr("The run failed before there was anything to show.")
        case _:
            return _tr("Press Start to train.")


def _tr(text: str) -> str:
    return QCoreApplication.translate("RunPanels", text)
