"""Keeps the wheel from changing values by accident: over a control without focus it scrolls the page."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget


class WheelGuard(QObject):
    """An event filter; one serves every control."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave wheel events over an unfocused control to its parents, in the end the scroll area."""
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


def guard_wheel(control: QWidget) -> None:
    """Make `control` take the wheel only while it has the focus, and the focus not by the wheel."""
    if control.focusPolicy() == Qt.FocusPolicy.WheelFocus:
        control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    control.installEventFilter(_guard())


def _guard() -> WheelGuard:
    app = QApplication.instance()
    assert app is not None, "controls are made after the application"
    found = app.findChild(WheelGuard)
    return found if isinstance(found, WheelGuard) else WheelGuard(app)
