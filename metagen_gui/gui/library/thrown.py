"""What lies in the trash: to be brought back, or deleted for good."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.trash import Thrown, bring_back, delete_for_good, thrown_away
from metagen_gui.gui.widgets.plain_text import PlainBox, PlainLabel, plain_tip
from metagen_gui.gui.widgets.question import is_agreed


class TrashDialog(QDialog):
    """A line per folder, the newest first."""

    brought_back = Signal()
    """A run or a test of claims is where it was."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("trash_list_dialog")
        self.setWindowTitle(self.tr("Trash"))
        self.list = QListWidget(self)
        self.list.setAccessibleName(self.tr("What was thrown away"))
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.itemSelectionChanged.connect(self._enable)
        self.said = PlainLabel(parent=self)
        self.said.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        role = QDialogButtonBox.ButtonRole.ActionRole
        self.back_button = buttons.addButton(self.tr("&Bring back"), role)
        self.delete_button = buttons.addButton(self.tr("&Delete for good…"), role)
        self.back_button.clicked.connect(self.bring_back)
        self.delete_button.clicked.connect(self.delete)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (self.list, self.said, buttons):
            layout.addWidget(widget)
        self.resize(560, 360)
        self.look()

    def look(self) -> None:
        """Read anew what there is."""
        self.list.clear()
        for one in thrown_away():
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.when))
            item = QListWidgetItem(f"{' '.join(one.name.split())} · {when}")
            item.setToolTip(plain_tip(str(one.folder)))
            item.setData(Qt.ItemDataRole.UserRole, one)
            self.list.addItem(item)
        self.said.setText("" if self.list.count() else self.tr("The trash is empty."))
        self._enable()

    def bring_back(self) -> None:
        """Put what is chosen back where it was."""
        self._with_chosen(bring_back)
        self.brought_back.emit()

    def delete(self) -> None:
        """Delete what is chosen, if that is agreed to."""
        box = PlainBox(self)
        box.setObjectName("delete_dialog")
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle(self.tr("Delete for good?"))
        box.setText(self.tr("Nothing brings it back after that."))
        box.setInformativeText("\n".join(item.text() for item in self.list.selectedItems()[:8]))
        if is_agreed(box, self.tr("&Delete"), self.tr("&Keep")):
            self._with_chosen(delete_for_good)

    def _with_chosen(self, do: Callable[[Thrown], object]) -> None:
        problems = []
        for item in self.list.selectedItems():
            try:
                do(item.data(Qt.ItemDataRole.UserRole))
            except BadInput as problem:
                problems.append(str(problem))
        self.look()
        if problems:
            self.said.setText(" ".join(problems))

    def _enable(self) -> None:
        for button in (self.back_button, self.delete_button):
            button.setEnabled(bool(self.list.selectedItems()))
