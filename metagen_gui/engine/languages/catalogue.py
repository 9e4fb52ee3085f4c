"""A catalogue: every English text that a person can meet, and what it is called in one other language.

Catalogues are gettext's `.po` files, `resources/translations/LANGUAGE.po`, and are read as they are: nothing is
compiled, and another language is another file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from metagen_gui.engine.resources import resources_folder

SUFFIX = ".po"
BETWEEN = "\x04"
"""Stands between a context and a text, as in gettext."""
NAME = "X-Name"
"""The line of a catalogue's head that says what its language is called by those who speak it."""


@dataclass(frozen=True)
class Catalogue:
    """The texts of one language; `messages` are by their English, without those that nobody has translated yet."""

    language: str
    messages: Mapping[str, str]
    head: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the language is called by those who speak it."""
        return self.head.get(NAME, self.language)


def catalogues() -> dict[str, Path]:
    """Return the files of all languages there are besides English, by language."""
    return {path.stem: path for path in sorted((resources_folder() / "translations").glob(f"*{SUFFIX}"))}


def read_catalogue(path: Path) -> Catalogue:
    """Return the catalogue in a file; raise `OSError` or `ValueError` for one that cannot be read."""
    entries = dict(read_entries(path.read_text(encoding="utf-8")))
    head = dict(line.split(": ", 1) for line in entries.pop("", "").splitlines() if ": " in line)
    return Catalogue(path.stem, {english: text for english, text in entries.items() if text}, head)


def name_of(path: Path) -> str:
    """Return what the language of a catalogue is called, without reading all of it."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith(f'"{NAME}: '):
                return str(json.loads(line)).removeprefix(f"{NAME}: ").strip()
            if not line.strip():
                break
    return path.stem


def read_entries(text: str) -> Iterator[tuple[str, str]]:
    """Yield every `msgid` with its `msgstr`, the head as that of ""; "" is the text of what is not translated.

    One with a `msgctxt` has that before it, as in gettext: `name`, U+0004, the `msgid`.
    """
    english, context, parts, keyword = "", "", [""], ""
    for line in text.splitlines():
        if line.startswith('"'):
            parts.append(json.loads(line))
            continue
        if keyword == "msgctxt":
            context = parts[0] + BETWEEN
        elif keyword == "msgid":
            english, context = context + "".join(parts), ""
        elif keyword == "msgstr":
            yield english, "".join(parts)
        keyword, _, rest = line.partition(" ")
        parts = [json.loads(rest)] if keyword in ("msgctxt", "msgid", "msgstr") else [""]
    if keyword == "msgstr":
        yield english, "".join(parts)
