"""Brings deliveries to the panels that can be seen, and keeps the rest, bounded, until they can."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from metagen_gui.engine.events import Snapshot
from metagen_gui.gui.run_mailbox import Delivery, RunMailbox


class PanelFeed(QObject):
    """One panel's supply. What arrives while the panel is hidden waits in a mailbox of its own."""

    def __init__(
        self,
        panel: QWidget,
        show_curves: Callable[[Delivery], None] | None = None,
        show_snapshot: Callable[[Snapshot], None] | None = None,
    ) -> None:
        super().__init__(panel)
        self._panel = panel
        self._show_curves = show_curves
        self._show_snapshot = show_snapshot
        self._waiting = RunMailbox()
        panel.installEventFilter(self)

    def reset(self) -> None:
        """Forget what waits: a new run begins."""
        self._waiting = RunMailbox()

    def add_delivery(self, delivery: Delivery) -> None:
        """Hand on curves and rates now, or when the panel is shown."""
        for step in delivery.steps:
            self._waiting.put(step)
        for report in delivery.validations:
            self._waiting.put(report)
        if delivery.rates is not None:
            self._waiting.put(delivery.rates)
        self._hand_on()

    def add_snapshot(self, snapshot: Snapshot) -> None:
        """Hand on a snapshot now, or when the panel is shown."""
        self._waiting.put(snapshot)
        self._hand_on()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hand on what waits when the panel comes into view."""
        if event.type() == QEvent.Type.Show:
            self._hand_on(now=True)
        return super().eventFilter(watched, event)

    def _hand_on(self, *, now: bool = False) -> None:
        if not now and (not self._panel.isVisible() or self._panel.window().isMinimized()):
            return
        delivery = self._waiting.take()
        if self._show_curves and (delivery.steps or delivery.validations or delivery.rates):
            self._show_curves(delivery)
        snapshot = self._waiting.take_snapshot()
        if self._show_snapshot and snapshot is not None:
            self._show_snapshot(snapshot)
