"""Asks which controls of the form a class is to see."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from metagen_gui.gui.experiment.setting_column import SettingColumn
from metagen_gui.gui.widgets.plain_text import PlainLabel

PATH = Qt.ItemDataRole.UserRole


class HidingDialog(QDialog):
    """A tree of sections and their settings; what is not ticked is hidden."""

    def __init__(self, column: SettingColumn, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("hiding_dialog")
        self.setWindowTitle(self.tr("Hide controls"))
        hint = PlainLabel(self.tr("What is not ticked is hidden from the form, and keeps its value."))
        hint.setWordWrap(True)
        self.tree = QTreeWidget()
        self.tree.setObjectName("hiding_tree")
        self.tree.setAccessibleName(self.tr("Controls"))
        self.tree.setToolTip(self.tr("Ticked controls are shown; Space ticks the chosen one"))
        self.tree.setHeaderHidden(True)
        self._beyond = set(column.hidden)
        """What is hidden of other plugins, and not listed here."""
        for name, section in column.sections.items():
            top = self._item(self.tree.invisibleRootItem(), section.title.text(), name, column.hidden)
            if name in column.pickers:
                self._item(top, self.tr("Which"), f"{name}.name", column.hidden)
            for row in column.forms[name].rows.values():
                self._item(top, row.setting.label, row.path, column.hidden)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        everything = buttons.addButton(self.tr("&Show all"), QDialogButtonBox.ButtonRole.ResetRole)
        everything.setObjectName("hiding_show_all")
        everything.setToolTip(self.tr("Tick every control"))
        everything.clicked.connect(self.show_all)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (hint, self.tree, buttons):
            layout.addWidget(widget)
        self.resize(380, 520)
        self.tree.setCurrentItem(self.tree.invisibleRootItem().child(0))

    def hidden(self) -> tuple[str, ...]:
        """Return the paths of what is not ticked."""
        unticked = (item for item in self._items() if item.checkState(0) is Qt.CheckState.Unchecked)
        return tuple(sorted(self._beyond | {str(item.data(0, PATH)) for item in unticked}))

    def show_all(self) -> None:
        """Tick everything, also what is not listed."""
        self._beyond.clear()
        for item in self._items():
            item.setCheckState(0, Qt.CheckState.Checked)

    def _item(self, above: QTreeWidgetItem, text: str, path: str, hidden: Iterable[str]) -> QTreeWidgetItem:
        item = QTreeWidgetItem(above, [text])
        item.setData(0, PATH, path)
        item.setCheckState(0, Qt.CheckState.Unchecked if path in hidden else Qt.CheckState.Checked)
        self._beyond.discard(path)
        return item

    def _items(self) -> list[QTreeWidgetItem]:
        tops = (self.tree.topLevelItem(place) for place in range(self.tree.topLevelItemCount()))
        return [
            item for top in tops if top is not None for item in (top, *(top.child(n) for n in range(top.childCount())))
        ]
