"""What the column shows when it has nothing to show: before the engine is there, and when a search finds nothing."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from metagen_gui.gui.look.theme import colours
from metagen_gui.gui.widgets.icon_button import IconButton
from metagen_gui.gui.widgets.plain_text import PlainLabel

# Title, picker, rows: the widths of label and editor as shares of the width.
_ROWS = ((0.34, 0.42), (0.46, 0.42), (0.28, 0.42), (0.4, 0.42))


class Skeleton(QWidget):
    """The outline of the forms to come, in a faint tone, with a sentence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = PlainLabel(self.tr("Preparing the engine…"))
        self.label.setProperty("tone", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.addWidget(self.label)
        column.addStretch(1)
        self.setAccessibleName(self.label.text())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw three sections without words, fading downwards."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        width, top = self.width() - 28.0, 48.0
        for opacity in (0.9, 0.55, 0.25):
            painter.setOpacity(opacity)
            painter.setBrush(QColor(colours().hover))
            painter.drawRoundedRect(QRectF(14, top, width * 0.28, 14), 4, 4)
            painter.drawRoundedRect(QRectF(14, top + 26, width, 26), 5, 5)
            painter.drawRoundedRect(QRectF(14, top + 62, width * 0.8, 9), 4, 4)
            top += 88
            for label, field in _ROWS:
                painter.drawRoundedRect(QRectF(14, top + 7, width * label, 10), 4, 4)
                painter.drawRoundedRect(QRectF(14 + width * 0.5, top, width * field, 24), 5, 5)
                top += 34
            top += 22


class NothingFound(QWidget):
    """Says that no setting matches a search, and offers to end it."""

    ended = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # An icon only: not a button to press.
        icon = IconButton("mdi6.magnify-remove-outline", "")
        icon.setIconSize(QSize(32, 32))
        icon.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        icon.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.label = PlainLabel()
        self.label.setWordWrap(True)
        self.label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.label.setProperty("tone", "muted")
        self.button = QPushButton(self.tr("Show all settings"))
        self.button.clicked.connect(self.ended)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 48, 14, 14)
        column.setSpacing(12)
        for part in (icon, self.button):
            column.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        column.insertWidget(1, self.label)
        column.addStretch(1)

    def show_text(self, text: str) -> None:
        """Say that `text` was not found."""
        self.label.setText(self.tr("No setting matches “{0}”.").format(text))
