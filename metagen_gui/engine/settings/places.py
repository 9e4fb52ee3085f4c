"""Where in a JSON text a setting stands, so that whoever edited it by hand finds it."""

from __future__ import annotations

import re


def line_of(text: str, path: str) -> int | None:
    """Return the line, from 1, on which the last key of `section.name` stands in `text`; None if it stands nowhere."""
    begin = end = 0
    for key in path.split("."):
        found = re.compile(rf'"{re.escape(key)}"\s*:').search(text, end)
        if found is None:
            return None
        begin, end = found.span()
    return text.count("\n", 0, begin) + 1
