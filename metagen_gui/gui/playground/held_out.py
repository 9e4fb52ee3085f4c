"""Chooses a held-out task whose examples are taken."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSpinBox, QWidget

from metagen_gui.gui.widgets.icon_button import IconButton
from metagen_gui.gui.widgets.plain_text import PlainLabel
from metagen_gui.gui.widgets.wheel_guard import guard_wheel


class HeldOutBox(QWidget):
    """Tasks are counted from 1 where a person sees it, and from 0 in `picked`."""

    picked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = QSpinBox()
        self.box.setObjectName("playground_task")
        self.box.setRange(1, 1_000_000)
        self.box.setAccessibleName(self.tr("Held-out task"))
        self.box.setToolTip(self.tr("Take the examples of a task that the run never trained on"))
        self.box.setKeyboardTracking(False)
        self.box.valueChanged.connect(self._pick)
        guard_wheel(self.box)
        label = PlainLabel(self.tr("Held-out task"))
        label.setBuddy(self.box)
        self.take_button = IconButton("mdi6.download-outline", self.tr("Take the examples of this held-out task"), self)
        self.take_button.clicked.connect(self._pick)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for widget in (label, self.box, self.take_button):
            row.addWidget(widget)
        row.addStretch(1)

    def _pick(self) -> None:
        self.picked.emit(self.box.value() - 1)
