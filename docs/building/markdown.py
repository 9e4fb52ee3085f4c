"""Text of the program as Markdown: docstrings, their formulas, and whatever would be taken for markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import dedent

from metagen_gui.engine.settings.formula import as_html

_APART = re.compile(r"(`[^`]+`|https?://[^\s<>]+[^\s<>.,;)]|\*\*[^*]+\*\*|\*[^*\s][^*]*\*)")
"""Code, addresses and what is stressed; text with formulas and these take turns."""
_MARKUP = re.compile(r"([\\`*_\[\]{}#|$~^!])")
_FIRST = re.compile(r"^(\d+(?=[.)])|(?=[-+>=:]))")
"""Where a line begins that would be taken for a list, a quotation or a heading."""
_COLUMNS = re.compile(r"^(\S.*?) {3,}(\S.*)$")
_ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5})")


def line(text: str) -> str:
    """Return one line of text, with its formulas, its code and its links, as Markdown."""
    parts = _APART.split(_ARXIV.sub(r"https://arxiv.org/abs/\1", " ".join(text.split())))
    return _begun("".join(_kept(part) if place % 2 else _escaped(as_html(part)) for place, part in enumerate(parts)))


def plain(text: str) -> str:
    """Return one line of text without formulas, such as the help of a command, as Markdown."""
    return _begun(_escaped(" ".join(text.split()).replace("<", "&lt;")))


def formula(lines: str) -> str:
    """Return a formula of one or several lines, set apart."""
    return (
        "{.formula}\n" + "\\\n".join(_begun(_escaped(as_html(row.strip()))) for row in lines.strip().split("\n")) + "\n"
    )


def prose(docstring: str) -> Iterator[str]:
    """Yield the paragraphs of a docstring: text, tables of two columns and, where it is indented, formulas or code."""
    first, _, rest = docstring.partition("\n")
    for paragraph in (first.strip() + "\n" + dedent(rest)).strip().split("\n\n"):
        rows = paragraph.split("\n")
        if all(columns := [_COLUMNS.match(row) for row in rows]):
            told = "\n".join(f"| {line(found[1])} | {line(found[2])} |" for found in columns if found)
            yield f"| | |\n|---|---|\n{told}\n"
        elif not all(row.startswith("    ") for row in rows if row):
            yield f"{line(paragraph)}\n"
        elif re.search(r"^\s+(from|import|class|def|@) ?", paragraph, re.MULTILINE):
            yield f"```python\n{dedent(paragraph)}\n```\n"
        else:
            yield formula(dedent(paragraph))


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)


def _begun(text: str) -> str:
    return _FIRST.sub(r"\1\\", text)


def _kept(part: str) -> str:
    return f"<{part}>" if part.startswith("http") else part
