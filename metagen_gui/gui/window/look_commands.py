"""View: the look like the system, light or dark, larger or smaller type, and motion or none; remembered."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import cast

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMainWindow

from metagen_gui.gui.look.theme import ThemeChoice, apply_theme, apply_type_size, theme_changes
from metagen_gui.gui.program.window_settings import WindowSettings

SIZES = (80, 90, 100, 115, 130, 150, 175, 200)
"""Type in percent of the desktop's own."""


def apply_remembered_look(app: QApplication, settings: WindowSettings) -> None:
    """Give the program the look that was chosen last, the system's if none was."""
    size = settings.text("type_size")
    apply_type_size(app, int(size) if size in map(str, SIZES) else 100)
    theme_changes().still = settings.flag("still")
    choice = settings.text("theme")
    apply_theme(app, cast(ThemeChoice, choice) if choice in ("light", "dark") else "system")


class LookCommands:
    """Changes the look and remembers it."""

    def __init__(self, settings: WindowSettings, window: QMainWindow) -> None:
        self._settings, self._window = settings, window

    def slots(self) -> dict[str, Callable[..., object]]:
        """Return what each command does, by its name."""
        themes: tuple[ThemeChoice, ...] = ("system", "light", "dark")
        return {
            **{f"theme_{choice}": partial(self._choose, choice) for choice in themes},
            "type_larger": partial(self._change_type, 1),
            "type_smaller": partial(self._change_type, -1),
            "type_normal": partial(self._change_type, 0),
            "still": self._keep_still,
        }

    def show_choice(self) -> None:
        """Check the menu's entries of what is chosen."""
        changes = theme_changes()
        self._action(f"theme_{changes.choice}").setChecked(True)
        self._action("still").setChecked(changes.still)
        self._window.setAnimated(not changes.still)

    def _choose(self, choice: ThemeChoice, _: bool = False) -> None:
        apply_theme(_app(), choice)
        self._settings.keep("theme", choice)
        self.show_choice()

    def _change_type(self, by: int, _: bool = False) -> None:
        """Go to the next size, or with 0 back to the desktop's own."""
        place = SIZES.index(theme_changes().type_size) + by if by else SIZES.index(100)
        size = SIZES[min(max(place, 0), len(SIZES) - 1)]
        apply_type_size(_app(), size)
        self._settings.keep("type_size", str(size))

    def _keep_still(self, still: bool) -> None:
        theme_changes().still = still
        self._settings.keep("still", still)
        self.show_choice()

    def _action(self, name: str) -> QAction:
        action = self._window.findChild(QAction, f"{name}_action")
        assert isinstance(action, QAction)
        return action


def _app() -> QApplication:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app
