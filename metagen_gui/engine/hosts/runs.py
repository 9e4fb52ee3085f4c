"""What a person does with runs at other machines: start, steer, end and move them. Each is known by its folder here."""

from __future__ import annotations

import json
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from metagen_gui.engine.events import Afar
from metagen_gui.engine.experiment import MAX_BYTES, Experiment
from metagen_gui.engine.files import read_file, write_atomically
from metagen_gui.engine.hosts.following import Wishes, follow
from metagen_gui.engine.hosts.known import HERE, Host, host_called
from metagen_gui.engine.hosts.link import Link, LinkLost, printed
from metagen_gui.engine.hosts.mirror import Mirror
from metagen_gui.engine.hosts.sending import Progress, data_of, send_data, send_run
from metagen_gui.engine.queue.wishes import Wish
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.elsewhere import Elsewhere, forget_elsewhere, read_elsewhere, write_elsewhere
from metagen_gui.engine.store.lock import RunLock
from metagen_gui.engine.store.names import (
    CHECKPOINTS,
    EXPERIMENT,
    SAMPLES,
    has_checkpoint,
    is_run_folder,
    make_run_folder,
    runs_folder,
)
from metagen_gui.engine.store.record import RunRecord, read_record, write_record
from metagen_gui.engine.store.trash import throw_away

TRIES, BETWEEN = 3, 2.0
STEP = 0.5
"""Seconds between looks at whether a run has paused."""


def start(experiment: Experiment, host: Host, out: Path | None = None, name: str = "") -> Path:
    """Put an experiment into the line of another machine and return the folder that is to hold the run here.

    What it needs has to be there: see `sending.send_data`. Raises `BadInput`, `LinkLost`.
    """
    experiment.check()
    ticket, text = secrets.token_hex(16), experiment.to_json(complete=True)
    folder, new = _new_folder(experiment, out)
    try:
        for inner in (SAMPLES, CHECKPOINTS):
            (folder / inner).mkdir(exist_ok=True)
        write_atomically(folder / EXPERIMENT, text.encode())
        steps = experiment.config("training").meta_steps
        write_record(folder, RunRecord(state="running", began=time.time(), meta_steps=steps))
        write_elsewhere(folder, Elsewhere(host.name, ticket))  # first: whatever happens then, it is known of here
    except OSError as error:
        raise BadInput(str(folder), error.strerror or str(error)) from None
    try:
        _insisting(host, lambda link: link.ask("start", text.encode(), ticket=ticket, name=name or folder.name))
    except BadInput:
        if new:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def run_called(name: str) -> Path:
    """Return the folder of a run at another machine, by its path or its name among the runs; raise `BadInput`."""
    for folder in (Path(name), runs_folder() / name):
        if folder.is_dir() and read_elsewhere(folder) is not None:
            return folder
    raise BadInput(name, "is no run that goes on at another machine; `metagen hosts runs` lists them")


def runs_elsewhere() -> list[tuple[Path, Elsewhere]]:
    """Return the folders of the runs that go on at other machines, and where each is."""
    try:
        folders = sorted(folder for folder in runs_folder().iterdir() if folder.is_dir())
    except OSError:
        return []
    return [(folder, found) for folder in folders if (found := read_elsewhere(folder)) is not None]


def states_at(host: Host) -> dict[str, tuple[str, str]]:
    """Return by ticket how the runs stand that were sent to a machine, and why they failed; raise `LinkLost`."""
    with Link(host) as link:
        _, data = link.ask("list")
    found = _listed(data, host)
    return {printed(one.get("ticket")): (printed(one.get("state")), printed(one.get("problem", ""))) for one in found}


def ask(folder: Path, what: str, path: str = "", value: object = None) -> None:
    """Ask a run for something: to `pause`, to `go` on, or as `commands.Command` does. Raises `BadInput`, `LinkLost`."""
    where = _where(folder)
    if what in ("pause", "go"):
        _insisting(host_called(where.host), lambda link: link.ask(what, ticket=where.ticket))
    else:
        wish = Wish(f"{time.time_ns():020d}-{secrets.token_hex(4)}", what, path, value)  # type: ignore[arg-type]
        _insisting(host_called(where.host), lambda link: link.ask("wish", ticket=where.ticket, wish=vars(wish)))


def finish(folder: Path) -> None:
    """End a run early, fetch all of it, and let it be this computer's; raise `BadInput`, `LinkLost`."""
    wishes = Wishes()
    wishes.finish()
    with closing(follow(folder, wishes)) as events:
        for event in events:
            if isinstance(event, Afar) and event.lost is not None:
                raise LinkLost(event.host, event.why)


def discard(folder: Path) -> None:
    """End a run, and move it to the trash there and here; raise `BadInput`, `LinkLost`."""
    where, lock = _where(folder), RunLock(folder)
    try:
        with Link(host_called(where.host)) as link:
            _until_at_rest(link, where.ticket)
            link.ask("release", ticket=where.ticket, discard=True)
        forget_elsewhere(folder)
    finally:
        lock.release()
    throw_away(folder)


def leave(folder: Path) -> None:
    """Let a run be this computer's, whatever becomes of it there: for a machine that is gone."""
    lock = RunLock(folder)
    try:
        forget_elsewhere(folder)
    finally:
        lock.release()


