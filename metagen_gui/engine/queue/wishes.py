"""What is asked of a run in the line while it goes on: a file for each, which the run's process takes away."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from metagen_gui.engine.files import read_file, write_atomically
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import quoted

WISHES = "wishes"
MAX_BYTES, MOST = 2**16, 1_000
KINDS = ("change", "sample", "save")


@dataclass(frozen=True)
class Wish:
    """One request, as `run.commands.Command`: `number` puts them in order, and one of the same number is the same."""

    number: str
    what: Literal["change", "sample", "save"]
    path: str = ""
    value: Any = None


def read_wish(said: Any) -> Wish:
    """Return a request of somebody's making; raise `BadInput` for what is none."""
    with suppress(KeyError, TypeError, AttributeError):
        number, what, path = (str(said[name]) for name in ("number", "what", "path"))
        if re.fullmatch(r"[0-9a-z-]{1,64}", number) and what in KINDS and len(path) < 256:
            return Wish(number, what, path, said.get("value"))  # type: ignore[arg-type]  # one of them, as asked
    raise BadInput(quoted(said), "is nothing that can be asked of a run")


def put_wish(entry: Path, wish: Wish) -> None:
    """Leave a request in the folder of an entry; raise `BadInput` if that cannot be."""
    folder = entry / WISHES
    try:
        folder.mkdir(exist_ok=True)
        if sum(1 for _ in folder.iterdir()) >= MOST:
            raise BadInput(entry.name, "has more requests waiting than any run takes")
        write_atomically(folder / f"{wish.number}.json", json.dumps(asdict(wish)).encode())
    except OSError as error:
        raise BadInput(str(folder), error.strerror or str(error)) from None


def taken_wishes(entry: Path) -> list[Wish]:
    """Return the requests that wait, in order, and take them away; what is none is taken away as well."""
    found = []
    with suppress(OSError):
        for path in sorted((entry / WISHES).glob("*.json")):
            with suppress(OSError, ValueError, RecursionError):
                found.append(read_wish(json.loads(read_file(path, MAX_BYTES))))
            path.unlink(missing_ok=True)
    return found
