"""Words for what is painted: a screen reader is told in a sentence what others see, when it asks and now and then."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

NOW_AND_THEN = 4000
"""Milliseconds between two descriptions of what changes all the time: more often nobody could listen."""


class Spoken(QObject):
    """Keeps the accessible description of `widget` what `words` says."""

    def __init__(self, widget: QWidget, words: Callable[[], str]) -> None:
        super().__init__(widget)
        self._widget, self._words = widget, words
        self._timer = QTimer(self, singleShot=True, interval=NOW_AND_THEN)
        self._timer.timeout.connect(self.tell)
        widget.installEventFilter(self)

    def changed(self) -> None:
        """What is seen has changed: it is told before long."""
        if not self._timer.isActive():
            self._timer.start()

    def tell(self) -> None:
        """Tell it now."""
        if (text := self._words()) != self._widget.accessibleDescription():
            self._widget.setAccessibleDescription(text)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tell it to whoever comes with the keyboard."""
        if event.type() is QEvent.Type.FocusIn:
            self.tell()
        return False
