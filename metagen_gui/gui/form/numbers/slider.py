"""A slider over a range of numbers, linear or logarithmic."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSlider, QWidget

from metagen_gui.gui.form.numbers.text import round_number
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

if TYPE_CHECKING:
    from metagen_gui.engine.settings.config import Setting

POSITIONS = 1000
WIDEST_LINEAR = 1000.0
DECADES = 7


@dataclass(frozen=True)
class Scale:
    """Places numbers of `[low, high]` on a line from 0 to 1.

    A log scale that begins at 0 shows `DECADES` decades below `high`; its left end is 0 itself.
    """

    low: float
    high: float
    log: bool

    @property
    def floor(self) -> float:
        """The smallest number above 0 that a log scale shows."""
        return self.low if self.low > 0 else self.high / 10**DECADES

    def place(self, value: float) -> float:
        """Return where `value` lies, 0 to 1."""
        value = min(max(value, self.low), self.high)
        if not self.log:
            return (value - self.low) / (self.high - self.low)
        if value <= self.floor:
            return 0.0
        return math.log(value / self.floor) / math.log(self.high / self.floor)

    def value(self, place: float) -> float:
        """Return the number at `place`, at three significant digits and inside the range."""
        if place <= 0:
            return self.low
        if place >= 1:
            return self.high
        exact = (
            self.floor * (self.high / self.floor) ** place if self.log else self.low + place * (self.high - self.low)
        )
        return min(max(round_number(exact, 3), self.low), self.high)


def scale_for(setting: Setting) -> Scale | None:
    """Return the scale of a number's slider, or None where a slider would be too coarse to be of use."""
    low, high = setting.low, setting.high
    if low is None or high is None or not low < high < math.inf:
        return None
    if setting.log:
        return Scale(low, high, log=True) if low >= 0 else None
    return Scale(low, high, log=False) if high - low <= WIDEST_LINEAR else None


class NumberSlider(QSlider):
    """A horizontal slider. `value_picked` tells of a person's moves only, `released` of the end of a drag."""

    value_picked = Signal(float)

    def __init__(self, scale: Scale, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._scale = scale
        self.setRange(0, POSITIONS)
        self.setPageStep(POSITIONS // 20)
        self.setFixedHeight(16)
        # The box above has the keyboard: two stops per number would make the form twice as long to walk through.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        guard_wheel(self)
        self.valueChanged.connect(self._tell)

    def show_value(self, value: float) -> None:
        """Move to `value` without telling anyone."""
        blocked = self.blockSignals(True)
        self.setValue(round(self._scale.place(value) * POSITIONS))
        self.blockSignals(blocked)

    def _tell(self, position: int) -> None:
        self.value_picked.emit(self._scale.value(position / POSITIONS))
