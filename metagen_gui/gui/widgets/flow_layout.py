"""A layout that puts widgets side by side, and into a further line what no longer fits."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """Like words in a paragraph, `gap` pixels apart, and lines `leading` pixels."""

    def __init__(self, parent: QWidget, gap: int, leading: int = 0) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._gap, self._leading = gap, leading
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        """Take an item; called by `addWidget`."""
        self._items.append(item)

    def count(self) -> int:
        """Return the number of items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Return an item, None where there is none, as Qt asks for."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Give up an item."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """Say that more width is of use."""
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:
        """Say that a narrow layout is higher."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of all lines."""
        return max((place.bottom() + 1 for place in self._places(width)), default=0)

    def sizeHint(self) -> QSize:
        """Return the same as `minimumSize`."""
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        """Return the room of the largest item: each may have a line to itself."""
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def setGeometry(self, rect: QRect) -> None:
        """Put every item into its place."""
        super().setGeometry(rect)
        for item, place in zip(self._items, self._places(rect.width()), strict=True):
            item.setGeometry(place.translated(rect.topLeft()))

    def _places(self, width: int) -> list[QRect]:
        """Return where the items lie in a rectangle of this width, from its top left corner."""
        places: list[QRect] = []
        x = y = line = 0
        for item in self._items:
            size = item.sizeHint()
            # one that is wider than a whole line is cut at its end rather than beyond it
            size.setWidth(max(min(size.width(), width), item.minimumSize().width()))
            if x and x + size.width() > width:
                x, y, line = 0, y + line + self._leading, 0
            places.append(QRect(QPoint(x, y), size))
            if item.isEmpty():  # hidden: leaves no gap either
                continue
            x += size.width() + self._gap
            line = max(line, size.height())
        return places
