"""What a check is, what it finds, and that as text which can be shown to anybody."""

from __future__ import annotations

import getpass
import re
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import appdirs

from metagen_gui.engine.settings.plain_text import printable

Level = Literal["ok", "note", "problem"]
"""As it should be; worth knowing; something does not work."""
MARGIN = " " * 10


@dataclass(frozen=True)
class Line:
    """One thing that was found, and what there is to do about it."""

    level: Level
    said: str
    advice: str = ""


@dataclass(frozen=True)
class Check:
    """One thing that is looked at.

    `look` is given a folder to work in, which is the same for all checks and goes when the last one is done.
    """

    name: str
    title: str
    look: Callable[[Path], Iterator[Line]]


@dataclass(frozen=True)
class Findings:
    """What a check has found."""

    check: Check
    lines: tuple[Line, ...]

    def text(self, tell: Callable[[str], str] = str) -> str:
        """Return the findings as they stand in a report; `tell` says them in another language."""
        rows = [tell(self.check.title)]
        for line in self.lines:
            rows.append(f"  {tell(line.level):<{len(MARGIN) - 2}}{tell(line.said)}")
            rows += [f"{MARGIN}→ {tell(line.advice)}"] if line.advice else []
        return "\n".join(rows)


def passed(findings: Sequence[Findings]) -> bool:
    """Return whether nothing was found that does not work."""
    return not any(line.level == "problem" for one in findings for line in one.lines)


def verdict(findings: Sequence[Findings]) -> str:
    """Return one sentence on all that was found."""
    levels = [line.level for one in findings for line in one.lines]
    counted = [(levels.count("problem"), "problem"), (levels.count("note"), "note")]
    said = ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counted if count)
    return f"{said}." if said else "Nothing is wrong."


def impersonal(line: Line) -> Line:
    """Return `line` on valid text and without the person's name, folders and the name of the machine."""
    said, advice = printable(line.said), printable(line.advice)
    for name, stand_in in _personal():
        pattern = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
        said, advice = pattern.sub(stand_in, said), pattern.sub(stand_in, advice)
    return replace(line, said=said, advice=advice)


def _personal() -> list[tuple[str, str]]:
    """Return what tells who somebody is, the longest first, with what is written in its place."""
    folders = {
        appdirs.user_data_dir("metagen", appauthor=False): "DATA",
        appdirs.user_config_dir("metagen", appauthor=False): "CONFIGURATION",
        appdirs.user_cache_dir("metagen", appauthor=False): "CACHE",
        tempfile.gettempdir(): "TEMPORARY",
        sys.prefix: "PROGRAM",
    }
    found = {str(form): name for folder, name in folders.items() for form in (Path(folder), Path(folder).resolve())}
    host = socket.gethostname()
    found |= dict.fromkeys((host, host.partition(".")[0]), "HOST")
    with suppress(OSError, KeyError, RuntimeError):  # a person whom the system knows by number only
        found |= {str(Path.home()): "~", getpass.getuser(): "USER"}
    return sorted(((name, given) for name, given in found.items() if name.strip("/\\")), key=lambda one: -len(one[0]))
