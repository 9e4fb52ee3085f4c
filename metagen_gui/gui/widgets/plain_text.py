"""Text to the letter: Qt takes what looks like markup for markup, and a name such as `<img src=…>` opens the file.

Every label, message and tooltip with text from outside (names of files, classes, runs, people's notes) is one of these.
"""

from __future__ import annotations

import re
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMessageBox, QWidget


def without_mnemonic(text: str) -> str:
    """Return a command's text without the key that is underlined in it, as in `&Start` or `开始(&S)`."""
    return re.sub(r"\(&\w\)|&", "", text)


def plain_tip(text: str) -> str:
    """Return a tooltip that shows `text` to the letter, wrapped where it is long; none for an empty text."""
    return f'<p style="white-space: pre-wrap">{escape(text)}</p>' if text else ""


class PlainLabel(QLabel):
    """A label that knows no markup."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)


class PlainBox(QMessageBox):
    """A message that knows no markup."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
