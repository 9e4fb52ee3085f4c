"""Where in a JSON text a setting stands, so that whoever edited it by hand finds it."""

from __future__ import annotations

import re


def line_of(text: str, path: str) -> int | None:
    """Return the line, from 1, on which the last key of `section.name` stands in `text`; None if it stands nowhere."""
    place = 0
    for key in path.split("."):
        found = re.compile(rf'"{re.escape(key)}"\s*:').search(text, place)
        if found is None:
            return None
        place = found.end()
    return text.count("\n", 0, found.start()) + 1
