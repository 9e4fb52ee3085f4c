"""The tools of the pad: pen and eraser, undo and redo, clear, and how wide the pen is."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from metagen_gui.gui.widgets.icon_button import IconButton
from metagen_gui.gui.widgets.plain_text import PlainLabel
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

WIDTHS = (8, 40, 14)
"""Narrowest, widest and first pen, in tenths of a pixel of 28."""


class PadTools(QWidget):
    """Buttons that say what is wanted; whoever owns them does it."""

    wanted = Signal(str)
    """`undo`, `redo`, `clear` or `anew`."""
    changed = Signal()
    """Another pen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        texts = {
            "erase": ("mdi6.eraser", self.tr("Eraser: take away instead of drawing; the right button does, too")),
            "undo": ("mdi6.undo", self.tr("Undo the last change of the drawing (Ctrl+Z)")),
            "redo": ("mdi6.redo", self.tr("Do it again (Ctrl+Shift+Z)")),
            "clear": ("mdi6.trash-can-outline", self.tr("Clear the pad; undo brings it back")),
            "anew": ("mdi6.restart", self.tr("Begin anew, without any example; undo brings them back")),
        }
        self.buttons = {name: IconButton(icon, says, self) for name, (icon, says) in texts.items()}
        row = QHBoxLayout()
        row.setSpacing(2)
        for name, button in self.buttons.items():
            button.setObjectName(f"draw_{name}_button")
            row.addWidget(button)
            if name != "erase":
                button.clicked.connect(partial(self._want, name))
        row.addStretch(1)
        self.buttons["erase"].setCheckable(True)
        self.buttons["erase"].toggled.connect(self.changed)
        self.width_slider = QSlider(Qt.Orientation.Horizontal)
        self.width_slider.setRange(*WIDTHS[:2])
        self.width_slider.setValue(WIDTHS[2])
        self.width_slider.setAccessibleName(self.tr("Pen width"))
        self.width_slider.setToolTip(self.tr("How wide the pen is; characters of training are drawn with thin ones"))
        self.width_slider.valueChanged.connect(self.changed)
        guard_wheel(self.width_slider)
        self._pen = QWidget(self)
        pen = QHBoxLayout(self._pen)
        pen.setContentsMargins(0, 0, 0, 0)
        label = PlainLabel(self.tr("Pen"))
        label.setBuddy(self.width_slider)
        pen.addWidget(label)
        pen.addWidget(self.width_slider, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self._pen)

    @property
    def erases(self) -> bool:
        """Whether the eraser is chosen."""
        return self.buttons["erase"].isChecked()

    @property
    def pen(self) -> float:
        """The width of the pen, in sides of the pad."""
        return self.width_slider.value() / 280

    def _want(self, name: str, _checked: bool = False) -> None:
        self.wanted.emit(name)

    def show_pen(self, shown: bool) -> None:
        """Points have no width, and clearing them is beginning anew."""
        self._pen.setVisible(shown)
        self.buttons["anew"].setVisible(shown)
