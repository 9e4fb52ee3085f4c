"""Keeps the window's shortcuts the window's while a text has the focus."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

OF_THE_TEXT = ("undo", "redo")
"""Commands whose keys mean what is being typed, as long as something is."""


class ShortcutKeys(QObject):
    """Takes a shortcut back from whatever has the focus in `window`.

    Depending on the desktop, a text field takes Ctrl+E for the end of the line, Ctrl+K, Ctrl+U and others. Only the
    widget that has the focus is watched: a filter of the whole program would be called for every event there is.
    """

    def __init__(self, actions: Mapping[str, QAction], window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._actions = [action for name, action in actions.items() if name not in OF_THE_TEXT]
        self._watched: QWidget | None = None
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._watch)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Answer for the widget that it does not want a key that is a shortcut."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            pressed = QKeySequence(event.keyCombination())
            if any(pressed in action.shortcuts() for action in self._actions):
                event.ignore()
                return True
        return False

    def _watch(self, _before: QWidget | None, now: QWidget | None) -> None:
        if self._watched is not None and isValid(self._watched):  # or it went with the window
            self._watched.removeEventFilter(self)
        self._watched = now if now is not None and now.window() is self._window else None
        if self._watched is not None:
            self._watched.installEventFilter(self)
