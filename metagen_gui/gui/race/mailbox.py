"""The mailbox between the thread that runs a race and the window."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field

from metagen_gui.engine.events import Snapshot
from metagen_gui.engine.races.events import LaneSampled, Led, RaceAdvanced, RaceEvent

MOST_MESSAGES = 4_096


@dataclass
class RaceDelivery:
    """What came since the last look: what is kept, in order, and the newest of what only the newest counts of."""

    events: list[RaceEvent] = field(default_factory=list)
    snapshots: dict[int, Snapshot] = field(default_factory=dict)
    advanced: RaceAdvanced | None = None
    led: Led | None = None


class RaceMailbox:
    """Of samples, who leads and how far it is, the latest wins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting = RaceDelivery()
        self._events: deque[RaceEvent] = deque(maxlen=MOST_MESSAGES)

    def put(self, event: RaceEvent) -> None:
        """Store one event; called from the thread."""
        with self._lock:
            if isinstance(event, RaceAdvanced):
                self._waiting.advanced = event
            elif isinstance(event, Led):
                self._waiting.led = event
            elif isinstance(event, LaneSampled):
                self._waiting.snapshots[event.lane] = event.snapshot
            else:
                self._events.append(event)

    def take(self) -> RaceDelivery:
        """Return and forget everything."""
        with self._lock:
            found, self._waiting = self._waiting, RaceDelivery()
            found.events = [*self._events]
            self._events.clear()
        return found
