"""A run's turn, as seen by its own process: it takes the entry, and says how it ended."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from metagen_gui.engine.events import MemoryPlan
from metagen_gui.engine.queue.entry import Entry
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.queue.wishes import Wish, taken_wishes
from metagen_gui.engine.queue.worker import has_room
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.lock import RunLock

SHARE = 0.8
"""Of a machine's memory that runs side by side may need, as they predict it."""
INTERVAL = 0.5
"""Seconds between looks at whether the run is asked to pause."""


class NotMeant(BadInput):
    """The entry is no longer this process's: another was started in its place, or it was removed."""


class Turn:
    """One entry while its process holds it."""

    def __init__(self, line: Line, entry: Entry) -> None:
        self.line, self.entry = line, entry
        self.problem = ""
        """Why the run failed."""

    def stands_back(self, device: str, plan: MemoryPlan | None) -> bool:
        """Note what the run will need; return whether it has to wait, since others go on and memory would not do.

        It is tried again when there is room, and by itself in any case: then fewer tasks are taken at a time.
        """
        with self.line.held():
            entries = self.line.entries()
            beside = [one for one in entries if one.state == "running" and one.id != self.entry.id]
            needs = 0 if plan is None else plan.needed * -(-plan.tasks // plan.chunk)
            room = int(SHARE * max(plan.free if plan else 0, _all_memory() if device == "cpu" else 0))
            mine = self.line.entry(self.entry.id).model_copy(update={"device": device, "needs": needs, "room": room})
            short = plan is not None and bool(plan.free) and needs > SHARE * plan.free
            others = [one for one in beside if one.device == device]
            back = bool(others) and (short or not has_room(mine, beside))
            self.line.change(self.line.entry(self.entry.id), device=device, needs=needs, room=room if back else 0)
            return back

    @contextmanager
    def heeding(
        self, finish: Callable[[], object], obey: Callable[[Wish], object] = lambda wish: None
    ) -> Iterator[None]:
        """Call `finish` once if the entry is asked to pause, and `obey` with all else that is asked of it."""
        over = threading.Event()

        def watch() -> None:
            with suppress(BadInput):  # its folder was deleted by hand; the run is none the worse
                while not over.wait(INTERVAL):
                    for wish in taken_wishes(self.entry.folder):
                        obey(wish)
                    if self.line.entry(self.entry.id).pausing:
                        finish()
                        return

        watching = threading.Thread(target=watch, daemon=True)
        watching.start()
        try:
            yield
        finally:
            over.set()
            watching.join()


@contextmanager
def taken(line: Line, name: str, claim: str) -> Iterator[Turn]:
    """Hold an entry for this process, and say how it stands afterwards; raise `NotMeant` if it is not this one's."""
    entry = line.entry(name)
    lock = RunLock(entry.folder)
    try:
        with line.held():
            entry = line.entry(name)
            if entry.claim != claim or entry.state != "running":
                raise NotMeant(name, "was given to another process")
        turn = Turn(line, entry)
        try:
            yield turn
        except Exception as error:
            turn.problem = " ".join(str(error).split()) or type(error).__name__
            raise
        finally:
            with line.held():
                line.settle(line.entry(name), turn.problem)
    finally:
        lock.release()


def _all_memory() -> int:
    """Return the memory of this machine in bytes, 0 where it is not told."""
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return 0
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
