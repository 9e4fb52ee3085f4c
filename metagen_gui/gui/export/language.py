"""The language of what is written for people, model cards above all: that of the window, or another."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QWidget

from metagen_gui.engine.languages.catalogue import catalogues, name_of
from metagen_gui.engine.languages.spoken import ENGLISH
from metagen_gui.gui.form.editors.base import field_height
from metagen_gui.gui.widgets.wheel_guard import guard_wheel


class LanguagePicker(QComboBox):
    """The data of an item is the language, "" the window's own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("export_language")
        says = self.tr("Language of the model card, and of words in pictures")
        self.setAccessibleName(says)
        self.setToolTip(says)
        self.addItem(self.tr("As in the window"), "")
        self.addItem("English", ENGLISH)
        for path in catalogues().values():
            self.addItem(name_of(path), path.stem)
        self.setMinimumHeight(field_height(self))
        guard_wheel(self)
