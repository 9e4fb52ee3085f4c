"""A part of the column that folds away under its title."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from metagen_gui.gui.widgets.icon_button import IconButton
from metagen_gui.gui.widgets.message_line import MessageLine
from metagen_gui.gui.widgets.plain_text import PlainLabel


class SectionHeader(QWidget):
    """The title with its arrow; a click anywhere on it folds."""

    clicked = Signal()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Fold or unfold."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()


class FormSection(QWidget):
    """A title, how many settings were changed, a line for what is wrong with the whole, and the content."""

    toggled = Signal(bool)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._open = True
        self._forced = False
        self.arrow = IconButton("mdi6.chevron-down", "")
        self.arrow.setFixedSize(QSize(22, 22))
        self.title = PlainLabel(title)
        bold = self.title.font()
        bold.setBold(True)
        bold.setPointSizeF(bold.pointSizeF() * 1.08)
        self.title.setFont(bold)
        self.note = PlainLabel()
        self.note.setProperty("tone", "muted")
        self.message = MessageLine()
        self.content = QWidget()
        self.body = QVBoxLayout(self.content)
        self.body.setContentsMargins(6, 2, 0, 12)
        self.body.setSpacing(8)
        self.header = SectionHeader()
        self.header.setCursor(Qt.CursorShape.PointingHandCursor)
        row = QHBoxLayout(self.header)
        row.setContentsMargins(0, 6, 0, 4)
        row.setSpacing(4)
        row.addWidget(self.arrow)
        row.addWidget(self.title, 1)
        row.addWidget(self.note)
        rule = QFrame()
        rule.setObjectName("rule")
        rule.setFixedHeight(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for part in (self.header, self.message, self.content, rule):
            column.addWidget(part)
        self.arrow.clicked.connect(self.toggle)
        self.header.clicked.connect(self.toggle)
        self._show()

    def is_open(self) -> bool:
        """Return whether the content is in sight."""
        return self._open or self._forced

    def set_open(self, unfolded: bool) -> None:
        """Unfold or fold."""
        if unfolded != self._open:
            self._open = unfolded
            self._show()
            self.toggled.emit(unfolded)

    def force_open(self, forced: bool) -> None:
        """Keep unfolded for a while, as during a search, without forgetting how it was left."""
        self._forced = forced
        self._show()

    def toggle(self) -> None:
        """Unfold if folded, fold if not."""
        self.set_open(not self._open)

    def show_changed(self, count: int) -> None:
        """Say how many settings are not at their default."""
        self.note.setText(self.tr("{0} changed").format(count) if count else "")

    def _show(self) -> None:
        self.content.setVisible(self.is_open())
        self.arrow.set_icon("mdi6.chevron-down" if self.is_open() else "mdi6.chevron-right")
        says = (self.tr("Fold {0}") if self.is_open() else self.tr("Unfold {0}")).format(self._title)
        self.arrow.setToolTip(says)
        self.arrow.setAccessibleName(says)
