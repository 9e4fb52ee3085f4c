"""Finds settings by their words, and the switch for expert settings."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QLineEdit, QVBoxLayout, QWidget

from metagen_gui.gui.icon_button import themed_icon
from metagen_gui.gui.setting_editor import field_height


class SearchBar(QWidget):
    """A search box above the switch for expert settings."""

    searched = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line = QLineEdit()
        self.line.setObjectName("settings_search")
        self.line.setPlaceholderText(self.tr("Search settings"))
        self.line.setAccessibleName(self.tr("Search settings"))
        self.line.setToolTip(self.tr("Shows the settings whose name or description holds every word"))
        self.line.setClearButtonEnabled(True)
        self.line.setMinimumHeight(field_height(self.line) + 2)
        self._icon = self.line.addAction(themed_icon("mdi6.magnify"), QLineEdit.ActionPosition.LeadingPosition)
        self.expert = QCheckBox(self.tr("Show e&xpert settings"))
        self.expert.setObjectName("expert_settings")
        self.expert.setToolTip(self.tr("Shows the settings that are rarely needed"))
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.line)
        column.addWidget(self.expert)
        self.line.textChanged.connect(self.searched)

    def text(self) -> str:
        """Return what is searched for."""
        return self.line.text().strip()

    def words(self) -> list[str]:
        """Return the words that a setting must hold, without regard to case."""
        return self.text().casefold().split()

    def clear(self) -> None:
        """End the search."""
        self.line.clear()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape ends the search."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Draw the icon anew when the look changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._icon.setIcon(themed_icon("mdi6.magnify"))
