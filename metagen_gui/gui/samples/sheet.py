"""One picture of all tasks at one adaptation step: support, samples and query, with headings and a line of words."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter

from metagen_gui.engine.events import Snapshot
from metagen_gui.gui.look.theme import plot_colours
from metagen_gui.gui.samples.cell_picture import Content, Options, draw_cell
from metagen_gui.gui.samples.columns import ROW_GAP, Arrangement, arrange, heading_of, place_of
from metagen_gui.gui.samples.scrubber.figures import where

_LINE = 22
"""Pixels of a line of words."""


def sheet_size(snapshot: Snapshot, width: int) -> QSize:
    """Return the size of a sheet of this width."""
    return QSize(width, 2 * _LINE + _arrangement(snapshot, snapshot.steps[-1], width).pitch * len(snapshot.names))


def draw_sheet(snapshot: Snapshot, step: int, size: QSize, options: Options) -> QImage:
    """Return the samples of all tasks after `step` adaptation steps, or those nearest to it that are shown."""
    look, arrangement = plot_colours(), _arrangement(snapshot, step, size.width())
    picture = QImage(size, QImage.Format.Format_RGB32)
    picture.fill(look.background)
    painter = QPainter(picture)
    font = QGuiApplication.font()
    font.setPixelSize(13)
    painter.setFont(font)
    painter.setPen(look.foreground)
    middle = Qt.AlignmentFlag.AlignCenter
    painter.drawText(QRect(0, 0, size.width(), _LINE), middle, where(snapshot.meta_step, step))
    painter.setPen(look.muted)
    cell = QSize(*arrangement.cell)
    for left, column in zip(arrangement.lefts, arrangement.columns, strict=True):
        painter.drawText(QRect(left - 8, _LINE, cell.width() + 16, _LINE), middle, heading_of(snapshot, column))
        for task in range(len(snapshot.names)):
            top = 2 * _LINE + task * arrangement.pitch
            drawn = draw_cell(Content(snapshot, task, column), cell, arrangement.across, arrangement.down, 1.0, options)
            painter.drawImage(QPoint(left, top + ROW_GAP // 2), drawn)
    painter.setPen(QColor(look.grid))
    for task in range(1, len(snapshot.names)):
        y = 2 * _LINE + task * arrangement.pitch
        painter.drawLine(8, y, size.width() - 8, y)
    painter.end()
    return picture


def _arrangement(snapshot: Snapshot, step: int, width: int) -> Arrangement:
    return arrange(snapshot, width, width, place_of(snapshot, step))  # about square, if rows can be so small
