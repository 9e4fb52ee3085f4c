"""Editors of text and of paths."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QWidget

from metagen_gui.gui.form.editors.base import SettingEditor
from metagen_gui.gui.widgets.icon_button import IconButton

if TYPE_CHECKING:
    from metagen_gui.engine.settings.config import Setting


class TextEditor(SettingEditor):
    """A line of text."""

    def __init__(self, setting: Setting) -> None:
        self._line = QLineEdit()
        super().__init__(self._line)
        self._follow(self._line)

    def show_value(self, value: str) -> None:
        """Show `value`."""
        self._shown = value
        self._line.setText(value)
        self._line.setCursorPosition(0)

    def commit(self) -> None:
        """Tell of the text, if it is another one."""
        text = self._line.text().strip()
        if text != self._shown:
            self._shown = text
            self.edited.emit(text)

    def _follow(self, line: QLineEdit) -> None:
        self._shown = ""
        line.editingFinished.connect(self.commit)
        line.textEdited.connect(self._typing)
        line.textChanged.connect(self._changed)

    def _typing(self) -> None:
        self.judged.emit("")

    def _changed(self) -> None:
        # Text that was not typed (set by a program, a dictation tool) will not be followed by Enter.
        if not self._line.hasFocus():
            self.commit()


class PathLine(QLineEdit):
    """A line edit that takes a dropped file or folder as its path."""

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept one local file or folder."""
        if _dropped(event):
            event.acceptProposedAction()
        else:
            super().dragEnterEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Take over its path."""
        path = _dropped(event)
        if path:
            event.acceptProposedAction()
            self.setText(path)
            self.editingFinished.emit()
        else:
            super().dropEvent(event)


class PathEditor(TextEditor):
    """A folder or a file, such as a zip: typed, browsed for, or dropped."""

    wide = True

    def __init__(self, setting: Setting) -> None:
        self._line = PathLine()
        self._line.setPlaceholderText(self.tr("Folder or file; drop it here"))
        SettingEditor.__init__(self, self._line)
        self._follow(self._line)
        self.folder_button = IconButton("mdi6.folder-open-outline", self.tr("Choose a folder"))
        self.zip_button = IconButton("mdi6.folder-zip-outline", self.tr("Choose a file"))
        self.folder_button.clicked.connect(self.browse_folder)
        self.zip_button.clicked.connect(self.browse_zip)
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self._line, 1)
        for button in (self.folder_button, self.zip_button):
            button.setFixedSize(QSize(26, 24))
            row.addWidget(button)
        self.column.addLayout(row)

    def controls(self) -> list[tuple[QWidget, str]]:
        """Return the two buttons."""
        return [(button, button.toolTip()) for button in (self.folder_button, self.zip_button)]

    def browse_folder(self) -> None:
        """Ask for a folder."""
        self._choose(QFileDialog.getExistingDirectory(self, self.tr("Choose a folder"), self._start()))

    def browse_zip(self) -> None:
        """Ask for a file."""
        kinds = self.tr("Zips and arrays (*.zip *.npz *.npy);;All files (*)")
        self._choose(QFileDialog.getOpenFileName(self, self.tr("Choose a file"), self._start(), kinds)[0])

    def _start(self) -> str:
        """Begin where the present path lies, if it does."""
        text = self._line.text().strip()
        path = Path(text).expanduser()
        folder = path if path.is_dir() else path.parent
        return str(folder) if text and folder.is_dir() else str(Path.home())

    def _choose(self, path: str) -> None:
        if path:
            self._line.setText(path)
            self.commit()


def _dropped(event: QDropEvent) -> str:
    """Return the path of the one local file or folder in a drop, or an empty text."""
    urls = event.mimeData().urls()
    return urls[0].toLocalFile() if len(urls) == 1 and urls[0].isLocalFile() else ""
