"""What is seen of a lane on its way: noted by the lane's own process in its run's folder, and read there by the race.

One line of JSON for every look at the validation tasks: the outer step, the seconds of computing until then, those of
them that did not go into steps, and the loss of every task after adaptation. One without losses tells the seconds at
a checkpoint, or at an end.
"""

from __future__ import annotations

import json
import math
from collections.abc import Generator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from metagen_gui.engine.events import Event, RunStarted, Saved, SettingChanged, StepReport, ValidationReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.files import append_text, read_file
from metagen_gui.engine.learning.meta_learner import STEPS
from metagen_gui.engine.learning.pace import Stopwatch
from metagen_gui.engine.races.budget import Budget

LOOKS = "looks.jsonl"
MAX_BYTES = 50_000_000


@dataclass(frozen=True)
class Look:
    """One look at a lane; of a line that only tells the seconds, `losses` is empty."""

    meta_step: int
    seconds: float
    looking: float
    losses: tuple[float, ...] = ()


def read_looks(run: Path) -> list[Look]:
    """Return what was noted of a run, of every outer step the newest, in order; what is torn is left out."""
    found: dict[tuple[int, bool], Look] = {}
    with suppress(OSError):
        for line in read_file(run / LOOKS, MAX_BYTES).splitlines():
            with suppress(ValueError, TypeError, KeyError, OverflowError, RecursionError):
                said: dict[str, Any] = json.loads(line)
                step, seconds, looking = int(said["meta_step"]), float(said["seconds"]), float(said["looking"])
                look = Look(step, seconds, looking, tuple(map(float, said["losses"])))
                if math.isfinite(seconds + looking):
                    found[step, not look.losses] = look  # the end comes last
    return [found[key] for key in sorted(found)]


def noted(
    experiment: Experiment, events: Generator[Event, None, None], budget: Budget | None = None
) -> Generator[Event, None, None]:
    """Yield the events of a lane's run, and note in its folder what is seen of it; a `budget` says when it ends.

    What a run that is stopped is looked at besides is left out: the one that is not interrupted has no such look.
    """
    training, clock = experiment.config("training"), _Clock()
    run, planned, saved = None, training.meta_steps, False
    try:
        with closing(events):
            while (event := clock.next_of(events)) is not None:
                if isinstance(event, RunStarted):
                    run, planned = event.folder, event.meta_steps
                    clock.go_on(event, read_looks(run))
                    if budget is not None:
                        budget.go_on(event.resumed_from, planned)
                elif isinstance(event, SettingChanged) and event.path == STEPS:
                    planned = event.value
                elif isinstance(event, ValidationReport) and run is not None:
                    step = event.meta_step
                    if step % training.validate_every == 0 or step == planned:
                        losses = tuple(float(loss) for loss in next(iter(event.by_task.values())))
                        _note(run, clock.look(step, losses))
                        if budget is not None:
                            budget.decide(step, planned, clock.done, clock.trained, training.warmup_steps)
                elif isinstance(event, StepReport) and saved and run is not None:
                    _note(run, clock.look(event.meta_step))  # it may be gone on with from here
                saved = isinstance(event, Saved) or (saved and not isinstance(event, StepReport))
                yield event
    finally:
        if run is not None:
            _note(run, clock.look(clock.done))


def _note(run: Path, look: Look) -> None:
    with suppress(OSError):  # a disk that refuses costs a point of a curve, and no race
        append_text(run / LOOKS, json.dumps(asdict(look)) + "\n")


@dataclass
class _Clock:
    """Counts the seconds of computing of a run, and those of them that it trained for."""

    watch: Stopwatch = field(default_factory=lambda: Stopwatch(on_cpu=True))
    trained: float = 0.0
    done: int = 0

    def next_of(self, events: Generator[Event, None, None]) -> Event | None:
        """Return the next event, None after the last one."""
        self.watch.start()
        try:
            event = next(events, None)
        finally:
            self.watch.stop()
        if isinstance(event, StepReport):
            self.done, self.trained = event.meta_step, self.trained + event.computing
        return event

    def go_on(self, started: RunStarted, before: list[Look]) -> None:
        """Go on counting at the outer step that a run goes on from: what came after it is done once more."""
        self.watch.on_cpu, self.done = started.device == "cpu", started.resumed_from
        for look in [look for look in before if look.meta_step <= self.done][-1:]:
            self.watch.seconds, self.trained = self.watch.seconds + look.seconds, look.seconds - look.looking

    def look(self, step: int, losses: tuple[float, ...] = ()) -> Look:
        """Return what is to be noted at an outer step."""
        return Look(step, self.watch.seconds, self.watch.seconds - self.trained, losses)
