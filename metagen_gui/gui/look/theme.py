"""The look of the program: light and dark palettes on Fusion, following the system or chosen.

Whoever paints by hand asks `colours()` or `plot_colours()` and repaints on `theme_changes().changed`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QApplication, QStyleFactory

from metagen_gui.gui.look.palettes import DARK, LIGHT, OUTLINED, Colours, outlined_palette, palette

ThemeChoice = Literal["system", "light", "dark"]

# What a palette cannot say: the tone of a label, the edge of a tooltip, slim scroll bars, the rule under a section.
_STYLE = """
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {outline}; border-radius: 3px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 32px; }}
QScrollBar::handle:horizontal {{ min-width: 32px; }}
QScrollBar::handle:hover {{ background: {disabled}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QToolButton::menu-indicator {{ subcontrol-origin: padding; subcontrol-position: center right; right: 2px; }}
QToolTip {{ color: {text}; background: {tooltip}; border: 1px solid {outline}; padding: 5px; }}
QFrame#tour_bubble, QFrame#explanation {{ background: {tooltip}; border: 1px solid {outline}; }}
QFrame#rule {{ background: {grid}; border: none; }}
QLabel[tone="live"] {{ color: {link}; border: 1px solid {link}; border-radius: 6px; padding: 0 4px 1px 4px; }}
QLabel[tone="muted"] {{ color: {muted}; }}
QLabel[tone="muted"]:disabled {{ color: {disabled}; }}
QLabel[tone="error"] {{ color: {error}; }}
QLabel[tone="warning"] {{ color: {warning}; }}
QLabel[tone="good"] {{ color: {good}; }}
"""

STILL_PACE = 600
"""Milliseconds in which an eye comes to rest."""


@dataclass(frozen=True)
class PlotColours:
    """Colours for plots and for painting by hand; `series` is distinct for every kind of colour vision."""

    background: QColor
    foreground: QColor
    grid: QColor
    muted: QColor
    series: tuple[QColor, ...]


class ThemeChanges(QObject):
    """Tells of changes of the look."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.choice: ThemeChoice = "system"
        self.colours = LIGHT
        self.styled = False
        self.type_size = 100
        """Of all type, in percent of the desktop's own."""
        self.own_points = 0.0
        """Of the desktop's own type, 0 until it was asked for."""
        self.still = False
        """Whether what is played goes in steps that an eye can rest on, and nothing slides."""

    def follow_system(self) -> None:
        """Take over the system's light or dark, if that is what was chosen."""
        if self.choice == "system":
            _wear(self, _system_colours())


_changes: ThemeChanges | None = None


def theme_changes() -> ThemeChanges:
    """Return the one object whose signal `changed` says that the look has changed."""
    global _changes
    if _changes is None:
        _changes = ThemeChanges()
    return _changes


def colours() -> Colours:
    """Return the colours of the present look."""
    return theme_changes().colours


def plot_colours() -> PlotColours:
    """Return the present look's colours for plots."""
    look = colours()
    return PlotColours(
        background=QColor(look.base),
        foreground=QColor(look.text),
        grid=QColor(look.grid),
        muted=QColor(look.muted),
        series=tuple(QColor(colour) for colour in look.series),
    )


def apply_theme(app: QApplication, choice: ThemeChoice) -> None:
    """Give the program its look: `light`, `dark`, or the system's, now and whenever that changes."""
    changes = theme_changes()
    changes.choice = choice
    if not changes.styled:
        app.setStyle(QStyleFactory.create("Fusion"))
        changes.styled = True
    hints = QGuiApplication.styleHints()
    # Unique: choosing a theme twice must not repaint twice.
    hints.colorSchemeChanged.connect(changes.follow_system, Qt.ConnectionType.UniqueConnection)
    # Frames and menus that the system draws go along; unset first, or the system could not be asked.
    if choice == "system":
        hints.unsetColorScheme()
        _wear(changes, _system_colours())
    else:
        hints.setColorScheme(Qt.ColorScheme.Dark if choice == "dark" else Qt.ColorScheme.Light)
        _wear(changes, DARK if choice == "dark" else LIGHT)


def apply_type_size(app: QApplication, percent: int) -> None:
    """Let all type of the program be so large, in percent of the desktop's own."""
    changes, font = theme_changes(), app.font()
    changes.own_points = changes.own_points or font.pointSizeF()
    if percent == changes.type_size:
        return
    grown, changes.type_size = percent / changes.type_size, percent
    usual = font.pointSizeF()
    # Headings, say; under a window's own style sheet all sizes are that one's.
    odd = [(each, each.font()) for each in app.allWidgets() if each.font().pointSizeF() != usual]
    odd = [(each, own) for each, own in odd if own.pointSizeF() > 0 and not each.window().styleSheet()]
    font.setPointSizeF(changes.own_points * percent / 100)
    app.setFont(font)
    # Under a style sheet it reaches widgets that are there already by another one. To take the sheet away meanwhile
    # leaves Qt with widgets that have gone since, and the next sheet ends the program (6.10).
    if app.styleSheet():
        app.setStyleSheet(_sheet(changes))
    for widget, own in odd:
        own.setPointSizeF(own.pointSizeF() * grown)
        widget.setFont(own)
    changes.changed.emit()


def paced(milliseconds: int) -> int:
    """Return how long a picture of many is shown that would be shown so long: longer where motion is reduced."""
    return max(milliseconds, STILL_PACE) if theme_changes().still else milliseconds


def _system_colours() -> Colours:
    return DARK if QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT


def _sheet(changes: ThemeChanges) -> str:
    """Return the style sheet; it is another one at another size of type."""
    return f"{_STYLE.format(**vars(changes.colours))}/* {changes.type_size} % */"


def _wear(changes: ThemeChanges, look: Colours) -> None:
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        return
    worn, changes.colours = changes.colours, look
    sheet = _sheet(changes)
    if app.styleSheet() == sheet and worn is look:
        return
    app.setPalette(palette(look))
    outlined = outlined_palette(look)
    for control in OUTLINED:
        # PySide6's stubs ask for bytes here, its call for text.
        app.setPalette(outlined, cast(Any, control))
    app.setStyleSheet(sheet)
    changes.changed.emit()
