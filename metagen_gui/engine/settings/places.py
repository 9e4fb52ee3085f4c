"""JSON that a person wrote: read without guessing, and where in it a setting stands, so that its writer finds it."""

from __future__ import annotations

import json
import re
from typing import Any

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import shortened

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"(\s*:)?|[{}\[\]]')


def line_of(text: str, path: str) -> int | None:
    """Return the line, from 1, on which the last key of `section.name` stands in `text`; None if it stands nowhere."""
    begin = end = 0
    for key in path.split("."):
        found = re.compile(rf'"{re.escape(key)}"\s*:').search(text, end)
        if found is None:
            return None
        begin, end = found.span()
    return text.count("\n", 0, begin) + 1


def parsed(text: str, where: str) -> Any:
    """Return what a JSON text says; raise `BadInput` for what is none, or for a key that stands twice in one object."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInput(where, f"not JSON (line {error.lineno})") from None
    except (ValueError, RecursionError):
        raise BadInput(where, "not JSON that can be read (nested too deep, or a number too long)") from None
    met: list[set[str]] = []
    for token in _TOKEN.finditer(text):
        if token[0] in "{[":
            met.append(set())
        elif token[0] in "}]":
            met.pop()
        elif token[1]:
            key = json.loads(token[0].removesuffix(token[1]))
            if key in met[-1]:
                line = text.count("\n", 0, token.start()) + 1
                raise BadInput(shortened(key), f"stands twice in one place; leave one of them (line {line})")
            met[-1].add(key)
    return document
