"""Brings deliveries to the panels that can be seen, and keeps the rest, bounded, until they can."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from metagen_gui.engine.events import Snapshot
from metagen_gui.gui.run.mailbox import Delivery


class PanelFeed(QObject):
    """One panel's supply: what arrives while the panel is hidden waits."""

    def __init__(
        self,
        panel: QWidget,
        show_curves: Callable[[Delivery], None] | None = None,
        show_snapshot: Callable[[Snapshot], None] | None = None,
        *,
        every_step: bool = True,
    ) -> None:
        """`every_step` false: the newest step report is enough for the panel."""
        super().__init__(panel)
        self._every_step = every_step
        self._panel = panel
        self._show_curves = show_curves
        self._show_snapshot = show_snapshot
        self._waiting = Delivery()
        self._snapshot: Snapshot | None = None
        panel.installEventFilter(self)

    def reset(self) -> None:
        """Forget what waits."""
        self._waiting, self._snapshot = Delivery(), None

    def add_delivery(self, delivery: Delivery) -> None:
        """Keep curves and rates until `hand_on`, or until the panel is shown."""
        newest = delivery if self._every_step else replace(delivery, steps=delivery.steps[-1:])
        self._waiting = self._waiting.with_curves_of(newest)

    def add_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot until `hand_on`, or until the panel is shown."""
        self._snapshot = snapshot

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hand on what waits when the panel comes into view."""
        if event.type() == QEvent.Type.Show:
            self.hand_on(now=True)
        return super().eventFilter(watched, event)

    def hand_on(self, *, now: bool = False) -> None:
        """Give the panel what waits, if the panel can be seen, or `now` in any case."""
        if not now and (not self._panel.isVisible() or self._panel.window().isMinimized()):
            return
        delivery, snapshot = self._waiting, self._snapshot
        self.reset()
        if self._show_curves and (delivery.steps or delivery.validations or delivery.rates):
            self._show_curves(delivery)
        if self._show_snapshot and snapshot is not None:
            self._show_snapshot(snapshot)
