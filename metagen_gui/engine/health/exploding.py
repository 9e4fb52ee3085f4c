"""Exploding inner loops: adaptation leaves tasks with a loss that is not finite."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from metagen_gui.engine.events import Event, Remedy, StepReport
from metagen_gui.engine.health.base import Detector, Finding, detectors
from metagen_gui.engine.health.remedies import lower, put

WINDOW = 10
"""Outer steps over which exploded tasks are counted: a run that ends after fifty lost steps is warned in time."""
MANY, FEW = 0.1, 0.02
"""Shares of the tasks at which the alarm is raised, and under which it ends. One task is enough to lose its whole outer
step, so that a tenth of them, spread evenly over meta-batches of sixteen, loses four steps of five."""
CLIP = 5.0
"""The limit of inner gradients that is offered where there is none; the default elsewhere."""


@detectors.register("exploding")
class Exploding(Detector):
    """Counts the tasks that explode."""

    title = "Exploding tasks"
    summary = "Adaptation leaves many tasks with a loss that is not finite."

    def __init__(self) -> None:
        super().__init__()
        self.counts: list[int] = []
        self.median: float | None = None
        self.sound_steps = 0

    def look(self, event: Event, settings: Mapping[str, Any]) -> Finding | None:
        """Return what the share of exploded tasks among the last steps says."""
        if not isinstance(event, StepReport) or event.phase == "warm-up":
            return None
        self.counts = [*self.counts[1 - WINDOW :], event.diverged]
        self.sound_steps += not event.diverged
        finite = [loss for loss in event.median_loss.values() if math.isfinite(loss)]
        if finite:
            self.median = finite[0]
        if len(self.counts) < WINDOW:
            return None
        at_once = int(settings["training.meta_batch_size"])
        tasks, exploded = WINDOW * at_once, sum(self.counts)
        if exploded <= FEW * tasks:
            return Finding("well")
        if exploded < MANY * tasks:
            return Finding("between")
        began = event.meta_step - WINDOW + 1 + next(place for place, count in enumerate(self.counts) if count)
        return Finding(
            "ill", self._sentence(exploded, tasks), self._remedies(event.diverged == at_once, settings), began
        )

    def _sentence(self, exploded: int, tasks: int) -> str:
        lost = sum(1 for count in self.counts if count)
        text = (
            f"{exploded:,} of the {tasks:,} tasks of the last {WINDOW} outer steps exploded "
            f"({exploded / tasks:.0%}): {lost} of these steps taught nothing."
        )
        return text + (f" The median loss of the others is {self.median:,.4g}." if self.median is not None else "")

    def _remedies(self, all_of_them: bool, settings: Mapping[str, Any]) -> tuple[Remedy, ...]:
        inner = lower(settings, "algorithm.inner_lr", "Lower the inner rate", 10)
        outer = lower(settings, "training.outer_lr", "Lower the outer rate", 10)
        clip = put(settings, "algorithm.inner_clip", "Limit inner gradients", CLIP)
        if settings.get("algorithm.inner_clip"):
            clip = lower(settings, "algorithm.inner_clip", "Limit inner gradients more", 5)
        # where steps went well before all tasks exploded at once, it is what the outer steps have learned
        return outer + inner + clip if all_of_them and self.sound_steps else inner + clip + outer
