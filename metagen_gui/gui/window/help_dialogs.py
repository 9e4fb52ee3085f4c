"""About, and the list of every shortcut."""

from __future__ import annotations

import html
import platform

from PySide6.QtCore import QCoreApplication, QObject, Qt, QUrl, qVersion
from PySide6.QtGui import QDesktopServices, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QMessageBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from metagen_gui.engine.resources import documentation, readme
from metagen_gui.engine.versions import version_of
from metagen_gui.gui.widgets.banner import Banner
from metagen_gui.gui.widgets.plain_text import without_mnemonic
from metagen_gui.gui.window.actions import COMMANDS, translated
from metagen_gui.gui.window.check_computer import CheckComputerDialog


def show_about(parent: QWidget) -> None:
    """Say what this is."""
    text = QCoreApplication.translate(
        "About",
        "<h3>MetaGen {number}</h3><p>A desktop laboratory for meta-learned generative models: pick an algorithm, a "
        "generative model and a family of tasks, watch them learn to adapt, export what was learned.</p>"
        "<p>MIT licence.</p>",
    ).format(number=version_of("metagen") or "–")
    built_on = {"Python": platform.python_version(), "Qt": qVersion()}
    built_on |= {name: version_of(name) for name in ("PySide6-Essentials", "torch", "numpy", "pyqtgraph")}
    versions = " · ".join(f"{name} {number}" for name, number in built_on.items())
    QMessageBox.about(
        parent, QCoreApplication.translate("About", "About MetaGen"), f"{text}<p>{html.escape(versions)}</p>"
    )


class HelpCommands(QObject):
    """The Help menu."""

    def __init__(self, window: QWidget, banner: Banner) -> None:
        super().__init__(window)
        self._window = window
        self._banner = banner

    def about(self) -> None:
        """Say what this is."""
        show_about(self._window)

    def shortcuts(self) -> None:
        """List every shortcut."""
        ShortcutsDialog(self._window).show()

    def check_computer(self) -> None:
        """Look at this computer, as `metagen doctor` does."""
        CheckComputerDialog(parent=self._window).show()

    def documentation(self) -> None:
        """Open the documentation, or where it is not built the README, with the program that the desktop has for it."""
        if (file := documentation()) is None:
            file = readme()
            self._banner.tell(self.tr("The documentation is not built here, which `make docs` does: this is README."))
        if file is None or not QDesktopServices.openUrl(QUrl.fromLocalFile(str(file))):
            self._banner.tell(self.tr("The documentation is the file README.md of MetaGen."))


class ShortcutsDialog(QDialog):
    """A table of commands and their keys."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("shortcuts_dialog")
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        rows = [command for command in COMMANDS if command.shortcuts]
        table = QTableWidget(len(rows), 3, self)
        table.setAccessibleName(self.windowTitle())
        table.setHorizontalHeaderLabels([self.tr("Command"), self.tr("Keys"), self.tr("What it does")])
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        table.verticalHeader().setMinimumSectionSize(table.fontMetrics().height() + 10)
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        native = QKeySequence.SequenceFormat.NativeText
        for row, command in enumerate(rows):
            keys = ", ".join(QKeySequence(shortcut).toString(native) for shortcut in command.shortcuts)
            name = without_mnemonic(translated(command.text)).removesuffix("…")
            for column, text in enumerate((name, keys, translated(command.tip))):
                table.setItem(row, column, QTableWidgetItem(text))
        table.resizeColumnsToContents()
        table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(table)
        layout.addWidget(buttons)
        self.resize(860, 560)
