"""The experiment files that were opened or saved last."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.widgets.plain_text import plain_tip

MOST = 10


class Recents(QObject):
    """A short list of paths, newest first, and the menu that shows it."""

    chosen = Signal(object)
    """The `Path` that a person picked."""

    def __init__(self, settings: WindowSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.menu = QMenu(self.tr("Open &recent"))
        self.menu.setToolTipsVisible(True)
        self.menu.aboutToShow.connect(self._fill)
        self.menu.triggered.connect(self._choose)
        self._fill()

    def paths(self) -> list[Path]:
        """Return the files, newest first; some may be gone."""
        return [Path(text) for text in self._settings.texts("recents")]

    def add(self, path: Path) -> None:
        """Put a file at the top."""
        path = path.absolute()
        kept = [path, *(other for other in self.paths() if other != path)][:MOST]
        self._settings.keep("recents", [str(item) for item in kept])
        self._fill()

    def clear(self) -> None:
        """Forget all of them."""
        self._settings.keep("recents", [])
        self._fill()

    def _fill(self) -> None:
        self.menu.clear()
        for number, path in enumerate(self.paths(), start=1):
            action = self.menu.addAction(f"&{number % 10} {path.name} — {path.parent}".replace("&&", "&"))
            action.setData(str(path))
            action.setToolTip(plain_tip(str(path)))
            action.setEnabled(path.exists())
        if self.menu.isEmpty():
            self.menu.addAction(self.tr("Nothing opened yet")).setEnabled(False)
        else:
            self.menu.addSeparator()
            self.menu.addAction(self.tr("&Clear this list")).triggered.connect(self.clear)

    def _choose(self, action: QAction) -> None:
        if action.data():
            self.chosen.emit(Path(action.data()))
