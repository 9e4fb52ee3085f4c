"""Goes through the adaptation: a slider from the initialization to the last step, and a player that morphs."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QSlider, QSpinBox, QWidget

from metagen_gui.gui.look.theme import theme_changes
from metagen_gui.gui.widgets.icon_button import IconButton
from metagen_gui.gui.widgets.plain_text import PlainLabel
from metagen_gui.gui.widgets.steady_label import SteadyLabel
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

MOST_STEPS = 100
FINE = 20
"""Positions of the slider from one step to the next."""
FRAME = 40
"""Milliseconds of a picture while it plays."""
ONE_WAY, REST = 1400, 900
"""Milliseconds that all steps take together, and that the last is shown before it begins again."""

STILL = 3
"""Times as long where motion is reduced, from step to step without anything in between."""


class StepBar(QWidget):
    """Chooses a moment of the adaptation, and how many steps there are."""

    moved = Signal(float)
    """The moment, in places of the steps that are drawn."""
    asked = Signal(int)
    """So many steps are wanted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps: tuple[int, ...] = (0,)
        self.play_button = IconButton("mdi6.play", self.tr("Play the adaptation, over and over"))
        self.play_button.setCheckable(True)
        self.play_button.toggled.connect(self._play)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName(self.tr("Adaptation step"))
        self.slider.setToolTip(self.tr("From the initialization to the last step, with the same latents"))
        self.slider.setRange(0, 0)
        self.slider.setPageStep(FINE)
        self.slider.valueChanged.connect(self._take)
        self._label = SteadyLabel()
        self._label.setBuddy(self.slider)
        self.count = QSpinBox()
        self.count.setRange(1, MOST_STEPS)
        self.count.setAccessibleName(self.tr("Adaptation steps"))
        self.count.setToolTip(self.tr("How many adaptation steps are taken"))
        self.count.setKeyboardTracking(False)
        self.count.valueChanged.connect(self.asked)
        guard_wheel(self.slider)
        guard_wheel(self.count)
        of = PlainLabel(self.tr("Steps"))
        of.setBuddy(self.count)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for widget in (self.play_button, self.slider, self._label, of, self.count):
            layout.addWidget(widget, 1 if widget is self.slider else 0)
        self._clock = QElapsedTimer()
        self._timer = QTimer(self, interval=FRAME)
        self._timer.timeout.connect(self._go_on)
        self._describe()

    @property
    def moment(self) -> float:
        """The moment that is chosen, in places of the steps that are drawn."""
        return self.slider.value() / FINE

    def set_count(self, steps: int) -> None:
        """Say how many steps are taken, without asking for them."""
        self.count.blockSignals(True)
        self.count.setValue(steps)
        self.count.blockSignals(False)

    def set_steps(self, steps: tuple[int, ...]) -> None:
        """Take the steps that are drawn; whoever looked at the last one goes on looking at the last one."""
        if steps == self._steps:
            return
        last = self.slider.value() == self.slider.maximum()
        self._steps = steps
        most = FINE * (len(steps) - 1)
        self.slider.blockSignals(True)
        self.slider.setRange(0, most)
        if last:
            self.slider.setValue(most)
        self.slider.blockSignals(False)
        self._take()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop playing: nobody looks."""
        self.play_button.setChecked(False)

    def _play(self, on: bool) -> None:
        self.play_button.set_icon("mdi6.pause" if on else "mdi6.play")
        self._clock.restart()
        if on:
            self._timer.start()
        else:
            self._timer.stop()

    def _go_on(self) -> None:
        still, most = theme_changes().still, self.slider.maximum()
        passed = self._clock.elapsed() / (STILL if still else 1) % (ONE_WAY + REST)
        place = most * min(1.0, passed / ONE_WAY)
        self.slider.setValue(round(place / FINE) * FINE if still else round(place))

    def _take(self) -> None:
        self._describe()
        self.moved.emit(self.moment)

    def _describe(self) -> None:
        last = f"{self._steps[-1]:,}"
        text = self.tr("step {0} of {1}")
        self._label.set_widest(text.format(last, last))
        at = self._steps[min(round(self.moment), len(self._steps) - 1)]
        self._label.setText(text.format(f"{at:,}", last))
        self.slider.setAccessibleDescription(self._label.text())
