"""Between the training thread and the window: a bounded mailbox, filled at any pace and emptied by a timer.

A queued signal per step would lock the two threads to each other and grow without bound behind a frozen window.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from metagen_gui.engine.events import Event, RatesReport, Snapshot, StepReport, ValidationReport

if TYPE_CHECKING:
    from metagen_gui.gui.run.earlier_curves import EarlierCurves

MOST_STEPS = 4096
"""Step reports held before neighbours are merged: more than a screen has pixels."""
MOST_VALIDATIONS = 512
MOST_MESSAGES = 256


@dataclass(frozen=True)
class Delivery:
    """What arrived since the last visit, oldest first in each list."""

    steps: list[StepReport] = field(default_factory=list)
    validations: list[ValidationReport] = field(default_factory=list)
    rates: RatesReport | None = None
    """The latest learned rates."""
    messages: list[Event | EarlierCurves] = field(default_factory=list)
    """Everything that is neither a curve nor a picture: `RunStarted`, `Saved`, `Notice` …"""

    def with_curves_of(self, later: Delivery) -> Delivery:
        """Return this with the curves and rates that arrived since, merged where there are too many."""
        steps, validations = [*self.steps, *later.steps], [*self.validations, *later.validations]
        _bound(steps, validations, MOST_STEPS)
        return replace(self, steps=steps, validations=validations, rates=later.rates or self.rates)


class RunMailbox:
    """Scalars are kept, merged when there are too many; of rates and pictures (all on disk) the latest wins."""

    def __init__(self, most_steps: int = MOST_STEPS) -> None:
        self._lock = threading.Lock()
        self._most_steps = most_steps
        self._steps: list[StepReport] = []
        self._validations: list[ValidationReport] = []
        self._rates: RatesReport | None = None
        self._messages: deque[Event | EarlierCurves] = deque(maxlen=MOST_MESSAGES)
        self._snapshot: Snapshot | None = None

    def put(self, event: Event | EarlierCurves) -> None:
        """Store one event; called from the training thread."""
        with self._lock:
            match event:
                case StepReport():
                    self._steps.append(event)
                    _bound(self._steps, self._validations, self._most_steps)
                case ValidationReport():
                    self._validations.append(event)
                    _bound(self._steps, self._validations, self._most_steps)
                case RatesReport():
                    self._rates = event
                case Snapshot():
                    self._snapshot = event
                case _:
                    self._messages.append(event)

    def take(self) -> Delivery:
        """Return and forget everything but the snapshot."""
        with self._lock:
            delivery = Delivery(self._steps, self._validations, self._rates, list(self._messages))
            self._steps, self._validations, self._rates = [], [], None
            self._messages.clear()
            return delivery

    def take_snapshot(self) -> Snapshot | None:
        """Return and forget the latest snapshot."""
        with self._lock:
            snapshot, self._snapshot = self._snapshot, None
            return snapshot


def _bound(steps: list[StepReport], validations: list[ValidationReport], most_steps: int) -> None:
    while len(steps) > most_steps:
        steps[:] = merged_in_pairs(steps)
    while len(validations) > MOST_VALIDATIONS:
        del validations[0:-1:2]


def merged_in_pairs(steps: list[StepReport]) -> list[StepReport]:
    """Return half as many reports: each pair becomes its later one with mean losses and both divergences.

    The newest report of an odd number stays as it is. A loss that is not finite stays visible in the mean.
    """
    pairs = [_merged(earlier, later) for earlier, later in zip(steps[0::2], steps[1::2], strict=False)]
    return pairs + (steps[-1:] if len(steps) % 2 else [])


def _merged(earlier: StepReport, later: StepReport) -> StepReport:
    return replace(
        later,
        query_loss=_means(earlier.query_loss, later.query_loss),
        diverged=earlier.diverged + later.diverged,
    )


def _means(earlier: Mapping[str, float], later: Mapping[str, float]) -> dict[str, float]:
    return {player: (earlier.get(player, loss) + loss) / 2 for player, loss in later.items()}
