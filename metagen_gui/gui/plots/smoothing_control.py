"""How much, and how, the training loss is smoothed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSlider, QWidget

from metagen_gui.gui.plots.smoothing import SmoothingKind, window_of
from metagen_gui.gui.widgets.plain_text import PlainLabel
from metagen_gui.gui.widgets.steady_label import SteadyLabel
from metagen_gui.gui.widgets.wheel_guard import guard_wheel


class SmoothingControl(QWidget):
    """A slider from 0 to 0.99 and the kind of smoothing."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 99)
        self.slider.setValue(90)
        self.slider.setPageStep(10)
        self.slider.setMinimumWidth(60)
        self.slider.setMaximumWidth(160)
        self.slider.setAccessibleName(self.tr("Smoothing of the training loss"))
        label = PlainLabel(self.tr("Smoothing"))
        label.setBuddy(self.slider)
        label.setProperty("tone", "muted")
        self._value = SteadyLabel("0.00")
        self._value.setBuddy(self.slider)
        self.picker = QComboBox()
        self.picker.addItem(self.tr("Exponential"), "exponential")
        self.picker.addItem(self.tr("Moving average"), "moving average")
        self.picker.setAccessibleName(self.tr("Kind of smoothing"))
        guard_wheel(self.slider)
        guard_wheel(self.picker)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(label)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self._value)
        layout.addWidget(self.picker)
        layout.addStretch()
        self.slider.valueChanged.connect(self._tell)
        self.picker.currentIndexChanged.connect(self._tell)
        self._describe()

    @property
    def strength(self) -> float:
        """0 for none, 0.99 for much."""
        return self.slider.value() / 100

    @property
    def kind(self) -> SmoothingKind:
        """The chosen kind."""
        return "moving average" if self.picker.currentData() == "moving average" else "exponential"

    def _tell(self) -> None:
        self._describe()
        self.changed.emit()

    def _describe(self) -> None:
        self._value.setText(f"{self.strength:.2f}")
        if self.strength == 0:
            tip = self.tr("No smoothing")
        elif self.kind == "exponential":
            tip = self.tr("Each value weighs {0} of the next; the raw losses stay visible, thin and faint")
            tip = tip.format(f"{self.strength:.2f}")
        else:
            tip = self.tr("Mean of the last {0} steps; the raw losses stay visible, thin and faint")
            tip = tip.format(window_of(self.strength))
        self.slider.setToolTip(tip)
        self.picker.setToolTip(tip)
