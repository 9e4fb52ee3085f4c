"""The panels that show a run: outer and inner loss, learned rates and samples, supplied by the run's controller."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from metagen_gui.engine.events import RunStarted
from metagen_gui.gui.inner_loss_plot import InnerLossPlot
from metagen_gui.gui.outer_loss_plot import OuterLossPlot
from metagen_gui.gui.panel_feed import PanelFeed
from metagen_gui.gui.rates_view import RatesView
from metagen_gui.gui.run_controller import RunController
from metagen_gui.gui.run_mailbox import Delivery
from metagen_gui.gui.run_states import RunState
from metagen_gui.gui.sample_view import SampleView
from metagen_gui.gui.status_words import empty_text


class RunPanels(QObject):
    """Makes the panels and hands them what a run reports."""

    def __init__(self, controller: RunController, window: QWidget) -> None:
        super().__init__(window)
        self.outer = OuterLossPlot(window)
        self.inner = InnerLossPlot(window)
        self.rates = RatesView(window)
        self.samples = SampleView(window)
        self._outer_feed = PanelFeed(self.outer, show_curves=self._show_outer)
        self._inner_feed = PanelFeed(self.inner, show_curves=self._show_inner)
        self._rates_feed = PanelFeed(self.rates, show_curves=self._show_rates)
        self._samples_feed = PanelFeed(self.samples, show_snapshot=self.samples.add_snapshot)
        controller.state_changed.connect(self.show_state)
        controller.started.connect(self._start_over)
        controller.discarded.connect(self._clear)
        for feed in (self._outer_feed, self._inner_feed, self._rates_feed):
            controller.delivered.connect(feed.add_delivery)
        controller.snapshot_delivered.connect(self._samples_feed.add_snapshot)
        self.show_state(controller.state)

    @property
    def by_dock(self) -> dict[str, QWidget]:
        """The panels by the names of their docks."""
        return {"outer_loss": self.outer, "inner_loss": self.inner, "rates": self.rates, "samples": self.samples}

    def show_state(self, state: RunState) -> None:
        """Let panels without data say what they wait for."""
        for panel in (self.outer, self.inner, self.rates, self.samples):
            panel.set_empty_text(empty_text(state))

    def _start_over(self, started: RunStarted) -> None:
        self._reset(started.players, started.meta_steps)

    def _clear(self) -> None:
        self._reset((), 0)

    def _reset(self, players: Sequence[str], meta_steps: int) -> None:
        for feed in (self._outer_feed, self._inner_feed, self._rates_feed, self._samples_feed):
            feed.reset()
        self.outer.reset(players)
        self.inner.reset(players)
        self.rates.reset()
        self.samples.reset(meta_steps)

    def _show_outer(self, delivery: Delivery) -> None:
        self.outer.add_steps(delivery.steps)
        for report in delivery.validations:
            self.outer.add_validation(report)

    def _show_inner(self, delivery: Delivery) -> None:
        for report in delivery.validations:
            self.inner.add_validation(report)

    def _show_rates(self, delivery: Delivery) -> None:
        if delivery.rates is not None:
            self.rates.add_report(delivery.rates)
        elif delivery.steps:  # rates are told before the first step
            self.rates.say_none()
