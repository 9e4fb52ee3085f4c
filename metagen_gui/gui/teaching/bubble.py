"""What a tour shows: a few sentences with Back, Next and Skip, and a ring around what they are about."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from metagen_gui.gui.look.theme import colours
from metagen_gui.gui.widgets.plain_text import PlainLabel

GAP, LETTERS = 10, 46
"""Pixels between a bubble and what it is about; average letters of its lines."""


class Ring(QWidget):
    """A frame around a part of the window, through which the mouse goes."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frame."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours().link), 3))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5), 6, 6)
        painter.end()


class _Button(QPushButton):
    """A button that leaves the arrows to the bubble."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take all keys but those."""
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            event.ignore()
        else:
            super().keyPressEvent(event)


class Bubble(QFrame):
    """Keeps the keyboard to its three buttons; Return presses one, the arrows go back and on, Esc ends."""

    moved = Signal(int)
    """A person goes on (1) or back (-1)."""
    ended = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.room = parent
        self.setObjectName("tour_bubble")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.title, self.text, self.place = PlainLabel(), PlainLabel(), PlainLabel()
        bold = self.title.font()
        bold.setBold(True)
        self.title.setFont(bold)
        self.text.setWordWrap(True)
        self.place.setProperty("tone", "muted")
        self.back = _Button(self.tr("&Back"))
        self.next = _Button()
        self.skip = _Button(self.tr("&Skip"))
        self.buttons = [self.next, self.back, self.skip]
        for button, name in zip(self.buttons, ("next", "back", "skip"), strict=True):
            button.setObjectName(f"tour_{name}")
        self.next.clicked.connect(self._go_on)
        self.back.clicked.connect(self._go_back)
        self.skip.clicked.connect(self.ended)
        row = QHBoxLayout()
        row.addWidget(self.place, 1)
        for button in (self.skip, self.back, self.next):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 12)
        column.setSpacing(8)
        column.addWidget(self.title)
        column.addWidget(self.text)
        column.addLayout(row)
        self.hide()

    def say(self, title: str, text: str, number: int, of: int) -> None:
        """Show stop `number` of a tour, from 1; the first has nothing to go back to, the last ends it."""
        self.title.setText(title)
        self.text.setText(text)
        self.place.setText(self.tr("{0} of {1}").format(number, of))
        self.back.setEnabled(number > 1)
        self.skip.setVisible(number < of)
        self.next.setText(self.tr("&Next") if number < of else self.tr("&Done"))
        self.setAccessibleName(f"{title}. {text}")
        self.next.setAccessibleDescription(f"{title}. {text}")
        self.text.setFixedWidth(self.fontMetrics().averageCharWidth() * LETTERS)
        self.text.setMinimumHeight(self.text.heightForWidth(self.text.width()))
        self.adjustSize()

    def stand_beside(self, about: QRect) -> None:
        """Move to where there is room beside `about`, a part of the window; into it if there is none around it."""
        room, size = self.room.rect().adjusted(GAP, GAP, -GAP, -GAP), self.size()
        left, top = about.left(), about.top()
        corners = (
            QPoint(about.right() + GAP, top),
            QPoint(left - size.width() - GAP, top),
            QPoint(left, about.bottom() + GAP),
            QPoint(left, top - size.height() - GAP),
            QPoint(about.center().x() - size.width() // 2, about.bottom() - size.height() - 3 * GAP),
        )
        inside = [_pushed(QRect(corner, size), room) for corner in corners]
        free = [place for place in inside if not place.intersects(about)]
        self.move((free or inside[-1:])[0].topLeft())

    def focusNextPrevChild(self, following: bool) -> bool:
        """Lead Tab around the buttons."""
        stops = [button for button in self.buttons if button.isEnabled() and button.isVisible()]
        at = next((place for place, button in enumerate(stops) if button.hasFocus()), -1 if following else 0)
        stops[(at + (1 if following else -1)) % len(stops)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go on, go back, end, or press the button that has the focus."""
        match event.key():
            case Qt.Key.Key_Escape:
                self.ended.emit()
            case Qt.Key.Key_Right:
                self.next.click()
            case Qt.Key.Key_Left:
                self.back.click()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                focused = QApplication.focusWidget()
                (focused if isinstance(focused, QPushButton) else self.next).click()
            case _:
                super().keyPressEvent(event)

    def _go_on(self) -> None:
        self.moved.emit(1)

    def _go_back(self) -> None:
        self.moved.emit(-1)


def _pushed(place: QRect, room: QRect) -> QRect:
    """Return a place pushed into `room`."""
    left = max(room.left(), min(place.left(), room.right() - place.width() + 1))
    top = max(room.top(), min(place.top(), room.bottom() - place.height() + 1))
    return QRect(QPoint(left, top), place.size())
