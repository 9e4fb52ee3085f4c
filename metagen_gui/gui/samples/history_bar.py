"""Goes through the run's past: a slider, a player, and the state of following the newest."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QToolButton, QWidget

from metagen_gui.gui.look.theme import paced
from metagen_gui.gui.widgets.icon_button import IconButton
from metagen_gui.gui.widgets.steady_label import SteadyLabel
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

FRAMES = 160
"""About as many snapshots are shown when a run is played."""


class HistoryBar(QWidget):
    """Chooses one of the snapshots there are. At the right end it follows the newest."""

    chosen = Signal(int)
    """The place of the snapshot to show."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps: Sequence[int] = ()
        self._whole = 0
        self._following = True
        self.play_button = IconButton("mdi6.play", self.tr("Play the run from its beginning"))
        self.play_button.clicked.connect(self._toggle_play)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName(self.tr("Outer step whose samples are shown"))
        self.slider.setToolTip(self.tr("Samples of earlier in the run; at the right end they follow the newest"))
        self.slider.valueChanged.connect(self._take_value)
        guard_wheel(self.slider)
        self._label = SteadyLabel()
        self._label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._label.setBuddy(self.slider)
        self.latest_button = QToolButton()
        self.latest_button.setText(self.tr("Latest"))
        self.latest_button.setCheckable(True)
        self.latest_button.setAutoRaise(True)
        self.latest_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.latest_button.setToolTip(self.tr("Follow the newest samples"))
        self.latest_button.clicked.connect(self.follow)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.play_button)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self._label)
        layout.addWidget(self.latest_button)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._play_on)
        self._describe()

    @property
    def following(self) -> bool:
        """Whether the newest snapshot is shown as soon as it comes."""
        return self._following

    @property
    def text(self) -> str:
        """What the label says."""
        return self._label.text()

    @property
    def playing(self) -> bool:
        """Whether the run's history is being played."""
        return self._timer.isActive()

    def reset(self, whole: int = 0) -> None:
        """Forget every snapshot; `whole` is how many outer steps the run will have, 0 if that is not known."""
        self._whole = whole
        self.set_steps((), 0)
        self.follow()

    def set_steps(self, steps: Sequence[int], pinned: int) -> None:
        """Take the outer steps of the snapshots, ascending; `pinned` is the place shown if it does not follow."""
        self._steps = steps
        last = max(0, len(steps) - 1)
        self.slider.blockSignals(True)
        self.slider.setRange(0, last)
        self.slider.setPageStep(max(1, last // 10))
        self.slider.setValue(last if self._following else min(pinned, last))
        self.slider.blockSignals(False)
        self._describe()

    def go_to(self, place: int) -> None:
        """Show another snapshot, as if the slider had been moved there."""
        self._stop()
        self.slider.setValue(place)

    def follow(self) -> None:
        """Show the newest, now and when a newer one comes."""
        self._stop()
        self._following = True
        if self.slider.value() == self.slider.maximum():
            self._describe()
            self.chosen.emit(self.slider.value())
        else:
            self.slider.setValue(self.slider.maximum())

    def _take_value(self, place: int) -> None:
        self._following = place == self.slider.maximum() and not self.playing
        self._describe()
        self.chosen.emit(place)

    def _toggle_play(self) -> None:
        if self.playing:
            self._stop()
            return
        if len(self._steps) < 2:
            return
        if self.slider.value() == self.slider.maximum():
            self.slider.setValue(0)
        self._timer.start(paced(max(50, min(300, 8000 // len(self._steps)))))
        self.play_button.set_icon("mdi6.pause")
        self.play_button.setAccessibleName(self.tr("Pause"))

    def _play_on(self) -> None:
        if self.slider.value() >= self.slider.maximum():
            self.follow()
        else:
            self.slider.setValue(self.slider.value() + max(1, len(self._steps) // FRAMES))

    def _stop(self) -> None:
        if self.playing:
            self._timer.stop()
            self.play_button.set_icon("mdi6.play")
            self.play_button.setAccessibleName(self.tr("Play the run from its beginning"))

    def _describe(self) -> None:
        self.setVisible(bool(self._steps))
        self.play_button.setEnabled(len(self._steps) > 1)
        self.slider.setEnabled(len(self._steps) > 1)
        self.latest_button.setChecked(self._following)
        if self._steps:
            shown = self._steps[min(self.slider.value(), len(self._steps) - 1)]
            whole = f"{max(self._whole, self._steps[-1]):,}"
            # As wide as its longest text, or the slider would move under the hand.
            self._label.set_widest(self.tr("step {0} of {1}").format(whole, whole))
            self._label.setText(self.tr("step {0} of {1}").format(f"{shown:,}", whole))
            self.slider.setAccessibleDescription(self._label.text())
        else:
            self._label.setText("")
