"""A choice whose texts may be longer than its room: as wide as they are up to a limit, from there on elided."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPaintEvent, QPalette
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter, QToolTip

from metagen_gui.gui.widgets.plain_text import plain_tip
from metagen_gui.gui.widgets.wheel_guard import guard_wheel

MOST = 40
"""Characters of average width that a picker makes room for."""


class Picker(QComboBox):
    """What does not fit loses its middle, where names of runs and tasks differ least, and is told by the tooltip."""

    def __init__(self, least: int) -> None:
        """Make a picker that can be squeezed to `least` characters."""
        super().__init__()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._least = least
        guard_wheel(self)

    def sizeHint(self) -> QSize:
        """Return the room of the longest text, within limits."""
        asked = super().sizeHint()
        return QSize(min(max(asked.width(), self._wide(self._least)), self._wide(MOST)), asked.height())

    def minimumSizeHint(self) -> QSize:
        """Return the room of a few characters."""
        return QSize(self._wide(self._least), super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the box, and of its text what fits."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.setPen(self.palette().color(QPalette.ColorRole.Text))
        option.currentText = self._fitting(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def event(self, event: QEvent) -> bool:
        """Put the whole text before what the tooltip says, where it is not to be read in the box."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            option = QStyleOptionComboBox()
            self.initStyleOption(option)
            if self._fitting(option) != self.currentText():
                QToolTip.showText(event.globalPos(), plain_tip(f"{self.currentText()}\n{self.toolTip()}"), self)
                return True
        return super().event(event)

    def _fitting(self, option: QStyleOptionComboBox) -> str:
        part = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, self)
        return self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideMiddle, room.width() - 4)

    def _wide(self, characters: int) -> int:
        return self.fontMetrics().averageCharWidth() * characters + 40
