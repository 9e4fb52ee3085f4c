"""Goes along the way from noise to samples: a slider over the states that were kept of it, and a player."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from metagen_gui.gui.look.theme import paced
from metagen_gui.gui.widgets.icon_button import IconButton
from metagen_gui.gui.widgets.steady_label import SteadyLabel
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

PACE = 250
"""Milliseconds that a state is shown when the way is played."""


class PathBar(QWidget):
    """Chooses a state of the path of samples; the last one is the samples themselves."""

    moved = Signal()
    """Another state is to be shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.play_button = IconButton("mdi6.play", self.tr("Play the way from noise to samples"))
        self.play_button.clicked.connect(self.play)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setPageStep(1)
        self.slider.setAccessibleName(self.tr("Sampling step"))
        self.slider.setToolTip(self.tr("What samples go through while they are made: noise at the left end"))
        self.slider.valueChanged.connect(self._take)
        guard_wheel(self.slider)
        self._label = SteadyLabel()
        self._label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._label.setBuddy(self.slider)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.play_button)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self._label)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._play_on)

    @property
    def state(self) -> int | None:
        """The state that is chosen, from 0; None for the samples themselves."""
        return self.slider.value() if self.slider.value() < self.slider.maximum() else None

    def set_states(self, states: int) -> None:
        """Take how many states there are of what is shown; with fewer than two the bar is not there."""
        last = max(0, states - 1)
        if last != self.slider.maximum():
            self.slider.blockSignals(True)
            self.slider.setRange(0, last)
            self.slider.setValue(last)
            self.slider.blockSignals(False)
        if not last:
            self._timer.stop()
        self.setVisible(bool(last))
        self._describe()

    def play(self) -> None:
        """Go from the noise to the samples."""
        self.slider.setValue(0)
        self._timer.start(paced(PACE))

    def _play_on(self) -> None:
        self.slider.setValue(self.slider.value() + 1)
        if self.state is None:
            self._timer.stop()

    def _take(self) -> None:
        self._describe()
        self.moved.emit()

    def _describe(self) -> None:
        last = self.slider.maximum()
        text = self.tr("sampling step {0} of {1}")
        self._label.set_widest(text.format(last, last))
        self._label.setText(text.format(self.slider.value(), last))
        self.slider.setAccessibleDescription(self._label.text())
