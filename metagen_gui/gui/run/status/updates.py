"""Keeps the status line true: at every change of state, and twice a second while a run goes on."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from metagen_gui.gui.run.afar import AfarController
from metagen_gui.gui.run.states import RunState
from metagen_gui.gui.run.status.bar import StatusBar
from metagen_gui.gui.run.status.words import sentence
from metagen_gui.gui.widgets.fitting_label import SEPARATOR

INTERVAL = 500
"""Milliseconds: figures that change faster cannot be read."""


class StatusUpdates(QObject):
    """Writes the sentence of the present state into the status bar."""

    def __init__(self, controller: AfarController, bar: StatusBar) -> None:
        super().__init__(bar)
        self._controller = controller
        self._bar = bar
        self._said = ""
        self._wanted = False
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL)
        self._timer.timeout.connect(self.refresh)
        controller.state_changed.connect(self._change_state)
        controller.branch_changed.connect(self.refresh)
        controller.stood.connect(self.refresh)
        self.refresh()

    def say(self, text: str) -> None:
        """Show a sentence of one's own until the state changes."""
        self._said = text
        self.refresh()

    def want_start(self, wanted: bool) -> None:
        """Say whether Start was pressed before the engine was there."""
        self._wanted = wanted
        self.refresh()

    def refresh(self) -> None:
        """Write the line anew."""
        controller = self._controller
        text = self._said or sentence(
            controller.state,
            controller.progress,
            wanted=self._wanted,
            stepping=controller.stepping,
            discarding=controller.discarding,
            memory=self._memory(),
            branch=controller.branch,
        )
        text = SEPARATOR.join(filter(None, ("" if self._said else controller.words, text)))
        self._bar.show_state(controller.state, text, controller.progress, stepping=controller.stepping)

    def _memory(self) -> int | None:
        started, engine = self._controller.progress.started, self._controller.engine
        if started is None or engine is None or self._controller.state is not RunState.RUNNING:
            return None
        return engine.memory_used(started.device)

    def _change_state(self, state: RunState) -> None:
        self._said = ""
        if state.busy:
            self._timer.start()
        else:
            self._timer.stop()
        self.refresh()
        if state is not RunState.FAILED:  # why a run failed is announced where it is told, once
            self._bar.announce()
