"""One cell of the adaptation view: a button that shows samples and enlarges them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPainter, QPaintEvent, QPalette, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from metagen_gui.gui.samples.cell_picture import Content, Options, draw_cell


class SampleCell(QAbstractButton):
    """Shows `content`; Return, Space or a click emit `clicked`. The picture is drawn when it is first seen."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._content: Content | None = None
        self._options = Options()
        self._grid = (1, 1)
        self._picture: QImage | None = None
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    @property
    def content(self) -> Content | None:
        """What the cell shows."""
        return self._content

    def show_content(self, content: Content, options: Options, across: int, down: int) -> None:
        """Show `content` as `across` × `down` thumbnails; what looks the same as before is not drawn again."""
        known = self._content is not None and content.looks_like(self._content)
        same = known and (options, (across, down)) == (self._options, self._grid)
        self._content, self._options, self._grid = content, options, (across, down)
        if not same:
            self.forget_picture()

    def forget_picture(self) -> None:
        """Draw the picture anew when it is next seen."""
        self._picture = None
        self.update()

    def sizeHint(self) -> QSize:
        """The size the grid gave it."""
        return self.size()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enlarge at Return too; leave the arrows to the grid."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture, and a frame where the mouse or the focus is."""
        if self._content is None:
            return
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = draw_cell(self._content, self.size(), *self._grid, ratio, self._options)
        painter = QPainter(self)
        painter.drawImage(0, 0, self._picture)
        if self.hasFocus() or self.underMouse():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            colour = QColor(self.palette().color(QPalette.ColorRole.Highlight))
            painter.setPen(QPen(colour, 2 if self.hasFocus() else 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 2, 2)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        """Take on the colours of a new look at once."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.forget_picture()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw the picture for the new size."""
        self._picture = None
