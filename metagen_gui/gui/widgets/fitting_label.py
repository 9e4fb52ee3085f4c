"""A label of several remarks that leaves out the last ones where there is no room for them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from metagen_gui.gui.widgets.plain_text import PlainLabel, plain_tip

SEPARATOR = " · "


class FittingLabel(PlainLabel):
    """Shows as many of the remarks as fit, in order; the tooltip has them all. The first one ends in … if it must."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._full = ""

    @property
    def full_text(self) -> str:
        """What was set, whether or not there is room for it."""
        return self._full

    def set_full_text(self, text: str) -> None:
        """Show `text`, remarks joined by `SEPARATOR`."""
        if text != self._full:
            self._full = text
            self.setToolTip(plain_tip(text))
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the text anew."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Fit the text anew: the presenting form has larger type."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def minimumSizeHint(self) -> QSize:
        """Return no width: any width will do, and a long text never widens the window."""
        return QSize(0, super().minimumSizeHint().height())

    def _fit(self) -> None:
        remarks = self._full.split(SEPARATOR)
        metrics, room = self.fontMetrics(), self.contentsRect().width()
        while len(remarks) > 1 and metrics.horizontalAdvance(SEPARATOR.join(remarks)) > room:
            remarks.pop()
        self.setText(metrics.elidedText(SEPARATOR.join(remarks), Qt.TextElideMode.ElideRight, room))
