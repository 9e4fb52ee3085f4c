"""View ▸ Theme: like the system, light or dark, remembered."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication

from metagen_gui.gui.look.theme import ThemeChoice, apply_theme, theme_changes
from metagen_gui.gui.program.window_settings import WindowSettings


def remembered_theme(settings: WindowSettings) -> ThemeChoice:
    """Return the look that was chosen last, the system's if none was."""
    choice = settings.text("theme")
    return cast(ThemeChoice, choice) if choice in ("light", "dark") else "system"


class ThemeCommands(QObject):
    """Changes the look and remembers it."""

    def __init__(self, settings: WindowSettings, window: QObject) -> None:
        super().__init__(window)
        self._settings = settings
        self._window = window

    def system(self) -> None:
        """Follow the system."""
        self._choose("system")

    def light(self) -> None:
        """Dark on light."""
        self._choose("light")

    def dark(self) -> None:
        """Light on dark."""
        self._choose("dark")

    def show_choice(self) -> None:
        """Check the menu's entry of the present choice."""
        action = self._window.findChild(QAction, f"theme_{theme_changes().choice}_action")
        if isinstance(action, QAction):
            action.setChecked(True)

    def _choose(self, choice: ThemeChoice) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        apply_theme(app, choice)
        self._settings.keep("theme", choice)
        self.show_choice()
