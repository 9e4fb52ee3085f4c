"""What every editor of a setting is to its row."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

# Label and editor share the width in this proportion in every row, so that the rows of all forms line up.
LABEL_SHARE, EDITOR_SHARE = 10, 11
GAP = 6
RESET_WIDTH = 30
"""Pixels at the right of a row that the reset button takes, its gap included."""


def field_height(widget: QWidget) -> int:
    """Return the height of a row's control in pixels, room above and below its text included."""
    return widget.fontMetrics().height() + 11


class SettingEditor(QWidget):
    """An editor of one value. Subclasses set `field` and implement `show_value`; `commit` where text is typed."""

    edited = Signal(object)
    """A person gave a new value."""
    judged = Signal(str)
    """What is wrong with what a person typed; "" where it can be read again, or is being typed anew."""
    settled = Signal()
    """The end of one gesture, such as dragging: later edits are undone apart from it."""

    field: QWidget
    """The control itself: it gets the name, the focus and the label."""
    wide = False
    """Whether the editor needs the whole width, below its label."""

    def __init__(self, field: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(1)
        self.column.addWidget(field)
        field.setMinimumHeight(field_height(field))

    def show_value(self, value: Any) -> None:
        """Show `value` without telling anyone; what was being typed is gone."""
        raise NotImplementedError

    def commit(self) -> None:
        """Take over what is being typed, as leaving the field would."""

    def controls(self) -> list[tuple[QWidget, str]]:
        """Return further controls and what each is, to be named after the setting."""
        return []
