"""The other side of a link: what this machine does for somebody who has come by ssh, with that person's rights.

Runs that are sent are put in the line of this machine, and so survive the link, kills and restarts as all in it do.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from metagen_gui.engine.files import open_regular
from metagen_gui.engine.hosts.received import Received, sizes_at
from metagen_gui.engine.hosts.run_files import digest_of, files_in, opened, tail_digest
from metagen_gui.engine.hosts.wire import GREETING, PIECE, Torn, receive, send
from metagen_gui.engine.processors import cores
from metagen_gui.engine.program import program
from metagen_gui.engine.queue.entry import Entry
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.queue.wishes import read_wish
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.lock import is_held
from metagen_gui.engine.store.names import runs_folder
from metagen_gui.engine.store.record import read_record
from metagen_gui.engine.store.trash import throw_away
from metagen_gui.engine.versions import version_of

AGAIN = 10.0
"""Seconds between attempts to start somebody who works the line off."""
SAID_BYTES = 4096


def serve(incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """Answer requests until nobody asks any more."""
    served = Served()
    outgoing.write(b"\n" + GREETING)
    send(outgoing, served.hello())
    with suppress(Torn, OSError):
        while True:
            said, data = receive(incoming)
            send(outgoing, *served.answer(said, data))


class Served:
    """Answers requests, by their names: `ask_tell` answers `tell`."""

    def __init__(self) -> None:
        self.line = Line()
        self._ids: dict[str, str] = {}
        self._woken = -AGAIN

    def hello(self) -> dict[str, Any]:
        """Return which program this is, on what."""
        return {"metagen": version_of("metagen"), "torch": version_of("torch"), "cores": cores(), "free": _free()}

    def answer(self, said: Mapping[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        """Return the answer to a request; what is wrong with it, or went wrong, is an answer, too."""
        try:
            asked = getattr(self, f"ask_{said['do']}", None)
            if asked is None:
                raise BadInput(str(said["do"]), "is nothing that this MetaGen can be asked for")
            answer = asked(said, data)
            return answer if isinstance(answer, tuple) else (answer or {}, b"")
        except BadInput as problem:
            return {"refused": [problem.where, problem.why]}, b""
        except FileNotFoundError:
            return {"none": True}, b""
        except OSError as error:
            return {"refused": [error.filename or "disk", error.strerror or str(error)]}, b""
        except (KeyError, TypeError, ValueError) as error:
            return {"refused": [str(said.get("do")), f"cannot be understood ({type(error).__name__}: {error})"]}, b""

    # -- runs in the line --------------------------------------------------------------------------------------------

    def ask_foresee(self, said: Mapping[str, Any], data: bytes) -> dict[str, Any]:
        """Say what is there and, if an experiment is given, where it would compute and in how much memory."""
        from metagen_gui.engine.hosts.preflight import foreseen  # loads torch

        return foreseen(data)

    def ask_start(self, said: Mapping[str, Any], data: bytes) -> None:
        """Put an experiment into the line, once per ticket."""
        text = data.decode()
        self.line.add(json.loads(text), text, str(said["name"]), ticket=_ticket(said))
        self.wake()

    def ask_tell(self, said: Mapping[str, Any], data: bytes) -> dict[str, Any]:
        """Say how a run stands."""
        entry = self.entry(said)
        if entry.state in ("waiting", "running"):
            self.wake()
        told = entry.model_dump(include={"state", "pausing", "problem", "device", "deaths", "meta_steps"})
        record = read_record(Path(entry.run)) if entry.run else None
        return {**told, "free": _free(), "record": record.state if record else "", "place": self._place(entry)}

    def ask_list(self, said: Mapping[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        """List the runs that were sent by others."""
        told = [
            {"ticket": each.ticket, "state": each.state, "name": each.name, "problem": each.problem}
            for each in self.line.entries()
            if each.ticket
        ]
        return {}, json.dumps(told).encode()

    def ask_wish(self, said: Mapping[str, Any], data: bytes) -> None:
        """Ask something of a run between two of its steps."""
        self.line.ask(self.entry(said).id, read_wish(said["wish"]))

    def ask_pause(self, said: Mapping[str, Any], data: bytes) -> None:
        """Hold a run back; one that goes on saves and ends. One that is over stays so."""
        entry = self.entry(said)
        if not entry.over:
            self.line.pause(entry.id)

    def ask_go(self, said: Mapping[str, Any], data: bytes) -> None:
        """Let a run go on that was held back, or has failed."""
        entry = self.entry(said)
        (self.line.retry if entry.state == "failed" else self.line.go)(entry.id)
        self.wake()

    def ask_release(self, said: Mapping[str, Any], data: bytes) -> None:
        """Take a run out of the line and, to `discard` it, throw its folder away; what is gone already is well."""
        with suppress(BadInput):
            entry = self.entry(said)
            self.line.remove(entry.id)
            if said.get("discard") and entry.run and Path(entry.run).is_dir():
                throw_away(Path(entry.run), entry.name)
        if any(each.ticket == said["ticket"] for each in self.line.entries()):
            raise BadInput(str(said["ticket"]), "is running; it has to pause first")

    def ask_said(self, said: Mapping[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        """Return the last of what a run's processes have printed."""
        with os.fdopen(open_regular(self.entry(said).said, os.O_RDONLY), "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - SAID_BYTES))
            return {}, file.read(SAID_BYTES)

    # -- files of a run ----------------------------------------------------------------------------------------------

    def ask_files(self, said: Mapping[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        """List the files of a run."""
        found = [[name, *about] for name, about in files_in(self.folder(said)).items()]
        return {}, json.dumps(found).encode()

    def ask_read(self, said: Mapping[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        """Return a piece of a file, with the size and the time of what it is a piece of."""
        with opened(self.folder(said), said["name"]) as file:
            status = os.fstat(file.fileno())
            file.seek(said["offset"])
            return {"size": status.st_size, "when": status.st_mtime_ns}, file.read(PIECE)

    def ask_grow(self, said: Mapping[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        """Return what follows `offset` in a growing file, or say that what is before it is not the same any more."""
        offset = int(said["offset"])
        with opened(self.folder(said), said["name"]) as file:
            size = os.fstat(file.fileno()).st_size
            if offset > size or (offset and tail_digest(file, offset) != said["tail"]):
                return {"other": True}, b""
            file.seek(offset)
            return {"size": size}, file.read(min(PIECE, size - offset))

    def ask_digests(self, said: Mapping[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        """Return the SHA-256 of every file of a run."""
        folder = self.folder(said)
        return {}, json.dumps({name: digest_of(folder, name) for name in files_in(folder)}).encode()

    # -- what is sent here -------------------------------------------------------------------------------------------

    def ask_have(self, said: Mapping[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        """List how much of what is being sent has come, and of data what there is already where it lies there."""
        there = list(sizes_at(Path(said["source"]).expanduser()).items()) if "source" in said else []
        return {}, json.dumps({"came": Received.of(said).sizes(), "there": there}).encode()

    def ask_put(self, said: Mapping[str, Any], data: bytes) -> None:
        """Take pieces of files, which follow one another in the bytes: of each its name, offset, length and time."""
        received, at = Received.of(said), 0
        for name, offset, length, when in said["parts"]:
            received.put(name, offset, data[at : at + length], when)
            at += length

    def ask_adopt(self, said: Mapping[str, Any], data: bytes) -> dict[str, Any]:
        """Take a run over that has come whole, and put it into the line; name the files that are not as they were."""
        ticket, wanted = _ticket(said), json.loads(data)
        if all(each.ticket != ticket for each in self.line.entries()):
            received = Received.of(said)
            if wrong := received.differing(wanted["digests"]):
                return {"wrong": wrong}
            folder = received.become(runs_folder(), str(said["name"]))
            self.line.add(wanted["experiment"], json.dumps(wanted["experiment"]), folder.name, folder, ticket=ticket)
        self.wake()
        return {}

    # -- the rest ----------------------------------------------------------------------------------------------------

    def entry(self, said: Mapping[str, Any]) -> Entry:
        """Return the run of a ticket; raise `BadInput` if there is none."""
        ticket = _ticket(said)
        known = self._ids.get(ticket)
        if known is not None:
            with suppress(BadInput):  # it may have been removed, and another be called so
                if (entry := self.line.entry(known)).ticket == ticket:
                    return entry
        for entry in self.line.entries():
            if entry.ticket == ticket:
                self._ids[ticket] = entry.id
                return entry
        raise BadInput("the run", "is not in the line there any more; somebody has removed it")

    def folder(self, said: Mapping[str, Any]) -> Path:
        """Return the folder of a run; of one that is not begun, one where nothing is."""
        entry = self.entry(said)
        return Path(entry.run) if entry.run else entry.folder / "run"

    def wake(self) -> None:
        """See to it that somebody works the line off; one is enough."""
        if time.monotonic() - self._woken < AGAIN or is_held(self.line.folder):
            return
        self._woken = time.monotonic()
        said = open_regular(self.line.folder / "work.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            subprocess.Popen(
                [*program(), "queue", "work", "--alone"],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
                creationflags=getattr(subprocess, "DETACHED_PROCESS", 0),
            )
        finally:
            os.close(said)

    def _place(self, entry: Entry) -> int:
        """Return how many runs are before one that waits."""
        before = (each for each in self.line.entries() if each.state in ("waiting", "running"))
        return sum(each.place < entry.place for each in before) if entry.state == "waiting" else 0


def _ticket(said: Mapping[str, Any]) -> str:
    ticket = str(said["ticket"])
    if not ticket.isalnum() or len(ticket) > 64:
        raise BadInput(ticket, "is no ticket")
    return ticket


def _free() -> int:
    """Return how many bytes are free where runs are kept, -1 where that is not told."""
    place = runs_folder()
    while not place.exists() and place != place.parent:
        place = place.parent
    with suppress(OSError):
        return shutil.disk_usage(place).free
    return -1
