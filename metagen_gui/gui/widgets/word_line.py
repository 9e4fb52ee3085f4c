"""A line to type words into by which a list is narrowed, with an icon that follows the look; Escape empties it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from metagen_gui.gui.widgets.icon_button import themed_icon


class WordLine(QLineEdit):
    """Narrows a list to what holds every word."""

    def __init__(self, name: str, icon: str, title: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setPlaceholderText(title)
        self.setAccessibleName(title)
        self.setToolTip(tip)
        self.setClearButtonEnabled(True)
        self._icon_name = icon
        self._icon = self.addAction(themed_icon(icon), QLineEdit.ActionPosition.LeadingPosition)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape shows everything again."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Draw the icon anew when the look changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._icon.setIcon(themed_icon(self._icon_name))
