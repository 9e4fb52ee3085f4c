"""A label that ends in … where its text does not fit; however long the text, it asks for next to no room."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QResizeEvent, QTextLayout
from PySide6.QtWidgets import QWidget

from metagen_gui.gui.widgets.plain_text import PlainLabel


class ElidedLabel(PlainLabel):
    """Shows one line, or with `setWordWrap(True)` as many as there is room for; `text()` is always the whole text."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._whole = text

    def text(self) -> str:
        """Return the whole text, whether or not there is room for it."""
        return self._whole

    def setText(self, text: str) -> None:
        """Show another text, or as much of it as fits."""
        self._whole = text
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

    def sizeHint(self) -> QSize:
        """Return room for the whole text at the present width, if it is wrapped."""
        if not self.wordWrap():
            return super().sizeHint()
        return QSize(self.width(), self._bounds(self._whole).height())

    def minimumSizeHint(self) -> QSize:
        """Return room for the dots."""
        return self._bounds("…").size()

    def _bounds(self, text: str) -> QRect:
        flags = int(self.alignment()) | int(Qt.TextFlag.TextWordWrap)
        return self.fontMetrics().boundingRect(QRect(0, 0, self.width(), self.height()), flags, text)

    def _fit(self) -> None:
        lines = self._lines() if self.wordWrap() else [self._whole]
        last = max(0, self.height() // self.fontMetrics().height() - 1) if self.wordWrap() else 0
        end = self.fontMetrics().elidedText("".join(lines[last:]), Qt.TextElideMode.ElideRight, self.width() - 2)
        super().setText("".join([*lines[:last], end]))

    def _lines(self) -> list[str]:
        """Return the text in the lines that it is wrapped into."""
        layout = QTextLayout(self._whole, self.font())
        layout.beginLayout()
        lines = []
        while (line := layout.createLine()).isValid():
            line.setLineWidth(self.width())
            lines.append(self._whole[line.textStart() : line.textStart() + line.textLength()])
        layout.endLayout()
        return lines
