"""What is left in English of texts in a language that has brackets around all that can be translated."""

from __future__ import annotations

import re
from html.parser import HTMLParser

TOLD = re.compile(r"⟦[^⟦⟧]*⟧")
OWN = re.compile(r"<[^<>]*>|&\w+;|https?:\S+|\b\w+\.\w+\b|\w*\d\w*|[\w/]*/\S+|\((Ctrl|Shift|Alt)\+[^)]*\)|\(\.\w+\)")
"""What no language has: markup, addresses, paths of settings and files, numbers, keys, endings."""
WORD = re.compile(r"[a-z]{3,}")


def is_english(text: str) -> bool:
    """Return whether there is a word outside of all brackets."""
    while TOLD.search(text):
        text = TOLD.sub("", text)
    return bool(WORD.search(OWN.sub("", text)))


class Page(HTMLParser):
    """Collects the texts of a page and of its labels, but for code, style and what is marked as a name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if not self._silent and (tag in ("style", "script", "pre", "code") or given.get("translate") == "no"):
            self._silent = tag
        if not self._silent:
            self.texts.append(given.get("aria-label") or "")

    def handle_endtag(self, tag: str) -> None:
        self._silent = "" if tag == self._silent else self._silent

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts.append(data.strip())


def left_in_english(page: str) -> list[str]:
    """Return the texts of a page that nobody could translate."""
    return [text for text in dict.fromkeys(Page(page).texts) if is_english(text)]
