"""One line that says what is wrong, beside the thing that is wrong."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from metagen_gui.gui.look.theme import colours
from metagen_gui.gui.widgets.icon_button import themed_icon
from metagen_gui.gui.widgets.plain_text import PlainLabel


class MessageLine(QWidget):
    """An icon and a sentence in the colour of errors; hidden while there is nothing to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = PlainLabel(parent=self)
        self._icon.setFixedSize(QSize(14, 16))
        self._text = PlainLabel(parent=self)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setProperty("tone", "error")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 5, 8, 5)
        row.setSpacing(6)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        self._draw_icon()
        self.hide()

    def text(self) -> str:
        """Return what is said, empty when nothing is."""
        return self._text.text()

    def say(self, why: str) -> None:
        """Show `why`; an empty text hides the line."""
        self._text.setText(why)
        self.setAccessibleName(self.tr("Problem: {0}").format(why) if why else "")
        self.setVisible(bool(why))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lay a soft rounded ground under the sentence."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours().error_fill))
        painter.drawRoundedRect(QRect(0, 0, self.width(), self.height()), 5, 5)

    def changeEvent(self, event: QEvent) -> None:
        """Draw the icon anew when the look changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_icon()

    def _draw_icon(self) -> None:
        icon = themed_icon("mdi6.alert-circle", colours().error)
        self._icon.setPixmap(icon.pixmap(QSize(14, 14), self.devicePixelRatioF()))
