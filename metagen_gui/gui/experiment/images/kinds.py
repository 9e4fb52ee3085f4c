"""Each kind of image that was met: how many, one as it is, and the same as a model is given it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from metagen_gui.gui.look.theme import colours, theme_changes
from metagen_gui.gui.samples.image_mosaic import Frame, Tones, draw_mosaic
from metagen_gui.gui.widgets.elided_label import ElidedLabel
from metagen_gui.gui.widgets.plain_text import PlainLabel, plain_tip

if TYPE_CHECKING:
    from metagen_gui.engine.data.image_files.report import KindRead

Pixels = npt.NDArray[np.uint8]
SIDE = 96
"""Logical pixels of a thumbnail."""
CHECK = 8
"""Side of the squares that show through where a picture is transparent."""


class ImportKinds(QScrollArea):
    """Rows of two pictures and a text each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("import_kinds")
        self.setAccessibleName(self.tr("How the images were read"))
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._kinds: Sequence[KindRead] = ()
        theme_changes().changed.connect(self._show)

    def show_kinds(self, kinds: Sequence[KindRead]) -> None:
        """Show other kinds."""
        self._kinds = kinds
        self._show()

    def _show(self) -> None:
        page = QWidget()
        grid = QGridLayout(page)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(10)
        grid.setColumnStretch(2, 1)
        for column, title in enumerate((self.tr("As it is"), self.tr("As it is read"))):
            label = PlainLabel(title, page)
            label.setProperty("tone", "muted")
            grid.addWidget(label, 0, column)
        for row, kind in enumerate(self._kinds, start=1):
            before, after = picture_before(kind.before, self._ratio()), picture_after(kind.after, self._ratio())
            grid.addWidget(self._thumbnail(before, self.tr("{name} as it is").format(name=kind.name)), row, 0)
            grid.addWidget(self._thumbnail(after, self.tr("{name} as it is read").format(name=kind.name)), row, 1)
            grid.addWidget(self._words(kind), row, 2)
        grid.setRowStretch(len(self._kinds) + 1, 1)
        self.setWidget(page)  # the one before is deleted

    def _ratio(self) -> float:
        return self.devicePixelRatioF()

    def _thumbnail(self, picture: QImage, says: str) -> QLabel:
        label = PlainLabel()
        pixels = QPixmap.fromImage(picture)
        pixels.setDevicePixelRatio(self._ratio())
        label.setPixmap(pixels)
        label.setFixedSize(QSize(SIDE, SIDE))
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setAccessibleName(says)
        label.setToolTip(plain_tip(says))
        return label

    def _words(self, kind: KindRead) -> QWidget:
        box = QWidget()
        title, example = PlainLabel(str(kind.kind), box), ElidedLabel(self.tr("such as {0}").format(kind.name), box)
        title.setWordWrap(True)
        bold = title.font()
        bold.setBold(True)
        title.setFont(bold)
        one = kind.count == 1
        count = PlainLabel(self.tr("1 image") if one else self.tr("{0} images").format(f"{kind.count:,}"), box)
        example.setToolTip(plain_tip(kind.name))
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addStretch(1)
        for label in (title, count, example):
            column.addWidget(label)
        count.setProperty("tone", "muted")
        example.setProperty("tone", "muted")
        column.addStretch(1)
        return box


def picture_before(pixels: Pixels, ratio: float) -> QImage:
    """Return `(height, width, 4)` as large as it fits, on squares where it is transparent."""
    height, width = pixels.shape[:2]
    side = round(SIDE * ratio)
    data = np.ascontiguousarray(pixels)
    whole = QImage(data.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
    small = max(width, height) < side // 2  # few pixels are shown as squares, many are smoothed
    how = Qt.TransformationMode.FastTransformation if small else Qt.TransformationMode.SmoothTransformation
    fitted = whole.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, how)
    ground = _squares(fitted.size(), round(CHECK * ratio))
    painter = QPainter(ground)
    painter.drawImage(0, 0, fitted)
    painter.end()
    return ground


def picture_after(pixels: Pixels, ratio: float) -> QImage:
    """Return `(channels, height, width)` as numbers, 0 black, 1 white: what is read inverted looks so."""
    side = round(SIDE * ratio)
    return draw_mosaic(pixels[None], Frame(1, 1, (side, side), gap=0), Tones("#000000", "#ffffff"))


def _squares(size: QSize, check: int) -> QImage:
    picture = QImage(size, QImage.Format.Format_RGB32)
    picture.fill(QColor("#ffffff"))
    painter = QPainter(picture)
    gray = QColor("#c9ccd2" if not colours().dark else "#9a9fa8")
    for top in range(0, size.height(), check):
        for left in range(check * (top // check % 2), size.width(), 2 * check):
            painter.fillRect(left, top, check, check, gray)
    painter.end()
    return picture
