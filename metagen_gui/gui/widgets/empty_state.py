"""What a panel shows before there is anything to show: a faint sketch of what will come, and one sentence."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from metagen_gui.gui.look.theme import PlotColours, plot_colours, theme_changes
from metagen_gui.gui.widgets.elided_label import ElidedLabel

Sketch = Callable[[QPainter, QRectF, PlotColours], None]


class EmptyState(QWidget):
    """A sentence over a sketch. `sketch` paints into the rectangle it is given, in the present colours."""

    def __init__(self, text: str, sketch: Sketch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sketch = sketch
        self._label = ElidedLabel(text, self)
        self._label.setWordWrap(True)
        self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._label.setProperty("tone", "muted")
        self._label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        layout = QVBoxLayout(self)
        layout.addStretch(3)
        layout.addWidget(self._label)
        layout.addStretch(1)
        theme_changes().changed.connect(self.update)

    @property
    def text(self) -> str:
        """The sentence."""
        return self._label.text()

    def set_text(self, text: str) -> None:
        """Say something else."""
        self._label.setText(text)
        self._label.setAccessibleName(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the sketch above the sentence, on the plots' own ground."""
        look = plot_colours()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(look.background))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = QRectF(self.rect()).adjusted(16, 16, -16, 0)
        room.setBottom(self._label.geometry().top() - 12)
        if room.height() >= 40:
            self._sketch(painter, room, look)
        painter.end()
