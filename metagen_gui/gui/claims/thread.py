"""The thread that pulls a test of claims, and the mailbox between it and the window."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread

from metagen_gui.gui.run.training_thread import Outcome, pulled

if TYPE_CHECKING:
    from metagen_gui.engine.claims.events import ClaimsEvent

MOST_MESSAGES = 256


class ClaimsMailbox:
    """Of how far the test is, the latest wins; everything else is kept, the newest 256."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._advance: ClaimsEvent | None = None
        self._messages: deque[ClaimsEvent] = deque(maxlen=MOST_MESSAGES)

    def put(self, event: ClaimsEvent) -> None:
        """Store one event; called from the thread."""
        from metagen_gui.engine.claims.events import ClaimsAdvanced

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


class ClaimsThread(QThread):
    """Pulls the events of one test into `mailbox`; afterwards `outcome` says how it ended, None being a fault."""

    def __init__(
        self,
        begin: Callable[[], Generator[ClaimsEvent, None, object]],
        use_threads: Callable[[], object],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.mailbox = ClaimsMailbox()
        self.outcome: Outcome | None = None
        self._begin, self._use_threads = begin, use_threads
        self._told_to_stop = threading.Event()

    def stop(self) -> None:
        """Close the test as soon as it reports: a run that is under way is saved, what is done is kept."""
        self._told_to_stop.set()

    def run(self) -> None:
        """Qt's entry point: whatever happens, leave an outcome."""
        self.outcome = pulled(self._begin, self._use_threads, lambda: not self._told_to_stop.is_set(), self.mailbox.put)
