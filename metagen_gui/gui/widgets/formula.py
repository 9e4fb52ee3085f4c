"""Formulas as text that Qt sets, in a font that has their signs."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from metagen_gui.engine.settings.formula import as_html

FONTS = "'STIX Two Math', 'STIX Two Text', 'Latin Modern Math', 'Cambria Math', 'Cambria', 'DejaVu Serif', serif"


def typeset(formula: str) -> str:
    """Return the lines of a formula as rich text of our own; whatever else looks like markup is text."""
    lines = "<br>".join(as_html(line) for line in formula.split("\n"))
    return f'<span style="font-family: {FONTS}; font-size: large">{lines}</span>'


class FormulaLabel(QLabel):
    """A label that sets the formulas in a line; whatever else looks like markup is text."""

    def __init__(self, line: str = "", parent: QWidget | None = None) -> None:
        super().__init__(as_html(line), parent)
        self.setTextFormat(Qt.TextFormat.RichText)

    def show_line(self, line: str) -> None:
        """Show another line."""
        self.setText(as_html(line))
