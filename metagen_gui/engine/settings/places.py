"""JSON that a person wrote: read without guessing, and where in it a setting stands, so that its writer finds it."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from metagen_gui.engine.files import read_file
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import quoted, shortened

EXPERIMENT = "experiment.json"
"""What the file of a run's experiment is called, and one that nobody has given another name."""
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


def file_of(path: Path, name: str) -> Path:
    """Return the file that is meant by `path`: what is called `name` in a folder, or the file itself."""
    try:
        return path / name if path.is_dir() else path
    except OSError:
        return path  # which says why when it is read


def read_text(file: Path, most: int, otherwise: str, *, follow: bool) -> str:
    """Return the text of a file of up to `most` bytes; raise `BadInput` that names it, `otherwise` if it is no text."""
    try:
        return read_file(file, most, follow=follow).decode("utf-8-sig")
    except OSError as error:
        raise BadInput(str(file), error.strerror or "cannot be read") from None
    except ValueError:
        raise BadInput(str(file), otherwise) from None


def check_version(given: Any, known: int, where: str) -> None:
    """Raise `BadInput` if a file is not of the version that is `known`."""
    if type(given) is not int or given != known:
        raise BadInput(where, f"version {quoted(given)} is not one this MetaGen reads; {known} is")


def parsed(text: str, where: str) -> Any:
    """Return what a JSON text says; raise `BadInput` for what is none, or for a key that stands twice in one object."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInput(where, f"not JSON (line {error.lineno})") from None
    except (ValueError, RecursionError):
        raise BadInput(where, "not JSON that can be read (nested too deep, or a number too long)") from None
    refuse_twice(text)
    return document


def refuse_twice(text: str) -> None:
    """Raise `BadInput` for a key that stands twice in one object of a JSON text."""
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


def refuse_stray(others: Mapping[str, Any], sections: Mapping[str, Container[str]]) -> None:
    """Raise `BadInput` for what stands beside the sections (which have these settings) and cannot be a remark."""
    known = ", ".join(sections)
    for key, value in others.items():
        if close := get_close_matches(key.casefold(), [*sections, "version"], n=1, cutoff=0.75):
            raise BadInput(shortened(key), f"there is no such section; did you mean {close[0]}?")
        for section, names in sections.items():
            if key in names:
                raise BadInput(shortened(key), f"stands beside the sections; it is a setting of {section}")
        if key in ("settings", "experiment"):
            raise BadInput(key, f"stands beside the sections; an experiment has {known}")
        if isinstance(value, dict):
            raise BadInput(shortened(key), f"there is no such section; an experiment has {known}")
