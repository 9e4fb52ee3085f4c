"""Which example a sample is nearest to: shown where the examples are, said in words, and never of what has gone."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from metagen_gui.gui.playground.hand import Hand
from metagen_gui.gui.playground.wall import Wall


class Nearest(QObject):
    """Follows the sample of the wall that is pointed at, and sets its example off in the hand."""

    said = Signal(str)
    """A sentence about it; "" when there is nothing to say any more."""

    def __init__(self, wall: Wall, hand: Hand) -> None:
        super().__init__(wall)
        self._wall, self._hand = wall, hand
        self._arm = ""
        self._said = False
        wall.pointed.connect(self._point)

    def look_again(self) -> None:
        """Samples or their moment have changed under the pointer, or there are none any more."""
        arm = self._wall.arms.get(self._arm)
        near = arm.nearest() if arm is not None else -1
        place = self._hand.point_at(near)
        if arm is None or place < 0:
            if self._said:
                self._said = False
                self.said.emit("")
            return
        self._said = True
        self.said.emit(self.tr("Sample {0} is nearest to example {1}").format(arm.pointed_at + 1, place + 1))

    def _point(self, arm: str) -> None:
        self._arm = arm
        self.look_again()
        self._wall.arms[arm].spoken.tell()
