"""Runs that are kept here and go on at another machine: a small file in their folder says where. Needs no pydantic.

As long as it is there, the rest of the folder is a copy of what that machine holds, and nothing here goes on with it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from metagen_gui.engine.files import read_file, write_atomically
from metagen_gui.engine.settings.bad_input import BadInput

ELSEWHERE = "elsewhere.json"
MAX_BYTES = 2**16


@dataclass(frozen=True)
class Elsewhere:
    """Where a run goes on, and the word by which it is known there; `to` and `next` while it is moved further."""

    host: str
    ticket: str
    to: str = ""
    next: str = ""


def read_elsewhere(folder: Path) -> Elsewhere | None:
    """Return where a run goes on, None if that is here; of a damaged file that it is at a machine without a name."""
    path = folder / ELSEWHERE
    try:
        written = json.loads(read_file(path, MAX_BYTES))
        return Elsewhere(**{name: str(written.get(name, "")) for name in Elsewhere.__dataclass_fields__})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return Elsewhere("", "")


def write_elsewhere(folder: Path, elsewhere: Elsewhere) -> None:
    """Say where a run goes on; raise `BadInput` if the disk does not take it."""
    try:
        write_atomically(folder / ELSEWHERE, json.dumps({"version": 1, **asdict(elsewhere)}, indent=1).encode())
    except OSError as error:
        raise BadInput(str(folder), error.strerror or str(error)) from None


def forget_elsewhere(folder: Path) -> None:
    """Let a run be one of this machine's again."""
    with suppress(OSError):
        (folder / ELSEWHERE).unlink(missing_ok=True)


def refuse_elsewhere(folder: Path) -> None:
    """Raise `BadInput` for a run that another machine goes on with: here it would become two."""
    found = read_elsewhere(folder)
    if found is not None:
        name = folder.resolve().name
        why = f"goes on at {found.host or 'another machine'}; `metagen hosts move {name} here` brings it here"
        raise BadInput(str(folder), why)