def move(folder: Path, to: str, progress: Progress = lambda *_: None, say: Callable[[str], object] = str) -> None:
    """Have a run go on at another machine, or `here`, from where it is: both hold the same, bit for bit.

    It pauses where it is, is fetched, sent, and taken away there only when it is in the other line. Broken off at any
    moment it is in one line, or in none and here; called again it goes on. Raises `BadInput`, `LinkLost`.
    """
    if not is_run_folder(folder):
        raise BadInput(str(folder), "not a run folder")
    target = None if to == HERE else host_called(to)
    lock = RunLock(folder)
    try:
        where = _settled(folder)
        if where is None and target is None:
            raise BadInput(str(folder), "is here; go on with it: metagen train --resume")
        if where is not None and target is not None and where.host == target.name:
            raise BadInput(str(folder), f"is at {to} already")
        record = read_record(folder)
        if where is None and record is not None and record.state == "finished":
            raise BadInput(str(folder), "has taken all its steps")
        if target is not None:
            with Link(target) as link:  # before anything is stopped
                link.refuse_other_version()
        if where is not None:
            say(f"pausing at {where.host}")
            _fetch_whole(folder, where)
        if target is not None:
            say(f"sending to {target.name}")
            _hand_over(folder, where or Elsewhere("", ""), target, progress)
            where = read_elsewhere(folder)
        if where is not None and where.host:
            with Link(host_called(where.host)) as link:
                link.ask("release", ticket=where.ticket, discard=True)
        _be_at(folder, Elsewhere(where.to, where.next) if where is not None and where.to else None)
    finally:
        lock.release()


def _hand_over(folder: Path, where: Elsewhere, target: Host, progress: Progress) -> None:
    ticket = secrets.token_hex(16)
    write_elsewhere(folder, replace(where, to=target.name, next=ticket))  # whatever happens, nothing goes on twice
    try:
        text = read_file(folder / EXPERIMENT, MAX_BYTES)
        with Link(target) as link:
            if path := data_of(json.loads(text)):
                send_data(link, path, progress)
            if has_checkpoint(folder):
                send_run(link, folder, ticket, progress)
            else:
                link.ask("start", text, ticket=ticket, name=folder.name)
    except BadInput:  # it is not there; where it was, it is paused
        _be_at(folder, where if where.host else None)
        raise
    except (OSError, ValueError) as error:
        raise BadInput(str(folder / EXPERIMENT), getattr(error, "strerror", "") or "not JSON") from None


def _be_at(folder: Path, where: Elsewhere | None) -> None:
    write_elsewhere(folder, where) if where is not None else forget_elsewhere(folder)


def _settled(folder: Path) -> Elsewhere | None:
    """Return where a run is; of a move that was broken off, ask the other machine whether it had come to its end."""
    where = read_elsewhere(folder)
    if where is None or not where.next:
        if where is not None and not where.host:
            raise BadInput(str(folder), "does not say where it goes on; metagen hosts leave makes it this computer's")
        return where
    with Link(host_called(where.to)) as link:
        _, data = link.ask("list")
    arrived = any(one.get("ticket") == where.next for one in _listed(data, link.host))
    if arrived and where.host:
        with suppress(LinkLost), Link(host_called(where.host)) as link:  # if it is gone, the run stays paused there
            link.ask("release", ticket=where.ticket, discard=True)
    before = Elsewhere(where.host, where.ticket) if where.host else None
    settled = Elsewhere(where.to, where.next) if arrived else before
    _be_at(folder, settled)
    return settled


def _fetch_whole(folder: Path, where: Elsewhere) -> None:
    """Pause a run where it is, and make what is here the same; raise `BadInput` if it has ended there."""
    with Link(host_called(where.host)) as link:
        state = _until_at_rest(link, where.ticket)
        if has_checkpoint(folder) or _begun(link, where.ticket):
            for _ in Mirror(folder, where.ticket).complete(link):
                pass
        if state == "done":
            raise BadInput(str(folder), "has taken all its steps; metagen hosts attach fetches the rest")


def _begun(link: Link, ticket: str) -> bool:
    return len(link.ask("files", ticket=ticket)[1]) > len("[]")


def _listed(data: bytes, host: Host) -> list[dict[str, Any]]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise LinkLost(host.name, "has sent something that cannot be read") from None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _until_at_rest(link: Link, ticket: str) -> str:
    """Pause a run, wait until no process of it is left, and return how it stands."""
    while True:
        told, _ = link.ask("tell", ticket=ticket)
        state = told.get("state")
        if state in ("paused", "done", "failed"):
            return str(state)
        if not told.get("pausing"):
            link.ask("pause", ticket=ticket)
        time.sleep(STEP)


def _insisting(host: Host, do: Callable[[Link], object]) -> None:
    """Do something that may be done twice over a new link, and again where that is cut."""
    for left in reversed(range(TRIES)):
        try:
            with Link(host) as link:
                do(link)
                return
        except LinkLost:
            if not left:
                raise
            time.sleep(BETWEEN)


def _where(folder: Path) -> Elsewhere:
    where = read_elsewhere(folder)
    if where is None or not where.host or where.next:
        raise BadInput(str(folder), "goes on nowhere else that is known; `metagen hosts runs` lists what does")
    return where


def _new_folder(experiment: Experiment, out: Path | None) -> tuple[Path, bool]:
    """Return an empty folder, and whether it was made."""
    try:
        if out is None:
            return make_run_folder(f"{experiment.algorithm}-{experiment.model}-{experiment.tasks}"), True
        new = not out.exists()
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise BadInput(str(out), "the folder for a new run must be empty")
        return out, new
    except OSError as error:
        raise BadInput(str(out or runs_folder()), error.strerror or str(error)) from None
