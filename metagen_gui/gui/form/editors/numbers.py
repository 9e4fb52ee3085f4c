"""Editors of numbers: a box, and under it a slider where the range allows one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from metagen_gui.gui.form.editors.base import SettingEditor
from metagen_gui.gui.form.numbers.box import IntegerBox, NumberBox
from metagen_gui.gui.form.numbers.slider import NumberSlider, scale_for

if TYPE_CHECKING:
    from metagen_gui.engine.settings.config import Setting


class _BoxEditor(SettingEditor):
    """What the editors of whole and other numbers share: their box may hold a text that is no number."""

    def __init__(self, box: IntegerBox | NumberBox) -> None:
        super().__init__(box)
        self._box = box
        box.valueChanged.connect(self._take)
        box.editingFinished.connect(self._finish)
        box.lineEdit().textEdited.connect(self._typing)

    def commit(self) -> None:
        """Read what is being typed."""
        self._box.interpretText()
        self._finish()

    def _take(self, value: float) -> None:
        self.edited.emit(value)

    def _finish(self) -> None:
        self.judged.emit(self._box.complaint())

    def _typing(self) -> None:
        # Praise at once, blame only when the person has finished.
        if not self._box.complaint():
            self.judged.emit("")


class IntegerEditor(_BoxEditor):
    """A whole number."""

    def __init__(self, setting: Setting) -> None:
        self._integers = IntegerBox(setting.low, setting.high, setting.unit)
        super().__init__(self._integers)

    def show_value(self, value: int) -> None:
        """Show `value`."""
        blocked = self._integers.blockSignals(True)
        self._integers.show_value(value)
        self._integers.blockSignals(blocked)


class NumberEditor(_BoxEditor):
    """A number, with a slider."""

    def __init__(self, setting: Setting) -> None:
        self._numbers = NumberBox(setting.low, setting.high, setting.unit, log=setting.log)
        super().__init__(self._numbers)
        scale = scale_for(setting)
        self._slider = NumberSlider(scale) if scale else None
        if self._slider:
            self.column.addWidget(self._slider)
            self._slider.value_picked.connect(self._numbers.setValue)
            self._slider.sliderReleased.connect(self.settled)
            self._numbers.valueChanged.connect(self._slider.show_value)

    def show_value(self, value: float) -> None:
        """Show `value`."""
        blocked = self._numbers.blockSignals(True)
        self._numbers.show_value(value)
        self._numbers.blockSignals(blocked)
        if self._slider:
            self._slider.show_value(value)

    def controls(self) -> list[tuple[QWidget, str]]:
        """Return the slider."""
        return [(self._slider, self.tr("slider"))] if self._slider else []
