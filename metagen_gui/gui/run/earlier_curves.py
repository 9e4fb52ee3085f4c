"""What a run reported before it was resumed, told once more from its metrics."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from metagen_gui.engine.events import Event, Notice, RunStarted, SettingChanged, resumed_at
from metagen_gui.engine.store.reports import looked_at, read_reports
from metagen_gui.engine.store.snapshots import kept_steps, read_snapshot
from metagen_gui.gui.run.mailbox import Delivery

if TYPE_CHECKING:
    from metagen_gui.engine.store.reports import EarlierReports
    from metagen_gui.gui.run.mailbox import RunMailbox


@dataclass(frozen=True)
class EarlierCurves:
    """The reports of a run up to where it goes on, how long it had taken until then, and what was changed."""

    delivery: Delivery
    seconds: float
    changes: Sequence[SettingChanged] = ()


def told_again(folder: Path, mailbox: RunMailbox) -> Generator[Event, None, None]:
    """Yield what a run has reported, from its folder: nothing is computed, and the run does not go on.

    Raises `BadInput` if its metrics or its last samples cannot be read.
    """
    started = looked_at(folder)
    yield started
    earlier = read_reports(folder, started)
    mailbox.put(EarlierCurves(Delivery(earlier.steps, earlier.validations), earlier.seconds, earlier.changes))
    for step in kept_steps(folder)[-1:]:
        yield read_snapshot(folder, step)


def told_from_the_start(
    events: Generator[Event, None, None],
    mailbox: RunMailbox,
    read: Callable[[Path, RunStarted], EarlierReports] = read_reports,
) -> Generator[Event, None, None]:
    """Yield the events of a run; one that is resumed puts its earlier reports into the mailbox first.

    Reading them takes a while, so this belongs into the thread that trains.
    """
    with closing(events):
        begun_at = 0
        for event in events:
            if begun_at and event == Notice(resumed_at(begun_at), begun_at):
                continue  # the status line says so, and the plot
            yield event
            if isinstance(event, RunStarted) and event.resumed_from:
                begun_at = event.resumed_from
                try:
                    earlier = read(event.folder, event)
                    curves = Delivery(earlier.steps, earlier.validations)
                    mailbox.put(EarlierCurves(curves, earlier.seconds, earlier.changes))
                except Exception as error:  # the past is worth a message, not the run
                    why = " ".join(str(error).split()) or type(error).__name__
                    yield Notice(f"The curves before step {event.resumed_from:,} cannot be shown: {why}")
