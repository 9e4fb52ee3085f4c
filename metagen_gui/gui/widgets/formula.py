"""Formulas as text that Qt sets: `_` lowers and `^` raises what follows, a sign, a word, or what braces hold."""

from __future__ import annotations

import re
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

_MARK = re.compile(r"([_^])(?:\{((?:[^{}]|\{[^{}]*\})*)\}|(\([^()]*\)|<?[A-Za-z0-9Α-ω∞]+|.))")
_WIDE = re.compile(" {2,}")
_TAGS = {"_": "sub", "^": "sup"}
FONTS = "'STIX Two Math', 'STIX Two Text', 'Latin Modern Math', 'Cambria Math', 'Cambria', 'DejaVu Serif', serif"


def typeset(formula: str) -> str:
    """Return the lines of a formula as rich text of our own; whatever else looks like markup is text."""
    lines = "<br>".join(as_html(line) for line in formula.split("\n"))
    return f'<span style="font-family: {FONTS}; font-size: large">{lines}</span>'


def as_html(line: str) -> str:
    """Return a line of text with the formulas in it, in the font around it."""
    done, before = "", 0
    for mark in _MARK.finditer(line):
        tag, inside = _TAGS[mark[1]], mark[2] if mark[2] is not None else mark[3]
        done += f"{_plain(line[before : mark.start()])}<{tag}>{as_html(inside)}</{tag}>"
        before = mark.end()
    return done + _plain(line[before:])


def as_text(line: str) -> str:
    """Return a line as it is read aloud: without braces, what is lowered behind an underscore."""
    return _MARK.sub(lambda mark: mark[1] + (as_text(mark[2]) if mark[2] is not None else mark[3]), line)


class FormulaLabel(QLabel):
    """A label that sets the formulas in a line; whatever else looks like markup is text."""

    def __init__(self, line: str = "", parent: QWidget | None = None) -> None:
        super().__init__(as_html(line), parent)
        self.setTextFormat(Qt.TextFormat.RichText)

    def show_line(self, line: str) -> None:
        """Show another line."""
        self.setText(as_html(line))


def _plain(text: str) -> str:
    # Qt's rich text draws several spaces as one, unless they are unbreakable.
    return escape(_WIDE.sub("\u00a0\u00a0\u00a0 ", text), quote=False)
