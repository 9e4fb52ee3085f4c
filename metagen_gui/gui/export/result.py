"""What came of an export: the code that uses it, a sentence, and meanwhile that it goes on."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from metagen_gui.gui.export.going_on import GoingOn
from metagen_gui.gui.widgets.plain_text import PlainLabel, plain_tip

FEWEST, MOST = 4, 14
"""Lines of code that are seen at once."""


class Result(QWidget):
    """Code or a command to copy, what is said, and how far it is while something is written."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.said = PlainLabel(parent=self)
        self.said.setObjectName("export_message")
        self.said.setWordWrap(True)
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.going_on = GoingOn(self)
        self.code = QPlainTextEdit(self)
        self.code.setObjectName("export_code")
        self.code.setAccessibleName(self.tr("Code that uses the export"))
        self.code.setPlaceholderText(self.tr("The few lines of code that use the export will stand here."))
        self.code.setReadOnly(True)
        self.code.setTabChangesFocus(True)
        self.code.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.code.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.code.setMinimumHeight(FEWEST * self.fontMetrics().lineSpacing())
        self.code.setMaximumHeight(MOST * self.fontMetrics().lineSpacing())
        self.code.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.copy_button = QPushButton(self.tr("&Copy code"), self)
        self.copy_button.clicked.connect(self._copy)
        self.show_code("")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (self.code, self.said, self.going_on):
            column.addWidget(widget, 1 if widget is self.code else 0)

    def show_code(self, code: str) -> None:
        """Show lines to copy, or none."""
        self.code.setPlainText(code)
        self.copy_button.setEnabled(bool(code))

    def say(self, text: str, tone: str = "", details: str = "") -> None:
        """Say how it stands; `details` are for whoever mends what went wrong."""
        self.said.setProperty("tone", tone)
        # The style sheet looks at properties only when it is asked to.
        self.said.style().unpolish(self.said)
        self.said.style().polish(self.said)
        self.said.setText(text)
        self.said.setToolTip(plain_tip(details))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.code.toPlainText())
        self.say(self.tr("The lines are on the clipboard."))
