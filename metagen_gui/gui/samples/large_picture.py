"""The contents of one cell as large as a room allows: on the screen, saved, and frame by frame in an animation."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QSize
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from metagen_gui.gui.look.theme import plot_colours, theme_changes
from metagen_gui.gui.samples.cell_picture import Content, Options, draw_cell
from metagen_gui.gui.samples.columns import shows_curves, shows_points
from metagen_gui.gui.samples.curve_plot import draw_curve_plot


class LargePicture(QWidget):
    """Draws its content as large as it is itself; curves in a plot with `axes`, or as in a cell."""

    def __init__(self, *, axes: bool = True) -> None:
        super().__init__()
        self._axes = axes
        self.content: Content | None = None
        self.options = Options()
        self.setMinimumSize(160, 160)
        self.setAccessibleName(QCoreApplication.translate("EnlargedView", "Samples"))
        theme_changes().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the samples in the middle of the ground."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(plot_colours().background))
        if self.content is not None:
            room, ratio = self.size() - QSize(16, 16), self.devicePixelRatioF()
            picture = large_picture(self.content, room, ratio, self.options, axes=self._axes)
            size = picture.deviceIndependentSize().toSize()
            painter.drawImage((self.width() - size.width()) // 2, (self.height() - size.height()) // 2, picture)
        painter.end()


def large_picture(content: Content, room: QSize, ratio: float, options: Options, *, axes: bool = True) -> QImage:
    """Return `content` at its largest in `room` on a screen with `ratio` device pixels to each logical one.

    Curves are drawn with those of all steps in a plot with `axes`, or alone as in a cell.
    """
    if axes and shows_curves(content.snapshot):
        return draw_curve_plot(content.snapshot, content.task, content.column, room, ratio)
    size, across, down = fitted(content, room)
    return draw_cell(content, size, across, down, ratio, options)


def fitted(content: Content, room: QSize) -> tuple[QSize, int, int]:
    """Return the size, and the thumbnails across and down, of `content` at its largest in `room`."""
    if shows_points(content.snapshot):
        side = min(room.width(), room.height())
        return QSize(side, side), 1, 1
    examples = content.examples
    rows, columns = examples.shape[-2:]
    across = best_across(len(examples), room, rows / columns)
    down = -(-max(1, len(examples)) // across)
    slot = max(8, min(room.width() // across, int(room.height() / down * columns / rows)))
    return QSize(slot * across, int(slot * rows / columns) * down), across, down


def best_across(count: int, size: QSize, aspect: float) -> int:
    """Return how many of `count` pictures (height = aspect × width) to put in a row so that they are largest."""

    def side(across: int) -> float:
        return min(size.width() / across, size.height() / (-(-count // across) * aspect))

    return max(range(1, max(1, count) + 1), key=side)
