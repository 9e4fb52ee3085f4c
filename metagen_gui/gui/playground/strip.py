"""The examples side by side, as the model sees them: chosen, added and removed here."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QPixmap
from PySide6.QtWidgets import QListView, QListWidget, QListWidgetItem, QWidget

from metagen_gui.engine.data.spec import Array, DataSpec
from metagen_gui.gui.look.theme import theme_changes
from metagen_gui.gui.samples.cell_picture import image_tones
from metagen_gui.gui.samples.image_mosaic import Frame, draw_mosaic

SIDE = 44
"""Logical pixels of a thumbnail."""


class Strip(QListWidget):
    """A row of thumbnails; Delete removes the one that is chosen."""

    picked = Signal(int)
    removed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Examples"))
        self.setToolTip(self.tr("Your examples as the model sees them; Delete removes the one that is chosen"))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setMovement(QListView.Movement.Static)
        self.setWrapping(False)
        self.setIconSize(QSize(SIDE, SIDE))
        self.setSpacing(1)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedHeight(SIDE + 24 + self.horizontalScrollBar().sizeHint().height())
        self._seen: list[Array | None] = []
        self.currentRowChanged.connect(self._pick)
        theme_changes().changed.connect(self._draw_again)

    def show_examples(self, seen: Sequence[Array | None], chosen: int, spec: DataSpec) -> None:
        """Show what the model sees of every example, None of one that is blank; the same picture is not drawn again."""
        self.blockSignals(True)
        while self.count() > len(seen):
            self.takeItem(self.count() - 1)
        while self.count() < len(seen):
            self.addItem(QListWidgetItem())
        for place, example in enumerate(seen):
            if place >= len(self._seen) or self._seen[place] is not example or not self.item(place).text():
                self._draw(place, example, spec)
        self._seen, self._spec = list(seen), spec
        self.setCurrentRow(chosen)
        self.blockSignals(False)

    def point_at(self, place: int) -> None:
        """Set one example off from the others, none with -1: the one nearest to a sample."""
        for row in range(self.count()):
            font = self.item(row).font()
            font.setBold(row == place)
            self.item(row).setFont(font)
            self.item(row).setText(f"● {row + 1}" if row == place else str(row + 1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Remove the chosen example by Delete."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.currentRow() >= 0:
            self.removed.emit(self.currentRow())
        else:
            super().keyPressEvent(event)

    def _pick(self, row: int) -> None:
        if row >= 0:
            self.picked.emit(row)

    def _draw(self, place: int, example: Array | None, spec: DataSpec) -> None:
        item = self.item(place)
        item.setText(str(place + 1))
        item.setData(Qt.ItemDataRole.AccessibleTextRole, self.tr("Example {0}").format(place + 1))
        item.setIcon(QIcon(thumbnail(example, spec, SIDE, self.devicePixelRatioF())))

    def _draw_again(self) -> None:
        for place, example in enumerate(self._seen):
            self._draw(place, example, self._spec)


def thumbnail(example: Array | None, spec: DataSpec, side: int, ratio: float) -> QPixmap:
    """Return what a model sees of a picture, `side` logical pixels large; paper where there is none."""
    tones, pixels = image_tones(inverted=False), int(side * ratio)
    if example is None:
        picture = QPixmap(pixels, pixels)
        picture.fill(tones.paper)
    else:
        frame = Frame(1, 1, (pixels, pixels), gap=0)
        picture = QPixmap.fromImage(draw_mosaic(spec.to_show(example[None]), frame, tones))
    picture.setDevicePixelRatio(ratio)
    return picture
