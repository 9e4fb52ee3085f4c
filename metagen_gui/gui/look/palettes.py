"""The colours of the light and the dark look, by name, and the Qt palettes made of them.

Every pair that carries text meets WCAG AA, 4.5 : 1; disabled text, which the standard exempts, 3 : 1. A test says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor, QPalette


@dataclass(frozen=True)
class Colours:
    """One look. `#rrggbb` throughout; `series` tells curves apart for every kind of colour vision."""

    dark: bool
    window: str
    base: str
    raised: str
    """Buttons and other things that can be pressed."""
    hover: str
    outline: str
    text: str
    muted: str
    disabled: str
    accent: str
    """Fill of what is chosen; `on_accent` is readable on it."""
    on_accent: str
    link: str
    visited: str
    error: str
    error_fill: str
    warning: str
    good: str
    tooltip: str
    grid: str
    series: tuple[str, ...]


OUTLINED = ("QLineEdit", "QAbstractSpinBox", "QComboBox", "QCheckBox", "QRadioButton", "QPushButton", "QSlider")

LIGHT = Colours(
    dark=False,
    window="#f5f6f8",
    base="#ffffff",
    raised="#fbfbfc",
    hover="#e9ebf0",
    outline="#b4bac5",
    text="#1c2026",
    muted="#586170",
    disabled="#858c98",
    accent="#3d57c8",
    on_accent="#ffffff",
    link="#2f49b8",
    visited="#6a3fa0",
    error="#b3261e",
    error_fill="#fdeceb",
    warning="#8a5300",
    good="#1c6e43",
    tooltip="#ffffff",
    grid="#dfe2e8",
    # After Okabe and Ito, deepened so that a thin line is seen on white.
    series=("#0b66b0", "#c4500a", "#00805c", "#a83f86", "#6f5b00", "#2b7fb4", "#5b4bb0", "#5a5f69"),
)

DARK = Colours(
    dark=True,
    window="#1c1e23",
    base="#25282f",
    raised="#2c3037",
    hover="#343942",
    outline="#59616e",
    text="#e6e8ec",
    muted="#a3abb8",
    disabled="#737b88",
    accent="#5069d8",
    on_accent="#ffffff",
    link="#9db0ff",
    visited="#c8a6f2",
    error="#ff9a8f",
    error_fill="#3a2422",
    warning="#f0b763",
    good="#74cf9d",
    tooltip="#30343c",
    grid="#363b44",
    series=("#5fb3f0", "#f2914a", "#3fc79a", "#e08cc4", "#e6c84f", "#9bd2f5", "#a99cf5", "#b4bac4"),
)


def palette(colours: Colours) -> QPalette:
    """Return the Qt palette of a look: every role, in the active, the inactive and the disabled group."""
    role = QPalette.ColorRole
    window = QColor(colours.window)
    # The bevel roles: from lightest to darkest in both looks, as styles expect.
    bevels = {
        role.Light: window.lighter(150 if colours.dark else 104),
        role.Midlight: window.lighter(120 if colours.dark else 101),
        role.Mid: window.darker(120),
        role.Dark: window.darker(150),
        role.Shadow: QColor("#000000" if colours.dark else "#6b7280"),
    }
    named = {
        role.Window: colours.window,
        role.WindowText: colours.text,
        role.Base: colours.base,
        role.AlternateBase: colours.raised,
        role.ToolTipBase: colours.tooltip,
        role.ToolTipText: colours.text,
        role.PlaceholderText: colours.muted,
        role.Text: colours.text,
        role.Button: colours.raised,
        role.ButtonText: colours.text,
        role.BrightText: colours.error,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent,
        role.Link: colours.link,
        role.LinkVisited: colours.visited,
        role.Accent: colours.accent,
    }
    faded = (role.WindowText, role.Text, role.ButtonText, role.PlaceholderText, role.ToolTipText, role.HighlightedText)
    made = QPalette()
    for group in (QPalette.ColorGroup.Active, QPalette.ColorGroup.Inactive, QPalette.ColorGroup.Disabled):
        for key, colour in {**{k: QColor(v) for k, v in named.items()}, **bevels}.items():
            made.setColor(group, key, colour)
    for key in faded:
        made.setColor(QPalette.ColorGroup.Disabled, key, QColor(colours.disabled))
    for key in (role.Base, role.Button):
        made.setColor(QPalette.ColorGroup.Disabled, key, window)
    for key in (role.Highlight, role.Accent):
        made.setColor(QPalette.ColorGroup.Disabled, key, QColor(colours.outline))
    for key in (role.Link, role.LinkVisited):
        made.setColor(QPalette.ColorGroup.Disabled, key, QColor(colours.disabled))
    return made


def outlined_palette(colours: Colours) -> QPalette:
    """Return the palette of the controls in `OUTLINED`.

    Fusion draws their outline in the window's colour made darker, which vanishes in a dark look. Nothing else of theirs
    uses that colour, so it is set to what gives the outline wanted.
    """
    made = palette(colours)
    made.setColor(QPalette.ColorRole.Window, QColor(colours.outline).lighter(140))
    return made


def contrast(first: QColor | str, second: QColor | str) -> float:
    """Return the WCAG contrast ratio of two colours, 1 to 21."""
    lighter, darker = sorted((_luminance(QColor(first)), _luminance(QColor(second))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: QColor) -> float:
    channels = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
