"""Tells of what takes long enough to be wondered about: a model that draws pixel by pixel adapts in seconds."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QLabel

PATIENCE = 500
"""Milliseconds that nobody is told of."""


class Waiting(QObject):
    """Knows which order was given last, and says behind what a label says where nothing has come of it for a while."""

    def __init__(self, label: QLabel) -> None:
        super().__init__(label)
        self._label = label
        self._stamp = 0
        self._before = self._said = ""
        self._timer = QTimer(self, singleShot=True, interval=PATIENCE)
        self._timer.timeout.connect(self._tell)

    def begin(self, stamp: int) -> None:
        """Wait for what comes of this order, and of none before it."""
        self._stamp = stamp
        if not self._timer.isActive():
            self._timer.start()

    def end(self, stamp: int) -> None:
        """Something has come of an order; if it was the last one, there is nothing to wait for."""
        if stamp < self._stamp:
            return
        self._timer.stop()
        if self._said and self._label.text() == self._said:
            self._label.setText(self._before)
        self._said = ""

    def _tell(self) -> None:
        self._before = self._label.text()
        self._said = " · ".join(filter(None, [self._before, self.tr("Adapting…")]))
        self._label.setText(self._said)
