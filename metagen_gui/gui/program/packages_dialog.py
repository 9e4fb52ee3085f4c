"""The packages that bring plugins of their own, each to be switched off: what one brings is code that runs here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from metagen_gui.gui.program.window_settings import WindowSettings
from metagen_gui.gui.widgets.plain_text import PlainLabel

if TYPE_CHECKING:
    from metagen_gui.engine.settings.registry import Foreign

OFF, NAMED = "packages_off", "packages_named"
"""What is remembered: the packages that are not loaded, and those that a person was told of."""


class PackagesDialog(QDialog):
    """A line with a check box per package, and what it brings."""

    def __init__(self, plugins: Sequence[Foreign], settings: WindowSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("packages_dialog")
        self.setWindowTitle(self.tr("Plugins of other packages"))
        self._settings = settings
        self.list = QListWidget(self)
        self.list.setAccessibleName(self.windowTitle())
        off = settings.texts(OFF)
        for package in dict.fromkeys(plugin.package for plugin in plugins):
            brings = ", ".join(plugin.name for plugin in plugins if plugin.package == package)
            item = QListWidgetItem(f"{package}: {brings}", self.list)
            item.setData(Qt.ItemDataRole.UserRole, package)
            item.setCheckState(Qt.CheckState.Unchecked if package in off else Qt.CheckState.Checked)
        said = self.tr("What a package brings is code that runs with your rights. Changes hold from the next start on.")
        if not plugins:
            said = self.tr("No other package brings plugins.")
        label = PlainLabel(said, self)
        label.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        self.list.itemChanged.connect(self._keep)
        layout = QVBoxLayout(self)
        for widget in (label, self.list, buttons):
            layout.addWidget(widget)
        self.resize(480, 300)

    def _keep(self) -> None:
        items = [self.list.item(row) for row in range(self.list.count())]
        off = [item.data(Qt.ItemDataRole.UserRole) for item in items if item.checkState() is Qt.CheckState.Unchecked]
        self._settings.keep(OFF, off)
        self._settings.write()
