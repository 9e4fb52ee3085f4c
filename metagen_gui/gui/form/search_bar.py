"""Finds settings by their words, and the switch for expert settings."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from metagen_gui.gui.form.editors.base import field_height
from metagen_gui.gui.widgets.word_line import WordLine


class SearchBar(QWidget):
    """A search box above the switch for expert settings."""

    searched = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line = WordLine(
            "settings_search",
            "mdi6.magnify",
            self.tr("Search settings"),
            self.tr("Shows the settings whose name or description holds every word"),
        )
        self.line.setMinimumHeight(field_height(self.line) + 2)
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

    def take_focus(self) -> None:
        """Let what is typed next replace what was searched for."""
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()
