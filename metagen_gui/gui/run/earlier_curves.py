"""What a run reported before it was resumed, told once more from its metrics."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from metagen_gui.engine.events import Event, Notice, RunStarted, StepReport, ValidationReport
from metagen_gui.gui.run.mailbox import Delivery

if TYPE_CHECKING:
    from metagen_gui.engine.store.library import Curves
    from metagen_gui.gui.run.mailbox import RunMailbox

TRAINED = "train/diverged"
"""The column that has a value in every row of training, and in no other."""


@dataclass(frozen=True)
class EarlierCurves:
    """The reports of a run up to where it goes on, and how long it had taken until then."""

    delivery: Delivery
    seconds: float


def read_earlier(curves: Curves, started: RunStarted) -> EarlierCurves:
    """Return the reports that `curves` hold of the steps before the run goes on."""
    steps = curves.meta_step
    seconds = curves.columns["seconds"]
    before = steps <= started.resumed_from
    trained = np.isfinite(curves.columns[TRAINED])
    losses = {player: curves.columns[f"train/query_loss/{player}"] for player in started.players}
    reports = [
        StepReport(
            int(steps[row]),
            float(seconds[row]),
            {player: float(values[row]) for player, values in losses.items()},
            diverged=int(curves.columns[TRAINED][row]),
        )
        for row in np.flatnonzero(before & trained)
    ]
    validations = [_validation(curves, int(row), started) for row in np.flatnonzero(before & ~trained)]
    return EarlierCurves(Delivery(reports, validations), float(np.nanmax(seconds[before], initial=0.0)))


def _validation(curves: Curves, row: int, started: RunStarted) -> ValidationReport:
    by_kind = {
        kind: {
            player: np.array(
                [
                    curves.columns[f"validation/{kind}/{player}/{step}"][row]
                    for step in range(started.adaptation_steps + 1)
                ]
            )
            for player in started.players
        }
        for kind in ("query_loss", "support_loss")
    }
    seconds = float(curves.columns["seconds"][row])
    return ValidationReport(int(curves.meta_step[row]), seconds, by_kind["query_loss"], by_kind["support_loss"], 0)


def told_from_the_start(
    events: Generator[Event, None, None], read_curves: Callable[[Path], Curves], mailbox: RunMailbox
) -> Generator[Event, None, None]:
    """Yield the events of a run; one that is resumed puts its earlier reports into the mailbox first.

    Reading them takes a while, so this belongs into the thread that trains.
    """
    with closing(events):
        for event in events:
            yield event
            if isinstance(event, RunStarted) and event.resumed_from:
                try:
                    mailbox.put(read_earlier(read_curves(event.folder), event))
                except Exception as error:  # the past is worth a message, not the run
                    why = " ".join(str(error).split()) or type(error).__name__
                    yield Notice(f"The curves before step {event.resumed_from:,} cannot be shown: {why}")
