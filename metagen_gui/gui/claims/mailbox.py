"""The mailbox between the thread that pulls a test of claims and the window."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metagen_gui.engine.claims.examination.events import ClaimsEvent

MOST_MESSAGES = 256


class ClaimsMailbox:
    """Of how far the test is, the latest wins; everything else is kept, the newest 256."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._advance: ClaimsEvent | None = None
        self._messages: deque[ClaimsEvent] = deque(maxlen=MOST_MESSAGES)

    def put(self, event: ClaimsEvent) -> None:
        """Store one event; called from the thread."""
        from metagen_gui.engine.claims.examination.events import ClaimsAdvanced

        with self._lock:
            if isinstance(event, ClaimsAdvanced):
                self._advance = event
            else:
                self._messages.append(event)

    def take(self) -> list[ClaimsEvent]:
        """Return and forget everything, how far the test is last."""
        with self._lock:
            found = [*self._messages, *([self._advance] if self._advance else [])]
            self._messages.clear()
            self._advance = None
        return found
