"""A label whose width is that of the widest text it will hold: nothing beside it moves when the text changes."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from metagen_gui.gui.widgets.plain_text import PlainLabel


class SteadyLabel(PlainLabel):
    """Reserves room for `widest` in whatever font it has; a longer text still gets its own."""

    def __init__(self, widest: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._widest = widest

    def set_widest(self, widest: str) -> None:
        """Reserve room for another text."""
        if widest != self._widest:
            self._widest = widest
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Return room for the widest text."""
        return self._roomy(super().sizeHint())

    def minimumSizeHint(self) -> QSize:
        """Return the same: the text is never clipped."""
        return self._roomy(super().minimumSizeHint())

    def _roomy(self, hint: QSize) -> QSize:
        self.ensurePolished()
        return hint.expandedTo(QSize(self.fontMetrics().horizontalAdvance(self._widest) + 2, 0))
