"""Beside a setting's box: from where to where a sweep seeks it, or which of its choices; opened by a small button."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from metagen_gui.gui.form.numbers.text import read_integer, read_number, round_number, show_integer, show_number
from metagen_gui.gui.widgets.flow_layout import FlowLayout
from metagen_gui.gui.widgets.header_toggle import header_toggle
from metagen_gui.gui.widgets.icon_button import IconButton
from metagen_gui.gui.widgets.message_line import MessageLine
from metagen_gui.gui.widgets.plain_text import PlainLabel

if TYPE_CHECKING:
    from metagen_gui.engine.settings.config import Setting

WIDER = 10.0
"""By how much a range first goes below and above the value that is there, on a log scale."""


class RangeField(QWidget):
    """The range of one setting. What is typed is kept as it is; whether it can be is said by whoever reads it."""

    changed = Signal()

    def __init__(self, setting: Setting, path: str, choices: Sequence[Any], parent: QWidget | None = None) -> None:
        """`choices` are what a setting may be that is no number."""
        super().__init__(parent)
        self._setting, self._numeric = setting, setting.kind in ("integer", "number")
        says = self.tr("Seek {0} in a range").format(setting.label)
        self.toggle = IconButton("mdi6.arrow-expand-horizontal", says, parent)
        self.toggle.setObjectName(f"{path}.range")
        self.toggle.setCheckable(True)
        self.message = MessageLine()
        self.low, self.high = (self._end(path, side, says) for side, says in self._sides())
        self.log = QCheckBox(self.tr("log"))
        self.log.setObjectName(f"{path}.log")
        self.log.setAccessibleName(self.tr("{0}: on a log scale").format(setting.label))
        self.log.setToolTip(self.tr("As many trials between 0.01 and 0.1 as between 0.1 and 1"))
        self.choices = [self._choice(path, choice) for choice in ([] if self._numeric else choices)]
        self._lay_out()
        self.toggle.toggled.connect(self._open)
        self.log.toggled.connect(self.changed)
        self.hide()

    @property
    def is_open(self) -> bool:
        """Whether the setting is sought."""
        return self.toggle.isChecked()

    def stops(self) -> list[QWidget]:
        """Return the controls in the order of the keyboard's way through them."""
        return [self.toggle, *([self.low, self.high, self.log] if self._numeric else self.choices)]

    def suggest(self, value: Any) -> None:
        """Propose a range around the value that is there; what a person has typed stays."""
        if not self._numeric or self.low.text() or self.high.text() or isinstance(value, str | bool):
            return
        setting, number = self._setting, float(value)
        low, high = (number / WIDER, number * WIDER) if setting.log else (number / 2, number * 2)
        if setting.kind == "integer":
            low, high = max(int(low), 0), max(int(high), int(number) + 2)
        self.log.setChecked(setting.log and number > 0)
        for box, end in ((self.low, low), (self.high, high)):
            end = max(end, setting.low if setting.low is not None else end)
            end = min(end, setting.high if setting.high is not None else end)
            box.setText(show_integer(int(end)) if setting.kind == "integer" else show_number(round_number(end)))

    def document(self) -> dict[str, Any]:
        """Return the range as a plan has it; what is no number goes along as the text that it is."""
        if not self._numeric:
            return {"choices": [button.property("choice") for button in self.choices if button.isChecked()]}
        low, high = (self._read(box.text()) for box in (self.low, self.high))
        return {"low": low, "high": high, "log": self.log.isChecked()}

    def show_document(self, document: dict[str, Any]) -> None:
        """Show a range that a plan has, and open it."""
        for box, side in ((self.low, "low"), (self.high, "high")):
            if isinstance(end := document.get(side), int | float):
                box.setText(show_integer(end) if isinstance(end, int) else show_number(end))
        self.log.setChecked(bool(document.get("log")))
        chosen = [json.dumps(choice) for choice in document.get("choices", [])]
        for button in self.choices:
            button.setChecked(json.dumps(button.property("choice")) in chosen)
        self.toggle.setChecked(True)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _read(self, text: str) -> Any:
        try:
            return (read_integer if self._setting.kind == "integer" else read_number)(text)
        except (ValueError, OverflowError):
            return text

    def _open(self, wanted: bool) -> None:
        self.setVisible(wanted)
        self.message.say("")
        self.changed.emit()

    def _sides(self) -> tuple[tuple[str, str], tuple[str, str]]:
        label = self._setting.label
        return ("low", self.tr("{0}: from").format(label)), ("high", self.tr("{0}: to").format(label))

    def _end(self, path: str, side: str, says: str) -> QLineEdit:
        box = QLineEdit()
        box.setObjectName(f"{path}.{side}")
        box.setAccessibleName(says)
        box.setToolTip(says)
        box.editingFinished.connect(self.changed)
        return box

    def _choice(self, path: str, choice: Any) -> QToolButton:
        called = self._setting.called(choice) if isinstance(choice, str) else self._flag(choice)
        button = header_toggle(called, self.tr("Whether trials may have it"))
        button.setObjectName(f"{path}.choice.{choice}")
        button.setAccessibleName(f"{self._setting.label}: {called}")
        button.setProperty("choice", choice)
        button.setChecked(True)
        button.toggled.connect(self.changed)
        return button

    def _flag(self, choice: Any) -> str:
        return self.tr("on") if choice is True else self.tr("off")

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 0, 0, 2)
        column.setSpacing(2)
        line = QWidget(self)
        if self._numeric:
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            to = PlainLabel(self.tr("to"))
            to.setProperty("tone", "muted")
            row.addWidget(self.low, 1)
            row.addWidget(to)
            row.addWidget(self.high, 1)
            row.addWidget(self.log)
        else:
            flow = FlowLayout(line, 2)
            for button in self.choices:
                flow.addWidget(button)
            for unused in (self.low, self.high, self.log):
                unused.setParent(self)
                unused.hide()
        column.addWidget(line)
        column.addWidget(self.message)
