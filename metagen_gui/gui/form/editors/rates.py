"""The editor of a rate per group of parameters."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from metagen_gui.engine.languages.spoken import named
from metagen_gui.gui.form.editors.base import EDITOR_SHARE, GAP, LABEL_SHARE, RESET_WIDTH, SettingEditor, field_height
from metagen_gui.gui.form.numbers.box import NumberBox
from metagen_gui.gui.form.numbers.text import show_number
from metagen_gui.gui.widgets.plain_text import PlainLabel

UNSET = -1.0
"""Below every rate: the group keeps the model's own."""
HIGHEST = 1e6


class RateBox(NumberBox):
    """A rate that may be left empty: then the model's own holds, shown in gray."""

    def __init__(self, own: float) -> None:
        super().__init__(UNSET, HIGHEST, log=True)
        self._own = own
        self.lineEdit().setPlaceholderText(show_number(own))

    def read(self, text: str) -> float:
        """Return the rate, `UNSET` for an empty text; raise `ValueError`."""
        if not text.strip():
            return UNSET
        value = super().read(text)
        if value < 0:
            raise ValueError(self.tr("{0} is too low; the lowest value is 0").format(show_number(value)))
        return value

    def textFromValue(self, value: float) -> str:
        """Return an empty text for `UNSET`."""
        return "" if value == UNSET and not self._kept else super().textFromValue(value)

    def stepped(self, value: float, steps: int, leap: bool = False) -> float:
        """Step from the model's own rate while none is set, and never below 0."""
        return max(super().stepped(self._own if value == UNSET else value, steps, leap), 0.0)


class _Boxes(QWidget):
    """Hands the focus on to the first box. A focus proxy would be a stop of its own for Tab, and could lead it back."""

    first: QWidget | None = None

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Hand on."""
        if self.first is not None:
            self.first.setFocus(event.reason())


class RatesEditor(SettingEditor):
    """One box per group. The value holds the groups that a person set."""

    wide = True

    def __init__(self, path: str, groups: Mapping[str, float]) -> None:
        field = _Boxes()
        super().__init__(field)
        self.boxes = {group: RateBox(own) for group, own in groups.items()}
        grid = QGridLayout(field)
        grid.setContentsMargins(0, 0, RESET_WIDTH, 0)
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, LABEL_SHARE)
        grid.setColumnStretch(1, EDITOR_SHARE)
        for row, (group, box) in enumerate(self.boxes.items()):
            label = PlainLabel(named(group))
            label.setIndent(12)
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            label.setBuddy(box)
            box.setMinimumHeight(field_height(box))
            box.setObjectName(f"{path}.{group}")
            box.setToolTip(
                self.tr("Rate of {0}. Empty: the model's own, {1}.").format(named(group), show_number(groups[group]))
            )
            box.valueChanged.connect(self._take)
            box.editingFinished.connect(self._finish)
            grid.addWidget(label, row, 0)
            grid.addWidget(box, row, 1)
        field.first = next(iter(self.boxes.values()), None)

    def show_value(self, value: Mapping[str, float]) -> None:
        """Show the rates that are set."""
        for group, box in self.boxes.items():
            blocked = box.blockSignals(True)
            box.show_value(value.get(group, UNSET))
            box.blockSignals(blocked)

    def commit(self) -> None:
        """Read what is being typed."""
        for box in self.boxes.values():
            box.interpretText()
        self._finish()

    def controls(self) -> list[tuple[QWidget, str]]:
        """Return the boxes."""
        return [(box, group) for group, box in self.boxes.items()]

    def _take(self) -> None:
        self.edited.emit({group: box.value() for group, box in self.boxes.items() if box.value() != UNSET})

    def _finish(self) -> None:
        wrong = [f"{group}: {box.complaint()}" for group, box in self.boxes.items() if box.complaint()]
        self.judged.emit(wrong[0] if wrong else "")
