"""What a run reported before it was resumed, told once more from its metrics."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from metagen_gui.engine.events import Event, Notice, RunStarted
from metagen_gui.gui.run.mailbox import Delivery

if TYPE_CHECKING:
    from metagen_gui.engine.store.reports import EarlierReports
    from metagen_gui.gui.run.mailbox import RunMailbox


@dataclass(frozen=True)
class EarlierCurves:
    """The reports of a run up to where it goes on, and how long it had taken until then."""

    delivery: Delivery
    seconds: float


def told_from_the_start(
    events: Generator[Event, None, None],
    read: Callable[[Path, RunStarted], EarlierReports],
    mailbox: RunMailbox,
) -> Generator[Event, None, None]:
    """Yield the events of a run; one that is resumed puts its earlier reports into the mailbox first.

    Reading them takes a while, so this belongs into the thread that trains.
    """
    with closing(events):
        for event in events:
            yield event
            if isinstance(event, RunStarted) and event.resumed_from:
                try:
                    earlier = read(event.folder, event)
                    mailbox.put(EarlierCurves(Delivery(earlier.steps, earlier.validations), earlier.seconds))
                except Exception as error:  # the past is worth a message, not the run
                    why = " ".join(str(error).split()) or type(error).__name__
                    yield Notice(f"The curves before step {event.resumed_from:,} cannot be shown: {why}")
