"""A line for a folder or a file, with a button that browses."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QToolButton, QWidget

from metagen_gui.gui.form.editors.base import field_height


class PathField(QWidget):
    """A path as text, of a folder or of a file of `kinds`, as Qt writes them; `says` is its accessible name."""

    def __init__(self, name: str, says: str, parent: QWidget | None = None, kinds: str = "") -> None:
        super().__init__(parent)
        self.says, self._kinds = says, kinds
        self.edit = QLineEdit(self)
        self.edit.setObjectName(name)
        self.edit.setAccessibleName(says)
        self.edit.setToolTip(says)
        self.edit.setClearButtonEnabled(True)
        self.edit.setMinimumHeight(field_height(self.edit))
        browse = QToolButton(self)
        browse.setText(self.tr("Browse…"))
        browse.setAccessibleName(self.tr("Browse: {what}").format(what=says))
        browse.clicked.connect(self._browse)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.edit, 1)
        row.addWidget(browse)
        self.setFocusProxy(self.edit)

    def text(self) -> str:
        """Return what is written, without spaces around it."""
        return self.edit.text().strip()

    def path(self) -> Path:
        """Return the path; `~` is the person's home."""
        return Path(self.text()).expanduser()

    def set_path(self, path: Path) -> None:
        """Show a path."""
        self.edit.setText(str(path))

    def _browse(self) -> None:
        if self._kinds:
            name, _ = QFileDialog.getOpenFileName(self, self.says, self.text(), self._kinds)
        else:
            name = QFileDialog.getExistingDirectory(self, self.says, self.text())
        if name:
            self.edit.setText(name)
