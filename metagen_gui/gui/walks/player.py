"""Plays frames: a button, a slider, how fast, and whether it goes on for ever."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QSpinBox, QWidget

from metagen_gui.gui.look.theme import paced
from metagen_gui.gui.widgets.header_toggle import header_toggle
from metagen_gui.gui.widgets.icon_button import IconButton
from metagen_gui.gui.widgets.wheel_guard import guard_wheel


class Player(QWidget):
    """Chooses one of the frames there are. What is closed goes round and round, anything else there and back."""

    moved = Signal()
    """Another frame is to be shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._closed = False
        self._forth = 1
        self.play_button = IconButton("mdi6.play", self.tr("Play"))
        self.play_button.clicked.connect(self.toggle)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName(self.tr("Place on the walk"))
        self.slider.setToolTip(self.tr("Go along the walk by hand, or by the arrow keys"))
        self.slider.valueChanged.connect(self.moved)
        guard_wheel(self.slider)
        self.rate = QSpinBox()
        self.rate.setRange(1, 60)
        self.rate.setValue(15)
        self.rate.setSuffix(self.tr(" a second"))
        self.rate.setAccessibleName(self.tr("Frames a second"))
        self.rate.setToolTip(self.tr("How fast it is played"))
        self.rate.valueChanged.connect(self._keep_pace)
        guard_wheel(self.rate)
        self.loop_button = header_toggle(self.tr("Loop"), self.tr("Go on for ever: round and round, or there and back"))
        self.loop_button.setChecked(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.play_button)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.rate)
        layout.addWidget(self.loop_button)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._play_on)
        self.set_frames(0, closed=False)

    @property
    def frame(self) -> int:
        """The frame that is chosen, from 0."""
        return self.slider.value()

    @property
    def playing(self) -> bool:
        """Whether frames follow one another by themselves."""
        return self._timer.isActive()

    def set_frames(self, frames: int, *, closed: bool) -> None:
        """Take how many frames there are, and begin at the first; it goes on playing if it did."""
        self._closed, self._forth = closed, 1
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, frames - 1))
        self.slider.setPageStep(max(1, frames // 10))
        self.slider.setValue(0)
        self.slider.blockSignals(False)
        if not frames:
            self.stop()
        self.setEnabled(frames > 1)

    def toggle(self) -> None:
        """Play, or pause."""
        if self.playing:
            self.stop()
            return
        if not self.loop_button.isChecked() and self.frame == self.slider.maximum():
            self.slider.setValue(0)
        self._forth = 1
        self._keep_pace()
        self._timer.start()
        self.play_button.set_icon("mdi6.pause")
        self._say(self.tr("Pause"))

    def stop(self) -> None:
        """Stay where it is."""
        self._timer.stop()
        self.play_button.set_icon("mdi6.play")
        self._say(self.tr("Play"))

    def _say(self, text: str) -> None:
        self.play_button.setAccessibleName(text)
        self.play_button.setToolTip(text)

    def _keep_pace(self) -> None:
        self._timer.setInterval(paced(1000 // self.rate.value()))

    def _play_on(self) -> None:
        last, loops = self.slider.maximum(), self.loop_button.isChecked()
        if self._closed and loops:
            self.slider.setValue((self.frame + 1) % (last + 1))
            return
        if loops and not 0 <= self.frame + self._forth <= last:
            self._forth = -self._forth
        self.slider.setValue(self.frame + self._forth)
        if not loops and self.frame == last:
            self.stop()
