"""What the window remembers from one start to the next. A damaged file is forgotten, never a reason not to start."""

from __future__ import annotations

from pathlib import Path

import appdirs
from PySide6.QtCore import QByteArray, QSettings

QUEUE_AT_ONCE, MOST_AT_ONCE = "queue_at_once", 64
"""Under which is kept how many runs of the queue the window starts side by side, and the most of that."""


class WindowSettings:
    """Typed access to the settings file of the window; a value of the wrong kind counts as missing."""

    def __init__(self, file: Path | None = None) -> None:
        self.file = file or Path(appdirs.user_config_dir("metagen", appauthor=False)) / "window.ini"
        self._settings = QSettings(str(self.file), QSettings.Format.IniFormat)
        if self._settings.status() is not QSettings.Status.NoError:
            self._settings.clear()

    def text(self, key: str) -> str:
        """Return a text, "" where there is none."""
        value = self._settings.value(key)
        return value if isinstance(value, str) else ""

    def texts(self, key: str) -> list[str]:
        """Return a list of texts."""
        value = self._settings.value(key)
        if isinstance(value, str):
            return [value] if value else []
        return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []

    def state(self, key: str) -> QByteArray:
        """Return what Qt's `saveState` or `saveGeometry` gave, empty where there is none."""
        value = self._settings.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def flag(self, key: str) -> bool:
        """Return a yes or no; no where there is none."""
        return self.text(key) == "yes"

    def keep(self, key: str, value: str | list[str] | QByteArray | bool) -> None:
        """Remember a value."""
        self._settings.setValue(key, ("yes" if value else "no") if isinstance(value, bool) else value)

    def forget(self, key: str) -> None:
        """Remember nothing under `key`."""
        self._settings.remove(key)

    def write(self) -> None:
        """Put everything on disk now; a folder that cannot be written to is not worth a message."""
        self._settings.sync()
