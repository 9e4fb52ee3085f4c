"""A flat button with an icon that follows the look."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import QToolButton, QWidget

from metagen_gui.gui.look.icon_font import font_icon
from metagen_gui.gui.look.theme import colours


def themed_icon(name: str, colour: str = "") -> QIcon:
    """Return an icon of the font in `colour`, by default the muted tone, in the colours of the present look."""
    look = colours()
    return font_icon(name, QColor(colour or look.muted), disabled=QColor(look.outline), active=QColor(look.text))


class IconButton(QToolButton):
    """A small flat tool button; `says` is its tooltip and its accessible name."""

    def __init__(self, icon: str, says: str, parent: QWidget | None = None, *, accent: bool = False) -> None:
        super().__init__(parent)
        self._icon = icon
        self._accent = accent
        self.setAutoRaise(True)
        self.setIconSize(QSize(16, 16))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(says)
        self.setAccessibleName(says)
        self._draw()

    def set_icon(self, name: str) -> None:
        """Show another icon."""
        self._icon = name
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        """Draw the icon anew when the look changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()

    def _draw(self) -> None:
        self.setIcon(themed_icon(self._icon, colours().link if self._accent else ""))
