"""Formulas as they are declared, set as HTML: `_` lowers and `^` raises a sign, a word, or what braces hold."""

from __future__ import annotations

import re
from html import escape

_MARK = re.compile(r"([_^])(?:\{((?:[^{}]|\{[^{}]*\})*)\}|(\([^()]*\)|<?[A-Za-z0-9Α-ω∞]+|.))")
_WIDE = re.compile(" {2,}")
_TAGS = {"_": "sub", "^": "sup"}


def as_html(line: str) -> str:
    """Return a line of text with the formulas in it, in the font around it; whatever else looks like markup is text."""
    done, before = "", 0
    for mark in _MARK.finditer(line):
        tag, inside = _TAGS[mark[1]], mark[2] if mark[2] is not None else mark[3]
        done += f"{_plain(line[before : mark.start()])}<{tag}>{as_html(inside)}</{tag}>"
        before = mark.end()
    return done + _plain(line[before:])


def as_text(line: str) -> str:
    """Return a line as it is read aloud: without braces, what is lowered behind an underscore."""
    return _MARK.sub(lambda mark: mark[1] + (as_text(mark[2]) if mark[2] is not None else mark[3]), line)


def _plain(text: str) -> str:
    # HTML draws several spaces as one, unless they are unbreakable.
    return escape(_WIDE.sub("\u00a0\u00a0\u00a0 ", text), quote=False)
