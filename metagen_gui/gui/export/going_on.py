"""What an export is at, how long it will take, and a way to end it: making a graph may take minutes."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.widgets.amounts import duration
from metagen_gui.gui.widgets.plain_text import PlainLabel

LOOKS = 250
"""Milliseconds between two looks at what was told."""


class GoingOn(QWidget):
    """A bar, a sentence and a button; seen while something is written."""

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self._clock = clock
        self._told: tuple[str, float | None, float] = "", None, 0.0
        self._ended = False
        self.said = PlainLabel(parent=self)
        self.said.setObjectName("export_progress")
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Exporting"))
        self.cancel_button = QPushButton(self.tr("Ca&ncel"), self)
        self.cancel_button.setObjectName("cancel_export_button")
        self.cancel_button.setToolTip(self.tr("End the export; nothing of it is left"))
        self.cancel_button.setAutoDefault(False)  # Return must not end what took minutes
        self.cancel_button.clicked.connect(self._cancel)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.said, self.bar, self.cancel_button):
            row.addWidget(widget, 1 if widget is self.bar else 0)
        self._timer = QTimer(self, interval=LOOKS)
        self._timer.timeout.connect(self.show_told)
        self.end()

    def begin(self, said: str) -> None:
        """Something begins, of which this can be said at first."""
        self._told, self._ended = (said, None, self._clock()), False
        self.cancel_button.setEnabled(True)
        self.show_told()
        self._timer.start()
        self.show()

    def end(self) -> None:
        """It has come to an end, in whatever way."""
        self._timer.stop()
        self.hide()

    def hear(self, what: str, share: float | None) -> bool:
        """Take what the work tells, in its thread; return whether it is to go on."""
        if what:
            before, _, began = self._told
            self._told = what, share, began if what == before and share else self._clock()
        return not self._ended

    def show_told(self) -> None:
        """Show the last that was told."""
        what, share, began = self._told
        said = translated(what)
        if share:
            left = duration((self._clock() - began) * (1 - share) / share)
            said = self.tr("{0}: about {1} left").format(said, left)
        self.said.setText(self.tr("Ending it…") if self._ended else said)
        self.bar.setRange(0, 0 if share is None else 1000)
        self.bar.setValue(round(1000 * (share or 0.0)))

    def _cancel(self) -> None:
        self._ended = True
        self.cancel_button.setEnabled(False)
        self.show_told()
        self.cancelled.emit()
