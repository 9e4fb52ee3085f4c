"""A lesson: an experiment, what is drawn and shown, and which controls are there; as a file, and as one word to paste.

Whoever made it, opening it executes nothing and reads nothing but itself: it is JSON of limited size, checked like any
experiment. The word is URL-safe: `metagen-lesson:` and the packed JSON in base64url, a dot, the first of its SHA-256.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.files import read_file, write_atomically
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.places import check_version, parsed
from metagen_gui.engine.settings.plain_text import printable, quoted
from metagen_gui.engine.store.names import LESSON

VERSION = 1
MARK, SUFFIX = "metagen-lesson:", LESSON
MOST_BYTES = 2**20
"""Of the JSON, in a file and unpacked."""
MOST_LETTERS, MOST_NAMES, DIGITS = 10_000, 500, 12
"""Of a text; names in a list; hexadecimal digits of the checksum."""
KEYS = {"version", "title", "text", "experiment", "layout", "panels", "hidden", "tools"}


@dataclass(frozen=True)
class Lesson:
    """What a lesson restores. `layout` and `panels` are as the window calls them, the panel in front last.

    `hidden` are the settings, as `algorithm.inner_lr`, and whole sections, as `training`, that are not shown; `tools`
    hold JSON by the name of the tool, which checks it itself.
    """

    experiment: Experiment
    title: str = ""
    text: str = ""
    layout: str = ""
    panels: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    tools: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))

    def document(self) -> dict[str, Any]:
        """Return the lesson as JSON data."""
        return {
            "version": VERSION,
            "title": self.title,
            "text": self.text,
            "experiment": self.experiment.document(),
            "layout": self.layout,
            "panels": list(self.panels),
            "hidden": list(self.hidden),
            "tools": {name: dict(state) for name, state in self.tools.items()},
        }

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all; raise `BadInput` if that fails."""
        try:
            write_atomically(path, self._bytes(indent=2))
        except OSError as error:
            raise BadInput(str(path), error.strerror or str(error)) from None

    def to_text(self) -> str:
        """Return the lesson as one word; raise `BadInput` if it is too large for one."""
        packed = base64.urlsafe_b64encode(zlib.compress(self._bytes(), 9)).decode().rstrip("=")
        return f"{MARK}{packed}.{_checksum(packed)}"

    @classmethod
    def load(cls, path: Path) -> Lesson:
        """Read a file; raise `BadInput` that names what is wrong."""
        try:
            return cls._read(read_file(path, MOST_BYTES, follow=True), printable(path.name))
        except OSError as error:
            raise BadInput(printable(str(path)), error.strerror or "cannot be read") from None

    @classmethod
    def from_text(cls, text: str) -> Lesson:
        """Read what `to_text` gives, however lines were broken on its way; raise `BadInput` for anything else."""
        if len(text) > 2 * MOST_BYTES:
            raise BadInput("text", "longer than any lesson is")
        word = "".join(text.split())
        packed, dot, checksum = word.removeprefix(MARK).partition(".")
        if not word.startswith(MARK) or not dot or not word.isascii():
            raise BadInput("text", "this is no lesson")
        if checksum != _checksum(packed):
            raise BadInput("text", "this lesson is damaged: some of it is missing or changed")
        unpacker = zlib.decompressobj()
        try:
            data = unpacker.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), MOST_BYTES)
        except (binascii.Error, ValueError, zlib.error) as error:
            raise BadInput("text", f"this lesson is damaged: {error}") from None
        if not unpacker.eof:
            raise BadInput("text", f"this lesson is damaged, or holds more than {MOST_BYTES:,} bytes")
        return cls._read(data, "lesson")

    def _bytes(self, indent: int | None = None) -> bytes:
        """Return the JSON; what could not be read back is refused."""
        text = json.dumps(self.document(), indent=indent, separators=None if indent else (",", ":"))
        if len(text) > MOST_BYTES:
            raise BadInput("lesson", f"it comes to {len(text):,} bytes; {MOST_BYTES:,} are possible")
        return text.encode()

    @classmethod
    def _read(cls, data: bytes, where: str) -> Lesson:
        try:
            document = parsed(data.decode("utf-8-sig"), where)
        except UnicodeDecodeError:
            raise BadInput(where, "not a lesson (not UTF-8 text)") from None
        if not isinstance(document, dict):
            raise BadInput(where, "a lesson is a JSON object")
        check_version(document.get("version"), VERSION, where)
        if stray := sorted({*document} - KEYS):
            raise BadInput(where, f"{quoted(stray[0])} is nothing that a lesson has")
        experiment = Experiment.from_document(document.get("experiment"), f"{where}.experiment", ours=False)
        experiment.check()
        texts = {name: document.get(name, "") for name in ("title", "text", "layout")}
        lists = {name: document.get(name, []) for name in ("panels", "hidden")}
        tools = document.get("tools", {})
        for name, value in texts.items():
            if not isinstance(value, str) or len(value) > MOST_LETTERS:
                raise BadInput(f"{where}.{name}", f"not a text of up to {MOST_LETTERS:,} letters")
        for name, value in lists.items():
            right = isinstance(value, list) and all(isinstance(one, str) and len(one) < MOST_NAMES for one in value)
            if not right or len(value) > MOST_NAMES:
                raise BadInput(f"{where}.{name}", f"not a list of up to {MOST_NAMES:,} names")
        if not isinstance(tools, dict) or not all(isinstance(state, dict) for state in tools.values()):
            raise BadInput(f"{where}.tools", "not an object of objects, by the names of tools")
        panels, hidden = (tuple(lists[name]) for name in ("panels", "hidden"))
        return cls(experiment, **texts, panels=panels, hidden=hidden, tools=tools)


def _checksum(packed: str) -> str:
    return hashlib.sha256(packed.encode()).hexdigest()[:DIGITS]
