"""What goes to another machine: the data of an experiment, and a run that goes on there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from metagen_gui.engine.files import open_regular, read_file
from metagen_gui.engine.hosts.link import Link, LinkLost
from metagen_gui.engine.hosts.received import sizes_at
from metagen_gui.engine.hosts.run_files import digest_of, files_in
from metagen_gui.engine.hosts.wire import PIECE
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.names import EXPERIMENT

Progress = Callable[[int, int], object]
"""Is told the bytes that were sent, and of how many."""
MOST_PARTS, ROUNDS = 500, 3
MAX_EXPERIMENT = 2**24


def data_of(document: Any) -> str:
    """Return the path that an experiment, as JSON data, reads its data from; "" where it makes it itself."""
    settings = document.get("tasks", {}).get("settings", {}) if isinstance(document, dict) else {}
    return str(settings.get("path", "")) if isinstance(settings, dict) else ""


def send_data(link: Link, path: str, progress: Progress = lambda *_: None) -> None:
    """Send the data at `path`, but for what has come there before; raise `BadInput`, `LinkLost`.

    What the other machine has itself at that path has to be the same.
    """
    place = Path(path).expanduser()
    try:
        here = sizes_at(place)
        if not here:
            raise BadInput("tasks.path", f"{path} does not exist here, so that it cannot be sent to {link.host.name}")
        _, data = link.ask("have", source=path)
        known = json.loads(data)
        there, came = dict(known["there"]), known["came"]
        if there == here:
            return
        if there:
            why = f"{link.host.name} has something else at {path} ({len(there):,} files there, {len(here):,} here)"
            raise BadInput("tasks.path", f"{why}; rename it on one of the two")
        times = {name: (place.parent / name).stat().st_mtime_ns for name in here}
        lacking = [name for name in here if came.get(name) != [here[name], times[name]]]
        _send(link, _parts(place.parent, lacking, times), sum(here[name] for name in lacking), progress, source=path)
    except OSError as error:
        raise BadInput("tasks.path", f"{error.filename or path}: {error.strerror or error}") from None
    except BadInput:
        raise
    except (ValueError, TypeError, KeyError, AttributeError):
        raise LinkLost(link.host.name, "has sent something that cannot be read") from None


def send_run(link: Link, folder: Path, ticket: str, progress: Progress = lambda *_: None) -> None:
    """Send a run that does not go on, whole, and have it go on there; raise `BadInput`, `LinkLost`."""
    try:
        files = files_in(folder)
        experiment = json.loads(read_file(folder / EXPERIMENT, MAX_EXPERIMENT))
        digests = {name: digest_of(folder, name) for name in files}
        wanted = json.dumps({"digests": digests, "experiment": experiment}).encode()
        _, data = link.ask("have", ticket=ticket)
        came = json.loads(data)["came"]
        lacking = [name for name in files if came.get(name, [-1])[0] != files[name][0]]
        for _ in range(ROUNDS):
            parts = _parts(folder, lacking, {name: files[name][1] for name in lacking})
            _send(link, parts, sum(files[name][0] for name in lacking), progress, ticket=ticket)
            answer, _ = link.ask("adopt", wanted, 600.0, ticket=ticket, name=folder.name)
            wrong = answer.get("wrong")
            if not wrong:
                return
            lacking = [name for name in wrong if name in files]
    except OSError as error:
        raise BadInput(str(error.filename or folder), error.strerror or str(error)) from None
    except BadInput:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        raise LinkLost(link.host.name, "has sent something that cannot be read") from None
    raise BadInput(str(folder), f"does not arrive whole at {link.host.name}")


def _parts(root: Path, names: Iterable[str], times: dict[str, int]) -> Iterable[tuple[str, int, bytes, int]]:
    """Yield files in pieces: a name, where the piece begins, its bytes and, with the last one, when it was changed."""
    for name in names:
        with os.fdopen(open_regular(root / name, os.O_RDONLY, follow=True), "rb") as file:
            at = 0
            while True:
                data = file.read(PIECE)
                ended = len(data) < PIECE
                yield name, at, data, times[name] if ended else 0
                at += len(data)
                if ended:
                    break


def _send(link: Link, parts: Iterable[tuple[str, int, bytes, int]], total: int, progress: Progress, **to: Any) -> None:
    sent, gathered, size = 0, list[tuple[str, int, bytes, int]](), 0
    for part in parts:
        gathered.append(part)
        size += len(part[2])
        if size >= PIECE or len(gathered) >= MOST_PARTS:
            _put(link, gathered, to)
            sent, gathered, size = sent + size, [], 0
            progress(sent, total)
    if gathered:
        _put(link, gathered, to)
        progress(total, total)


def _put(link: Link, parts: list[tuple[str, int, bytes, int]], to: dict[str, Any]) -> None:
    told = [[name, at, len(data), when] for name, at, data, when in parts]
    link.ask("put", b"".join(data for _, _, data, _ in parts), parts=told, **to)
