"""The list of formats, and what there is to say of the one that is chosen: what it is for, or why it cannot be had."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from metagen_gui.engine.languages.spoken import translated
from metagen_gui.gui.widgets.plain_text import PlainLabel, plain_tip

if TYPE_CHECKING:
    from metagen_gui.engine.exports.offers import Offer

WIDTH, LINES = (18, 22), 6
"""Letters that fit into a line of the list, at least and at most; and lines that are seen without scrolling."""


class FormatList(QWidget):
    """All formats; those that cannot be had are there too, in italics, and say why when they are chosen."""

    chosen = Signal(object)
    """The `Offer`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._offers: Sequence[Offer] = ()
        label = PlainLabel(self.tr("&Format"), self)
        self.list = QListWidget(self)
        self.list.setObjectName("export_formats")
        self.list.setAccessibleName(self.tr("Format"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setWordWrap(True)
        self.list.setMinimumHeight(LINES * self.fontMetrics().lineSpacing())
        self.list.currentRowChanged.connect(self._tell)
        label.setBuddy(self.list)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(label)
        column.addWidget(self.list, 1)

    def offer(self) -> Offer | None:
        """Return what is chosen."""
        row = self.list.currentRow()
        return self._offers[row] if 0 <= row < len(self._offers) else None

    def show_offers(self, offers: Sequence[Offer]) -> None:
        """Offer formats, the one that was chosen before still chosen."""
        before = self.offer()
        blocked = self.list.blockSignals(True)
        self._offers = offers
        self.list.clear()
        for each in offers:
            title = translated(each.title)
            item = QListWidgetItem(self.tr("{0} (not here)").format(title) if each.why_not else title)
            font = item.font()
            font.setItalic(bool(each.why_not))
            item.setFont(font)
            item.setToolTip(plain_tip(translated(each.why_not or each.summary)))
            item.setData(Qt.ItemDataRole.UserRole, each.name)
            self.list.addItem(item)
        least, most = (letters * self.fontMetrics().averageCharWidth() for letters in WIDTH)
        self.list.setMinimumWidth(min(max(self.list.sizeHintForColumn(0) + 2 * self.list.frameWidth(), least), most))
        names = [each.name for each in offers]
        self.list.setCurrentRow(names.index(before.name) if before and before.name in names else 0)
        self.list.blockSignals(blocked)
        if self.offer() != before:  # what was said meanwhile of an export stays
            self._tell()

    def choose(self, name: str) -> None:
        """Choose a format by its name."""
        self.list.setCurrentRow([each.name for each in self._offers].index(name))

    def _tell(self, row: int = 0) -> None:
        if offer := self.offer():
            self.chosen.emit(offer)
