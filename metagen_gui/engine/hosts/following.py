"""A run that goes on at another machine, followed from here: a generator of events, as of one that goes on here.

Closing it lets the run go on there without anybody who follows. A link that is cut is made again, however often.
"""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from metagen_gui.engine.events import Afar, Event, Notice, RunBroken, RunFinished, Saved
from metagen_gui.engine.hosts.known import host_called
from metagen_gui.engine.hosts.link import Link, LinkLost, printed
from metagen_gui.engine.hosts.mirror import Mirror
from metagen_gui.engine.hosts.telling import Telling
from metagen_gui.engine.queue.wishes import Wish
from metagen_gui.engine.run.commands import Commands
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import manifests
from metagen_gui.engine.store.elsewhere import Elsewhere, forget_elsewhere, read_elsewhere
from metagen_gui.engine.store.lock import RunLock
from metagen_gui.engine.store.names import CHECKPOINTS, EVENTS, METRICS
from metagen_gui.engine.store.record import read_record

TICK, SAMPLES_EVERY, CHECKPOINTS_EVERY = 1.0, 2.0, 30.0
PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds before a link is tried again, the last from then on."""
FULL = 2**26
"""Bytes free on the disk there below which nothing can be saved."""


class Wishes(Commands):
    """A mailbox for a run that goes on at another machine: it can be paused there, too."""

    def __init__(self) -> None:
        super().__init__()
        self.holding: bool | None = None
        """Whether the run is to pause or to go on; None once the other machine has been told."""
        self.discarding = self.leaving = False
        """Whether nothing of a run that finishes is wanted · whether nobody looks on any more."""

    def pause(self) -> None:
        """Ask the run to save and end, to go on from there."""
        self.holding = True

    def go(self) -> None:
        """Let it go on."""
        self.holding = False


def follow(folder: Path, wishes: Wishes, clock: Callable[[], float] = time.monotonic) -> Generator[Event, None, None]:
    """Yield what a run reports that is kept in `folder` and goes on at another machine, and `Afar` every second.

    Ends with `RunFinished`, or without it once it was asked to finish. Raises `BadInput` if it goes on nowhere else or
    is not to be found there, `RunBroken` if it failed.
    """
    elsewhere = read_elsewhere(folder)
    if elsewhere is None:
        raise BadInput(str(folder), "does not go on at another machine")
    if elsewhere.next or not elsewhere.host:
        raise BadInput(str(folder), "was being moved when that was broken off; `metagen hosts move` goes on with it")
    lock = RunLock(folder)
    try:
        yield from Following(folder, elsewhere, wishes, clock).events()
    finally:
        lock.release()


class Following:
    """One run that is followed, through any number of links."""

    def __init__(self, folder: Path, elsewhere: Elsewhere, wishes: Wishes, clock: Callable[[], float]) -> None:
        self.folder, self.wishes, self.clock = folder, wishes, clock
        self.host, self.ticket = host_called(elsewhere.host), elsewhere.ticket
        self.mirror, self.telling = Mirror(folder, self.ticket), Telling(folder)
        self.waiting: deque[Wish] = deque()
        """What was asked for and has not been told to the other machine."""
        self.stand = Afar(self.host.name)
        self._complete = self._told_full = False
        self._device = ""

    def events(self) -> Iterator[Event]:
        """Yield the events of the run, and try again whenever the link is cut."""
        lost, tries = 0.0, 0
        while True:
            try:
                with Link(self.host) as link:
                    if tries:
                        yield Notice(f"The link to {self.host.name} is up again.")
                    tries = 0
                    yield from self._linked(link)
                    return
            except LinkLost as error:
                if not tries:
                    lost = self.clock()
                    yield Notice(f"{error}. The run goes on there without the link, which is tried again.")
                until = self.clock() + PAUSES[min(tries, len(PAUSES) - 1)]
                tries += 1
                while True:
                    yield replace(self.stand, lost=self.clock() - lost, why=error.why)
                    if self.clock() >= until:
                        break
                    time.sleep(min(TICK, max(0.0, until - self.clock())))

    def _linked(self, link: Link) -> Iterator[Event]:
        samples = checkpoints = -CHECKPOINTS_EVERY
        while True:
            began = self.clock()
            told = self._told(link)
            yield from self._warning(told)
            self._relay(link, told)
            if self.over:
                if (yield from self._ended(link, told)):
                    return
            else:
                yield from self._grown(link)
                if began - samples >= SAMPLES_EVERY:
                    self.mirror.look(link)
                    yield from self._meanwhile(self.mirror.take_samples(link), link)
                    samples = began
                if began - checkpoints >= CHECKPOINTS_EVERY:
                    yield from self._meanwhile(self.mirror.take_checkpoints(link), link)
                    checkpoints = began
            yield self.stand
            time.sleep(max(0.0, TICK - (self.clock() - began)))

    @property
    def over(self) -> bool:
        """Whether no process takes steps of the run there."""
        return self.stand.state in ("paused", "done", "failed")

    def _warning(self, told: dict[str, Any]) -> Iterator[Event]:
        """Say, once, that the disk there is full: the run itself has nowhere to write that."""
        free = told.get("free")
        full = type(free) is int and 0 <= free < FULL
        if full and not self._told_full:
            safe = max((int(path.stem[5:]) for path in manifests(self.folder / CHECKPOINTS)), default=-1)
            kept = f"the checkpoint of step {safe:,} is safe here" if safe >= 0 else "nothing is saved here yet"
            yield Notice(f"The disk of {self.host.name} is full: nothing more is saved there; {kept}.", grave=True)
        self._told_full = full

    def _told(self, link: Link) -> dict[str, Any]:
        """Ask how the run stands."""
        try:
            told, _ = link.ask("tell", ticket=self.ticket)
        except BadInput as problem:
            name = self.folder.name
            why = f"{problem.why}; what has come from there stays here, for: metagen hosts leave {name}"
            raise BadInput(problem.where, why) from None
        ahead, self._device = told.get("place"), printed(told.get("device", ""))
        self.stand = Afar(self.host.name, printed(told.get("state", "")), ahead if type(ahead) is int else 0)
        self._complete = self._complete and self.over
        return told

    def _relay(self, link: Link, told: dict[str, Any]) -> None:
        """Tell the other machine what is asked for here; what it has not heard waits for the next link."""
        for command in self.wishes.take():
            number = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
            self.waiting.append(Wish(number, command.what, command.path, command.value))
        running = self.stand.state in ("waiting", "running")
        while self.waiting and self.stand.state != "done":
            with suppress(BadInput):  # it has ended meanwhile
                link.ask("wish", ticket=self.ticket, wish=asdict(self.waiting[0]))
            self.waiting.popleft()
        if (self.wishes.finishing or self.wishes.holding is True) and running and not told.get("pausing"):
            link.ask("pause", ticket=self.ticket)
            self.wishes.holding = None
        elif self.wishes.holding is False and not self.wishes.finishing:
            with suppress(BadInput):  # it has ended meanwhile
                link.ask("go", ticket=self.ticket)
            self.wishes.holding = None

    def _grown(self, link: Link) -> Iterator[Event]:
        """Fetch what was added to metrics and events, and tell it."""
        for name in (METRICS, EVENTS):
            while self.mirror.grow(link, name):
                yield self.stand
        yield from self.telling.news(self._device)

    def _meanwhile(self, pieces: Iterator[int | None], link: Link) -> Iterator[Event]:
        """While files are fetched, keep curves going and whoever looks on awake, and tell of checkpoints that came."""
        last = self.clock()
        for step in pieces:
            if step is not None:
                yield Saved(step, self.folder / CHECKPOINTS / f"step-{step:08d}.json")
            if self.clock() - last > TICK:
                yield from self._grown(link)
                yield self.stand
                last = self.clock()

    def _ended(self, link: Link, told: dict[str, Any]) -> Generator[Event, None, bool]:
        """Fetch all of a run that does not go on; return whether nothing is left to be followed."""
        state = self.stand.state
        if self.wishes.discarding and self.wishes.finishing:
            link.ask("release", ticket=self.ticket, discard=True)
            forget_elsewhere(self.folder)
            return True
        if not self._complete:
            try:
                yield from self._meanwhile(self.mirror.complete(link), link)
            except BadInput:
                if state != "failed":
                    raise
            yield from self.telling.news(self._device)
            self._complete = True
        if state == "failed":
            raise RunBroken(f"{printed(told.get('problem', ''))} (at {self.host.name})")
        if state != "done" and not self.wishes.finishing:
            return False
        link.ask("release", ticket=self.ticket)
        forget_elsewhere(self.folder)
        record = read_record(self.folder)
        if state == "done" and record is not None:
            yield RunFinished(record.meta_step, record.seconds, self.folder)
        return True
