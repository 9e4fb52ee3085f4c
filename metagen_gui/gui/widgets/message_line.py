"""One line that says what is wrong, beside the thing that is wrong."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.look.theme import colours
from metagen_gui.gui.widgets.icon_button import themed_icon
from metagen_gui.gui.widgets.plain_text import PlainLabel


class MessageLine(QWidget):
    """An icon and a sentence, of what is wrong or of what was done; hidden while there is nothing to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = PlainLabel(parent=self)
        self._icon.setFixedSize(QSize(14, 16))
        self._text = PlainLabel(parent=self)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._grave = True
        self._then: Callable[[], object] | None = None
        self.button = QPushButton(self)
        self.button.clicked.connect(self._do)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 5, 8, 5)
        row.setSpacing(6)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        self.say("")

    def text(self) -> str:
        """Return what is said, empty when nothing is."""
        return self._text.text()

    def say(self, why: str) -> None:
        """Show what is wrong; an empty text hides the line."""
        self._show(why, grave=True)
        self.setAccessibleName(self.tr("Problem: {0}").format(translated(why)) if why else "")

    def tell(self, what: str, *, offer: str = "", then: Callable[[], object] | None = None) -> None:
        """Show what a person should know; `offer` labels a button that calls `then`."""
        self._show(what, grave=False, offer=offer, then=then)
        self.setAccessibleName(translated(what))

    def _show(self, text: str, *, grave: bool, offer: str = "", then: Callable[[], object] | None = None) -> None:
        self._text.setText(translated(text))
        self._text.setProperty("tone", "error" if grave else "")
        self._text.style().polish(self._text)
        self._grave, self._then = grave, then
        self.button.setText(offer)
        self.button.setVisible(bool(offer))
        self._draw_icon()
        self.update()
        self.setVisible(bool(text))

    def _do(self) -> None:
        if self._then is not None:
            self._then()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lay a soft rounded ground under the sentence."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        ground = QColor(colours().error_fill if self._grave else colours().link)
        ground.setAlphaF(1 if self._grave else 0.1)
        painter.setBrush(ground)
        painter.drawRoundedRect(QRect(0, 0, self.width(), self.height()), 5, 5)

    def changeEvent(self, event: QEvent) -> None:
        """Draw the icon anew when the look changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_icon()

    def _draw_icon(self) -> None:
        look = ("mdi6.alert-circle", colours().error) if self._grave else ("mdi6.information", colours().link)
        icon = themed_icon(*look)
        self._icon.setPixmap(icon.pixmap(QSize(14, 14), self.devicePixelRatioF()))
