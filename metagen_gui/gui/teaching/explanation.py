"""What a setting is, in a pop-over beside it: help, formula, paper, range. Esc or a click elsewhere closes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from metagen_gui.gui.teaching.pages.words import setting_text

if TYPE_CHECKING:
    from metagen_gui.engine.settings.config import Setting

LETTERS = 56
"""Average letters of a line."""


class Explanation(QFrame):
    """Explains one setting at a time."""

    page_wanted = Signal(str)
    """The whole page of the plugin is wanted whose setting this is: the section."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("explanation")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._section = ""
        self.text = QLabel()
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.text.setOpenExternalLinks(True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.page_button = QPushButton()
        self.page_button.setObjectName("explanation_page_button")
        self.page_button.clicked.connect(self._want_page)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 6, 14, 12)
        column.addWidget(self.text)
        column.addWidget(self.page_button, 0, Qt.AlignmentFlag.AlignLeft)

    def show_setting(self, setting: Setting, path: str, plugin: str, beside: QWidget) -> None:
        """Explain `setting` beside its row; `plugin` is what its algorithm, model or task family is called, if any."""
        self._section = path.partition(".")[0]
        self.setAccessibleName(self.tr("What is {0}?").format(setting.label))
        self.text.setText(setting_text(setting, path))
        self.text.setAccessibleName("")  # what it says is its name
        self.page_button.setText(self.tr("All of {0}").format(plugin).replace("&", "&&"))
        self.page_button.setVisible(bool(plugin))
        self.text.setFixedWidth(self.fontMetrics().averageCharWidth() * LETTERS)
        self.ensurePolished()
        self.adjustSize()
        self.move(_place(beside, self.rect()))
        self.show()
        self.move(_place(beside, self.rect()))  # once it is shown, its frame counts as well
        (self.page_button if plugin else self.text).setFocus(Qt.FocusReason.PopupFocusReason)

    def _want_page(self) -> None:
        self.close()
        self.page_wanted.emit(self._section)


def _place(beside: QWidget, size: QRect) -> QPoint:
    """Return where a pop-over of this size stands: to the right of `beside`, or over it where there is no room."""
    room = beside.screen().availableGeometry()
    corner = beside.mapToGlobal(beside.rect().topRight()) + QPoint(8, 0)
    left = min(corner.x(), room.right() - size.width())
    top = min(corner.y(), room.bottom() - size.height())
    return QPoint(max(room.left(), left), max(room.top(), top))
