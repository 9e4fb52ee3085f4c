"""Editors of yes or no, of one of several, and of a model's way to adapt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QSizePolicy

from metagen_gui.gui.form.editors.base import SettingEditor
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

if TYPE_CHECKING:
    from metagen_gui.engine.settings.config import Setting


class FlagEditor(SettingEditor):
    """A check box."""

    def __init__(self, setting: Setting) -> None:
        self._box = QCheckBox()
        super().__init__(self._box)
        self._box.toggled.connect(self._take)

    def show_value(self, value: bool) -> None:
        """Show `value`."""
        blocked = self._box.blockSignals(True)
        self._box.setChecked(value)
        self._box.blockSignals(blocked)

    def _take(self, checked: bool) -> None:
        self.edited.emit(checked)


class ChoiceEditor(SettingEditor):
    """One of several, by name; the item data is the value."""

    def __init__(self, setting: Setting) -> None:
        self._combo = narrow_combo()
        for choice in setting.choices:
            self._combo.addItem(f"{setting.called(choice)} {setting.unit}".rstrip(), choice)
        super().__init__(self._combo)
        self._combo.currentIndexChanged.connect(self._take)

    def show_value(self, value: str) -> None:
        """Show `value`."""
        blocked = self._combo.blockSignals(True)
        self._combo.setCurrentIndex(self._combo.findData(value))
        self._combo.blockSignals(blocked)

    def _take(self, index: int) -> None:
        if index >= 0:
            self.edited.emit(self._combo.itemData(index))


class AdaptsEditor(SettingEditor):
    """What adapts: a choice of the model's list, or groups typed with `+` between them."""

    def __init__(self, adapts: Mapping[str, tuple[str, ...]]) -> None:
        self._combo = narrow_combo()
        self._combo.setEditable(True)
        self._combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._combo.addItem("default")
        first = next(iter(adapts.values()), ())
        self._combo.setItemData(0, ", ".join(first), Qt.ItemDataRole.ToolTipRole)
        for name, groups in adapts.items():
            self._combo.addItem(name)
            self._combo.setItemData(self._combo.count() - 1, ", ".join(groups), Qt.ItemDataRole.ToolTipRole)
        super().__init__(self._combo)
        self._shown = ""
        self._combo.currentIndexChanged.connect(self.commit)
        line = self._combo.lineEdit()
        assert line is not None
        line.editingFinished.connect(self.commit)
        line.textEdited.connect(self._typing)

    def show_value(self, value: str) -> None:
        """Show `value`."""
        self._shown = value
        blocked = self._combo.blockSignals(True)
        self._combo.setCurrentIndex(self._combo.findText(value))
        self._combo.setEditText(value)
        self._combo.blockSignals(blocked)

    def commit(self) -> None:
        """Tell of the text, if it is another one."""
        text = self._combo.currentText().strip()
        if text != self._shown:
            self._shown = text
            self.edited.emit(text)

    def _typing(self) -> None:
        self.judged.emit("")


def narrow_combo() -> QComboBox:
    """Return a combo box that may be narrower than its longest item and leaves the wheel to the page."""
    combo = QComboBox()
    combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(6)
    guard_wheel(combo)
    return combo
