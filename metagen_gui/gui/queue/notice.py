"""Tells a person what has become of the line: beside the window by the desktop, where it takes messages, and within."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QSystemTrayIcon

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.widgets.banner import Banner

if TYPE_CHECKING:
    from metagen_gui.engine.queue.entry import Entry


class Notices(QObject):
    """Remembers how every run stood, and tells of what failed, and of a line that is done."""

    def __init__(self, banner: Banner, parent: QObject) -> None:
        super().__init__(parent)
        self._banner = banner
        self._states: dict[str, str] | None = None
        self._ended: dict[str, str] = {}
        """How runs ended since the line had nothing to do."""
        self._tray: QSystemTrayIcon | None = None

    def expect(self) -> None:
        """What is in the line from now on is news: something was put there."""
        self._states = self._states or {}

    def tell(self, entries: Sequence[Entry]) -> None:
        """Compare the line with what it was; how it was before the window looked is no news.

        What becomes of runs that belong to something, as a test of claims, is told there.
        """
        states = {entry.id: entry.state for entry in entries}
        before, self._states = self._states, dict(states)
        if before is None:
            return
        for entry in entries:
            if entry.over and not entry.owner and before.get(entry.id) not in (None, entry.state):
                self._ended[entry.id] = entry.state
                if entry.state == "failed":
                    self._say(self.tr("{0} failed: {1}").format(entry.name, translated(entry.problem)), grave=True)
        if self._ended and not any(state in ("waiting", "running") for state in states.values()):
            done = sum(state == "done" for state in self._ended.values())
            failed = len(self._ended) - done
            said = self.tr("The queue has nothing left to do: {0} done, {1} failed.").format(done, failed)
            self._ended = {}
            self._say(said, grave=failed > 0)

    def _say(self, text: str, *, grave: bool) -> None:
        (self._banner.warn if grave else self._banner.tell)(text)
        if QApplication.activeWindow() is not None or not QSystemTrayIcon.isSystemTrayAvailable():
            return
        if self._tray is None:
            self._tray = QSystemTrayIcon(QApplication.windowIcon(), self)
            self._tray.setToolTip(QApplication.applicationDisplayName())
        self._tray.show()
        if self._tray.supportsMessages():
            self._tray.showMessage(QApplication.applicationDisplayName(), text)
