"""Asks what a lesson is called, and what whoever opens it is told."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QPlainTextEdit, QWidget

from metagen_gui.gui.widgets.plain_text import PlainLabel, without_mnemonic


class TellingDialog(QDialog):
    """Two fields; both may stay empty."""

    def __init__(self, title: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("telling_dialog")
        self.setWindowTitle(self.tr("Lesson"))
        self.title = QLineEdit(title)
        self.title.setMaxLength(200)
        self.text = QPlainTextEdit(text)
        self.text.setTabChangesFocus(True)
        form = QFormLayout(self)
        for field, name, label, tip in (
            (self.title, "lesson_title", self.tr("&Title"), self.tr("What the lesson is called")),
            (self.text, "lesson_text", self.tr("What to &do"), self.tr("Told to whoever opens the lesson")),
        ):
            field.setObjectName(name)
            field.setAccessibleName(without_mnemonic(label))
            field.setToolTip(tip)
            words = PlainLabel(label)
            words.setBuddy(field)
            form.addRow(words, field)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form.addRow(buttons)
        self.resize(440, 260)
