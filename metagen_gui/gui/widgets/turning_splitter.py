"""A splitter that puts its parts side by side where it is wide, and one above the other where it is high."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget


class TurningSplitter(QSplitter):
    """Turns where it is `ratio` times as wide as high; how its parts share the room begins anew then, by `shares`."""

    def __init__(self, shares: tuple[int, ...], ratio: float = 1.3, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._shares, self._ratio = shares, ratio
        self._turned: Qt.Orientation | None = None
        self.setChildrenCollapsible(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Turn, if the shape asks for it."""
        wide = event.size().width() > self._ratio * event.size().height()
        turned = Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical
        if turned != self._turned:
            self._turned = turned
            self.setOrientation(turned)
            room = event.size().width() if wide else event.size().height()
            self.setSizes([share * room // sum(self._shares) for share in self._shares])
        super().resizeEvent(event)
