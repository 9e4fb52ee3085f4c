"""Icons drawn from the Material Design font that qtawesome brings along, pixel for pixel as qtawesome draws them.

Importing qtawesome takes longer than importing Qt: it goes through all of Qt's names, and at its first icon it reads
a dozen fonts. The window is painted with one font and without it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPixmap

PREFIX = "mdi6."
FONT = "materialdesignicons6-webfont-*.ttf"
NAMES = "materialdesignicons6-webfont-charmap-*.json"
_SHARE = 0.875
"""Height of a glyph in that of its icon: the rest is for what stands out of the line."""


def font_icon(name: str, colour: QColor, disabled: QColor, active: QColor | None = None) -> QIcon:
    """Return the icon `mdi6.…` in these colours, `active` being that under the mouse; `KeyError` if there is none."""
    if _file(FONT) is None or _file(NAMES) is None:
        return _by_qtawesome(name, colour, disabled, active)
    character = _characters()[name.removeprefix(PREFIX)]
    chosen = colour if active is None else active
    by_mode = {QIcon.Mode.Disabled: disabled, QIcon.Mode.Active: chosen, QIcon.Mode.Selected: chosen}
    return QIcon(_GlyphEngine(character, colour, by_mode))


def _by_qtawesome(name: str, colour: QColor, disabled: QColor, active: QColor | None) -> QIcon:
    """Return the icon from a qtawesome that keeps its fonts elsewhere."""
    import qtawesome  # a packager, too, learns from this that the fonts are needed

    icon: QIcon = qtawesome.icon(name, color=colour, color_disabled=disabled, color_active=active or colour)
    return icon


class _GlyphEngine(QIconEngine):
    """Draws one character of the font in whatever size is asked for."""

    def __init__(self, character: str, normal: QColor, by_mode: Mapping[QIcon.Mode, QColor]) -> None:
        super().__init__()
        self._character, self._normal, self._by_mode = character, normal, by_mode

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Draw the character into `rect`."""
        font = QFont(_family())
        font.setPixelSize(round(_SHARE * rect.height()))
        painter.save()
        painter.setFont(font)
        painter.setPen(self._by_mode.get(mode, self._normal))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._character)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Return the character on nothing; nothing for a button that has no room yet."""
        if size.isEmpty():
            return QPixmap()
        drawn = QPixmap(size)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return drawn


@cache
def _family() -> str:
    number = QFontDatabase.addApplicationFont(str(_file(FONT)))
    return QFontDatabase.applicationFontFamilies(number)[0]


@cache
def _characters() -> Mapping[str, str]:
    """Return the font's characters by the names of their icons."""
    codes = json.loads(Path(str(_file(NAMES))).read_bytes())
    return {name: chr(int(code, 16)) for name, code in codes.items()}


@cache
def _file(pattern: str) -> Path | None:
    """Return the file of qtawesome's that fits `pattern`, without importing qtawesome."""
    found = find_spec("qtawesome")
    folders = found.submodule_search_locations if found else None
    return next((file for folder in folders or () for file in Path(folder, "fonts").glob(pattern)), None)
