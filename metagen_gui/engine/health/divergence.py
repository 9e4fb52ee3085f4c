"""Divergence: the query loss climbs far above the best that the run has seen, and stays there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import median
from typing import Any

from metagen_gui.engine.events import Event, SettingChanged, StepReport
from metagen_gui.engine.health.base import Detector, Finding, detectors
from metagen_gui.engine.health.remedies import lower

WINDOW = 25
"""Outer steps whose median is the level of the loss: one bad meta-batch does not move it."""
FAR, NEAR = 0.1, 0.05
"""An excess over the best level is far, or near enough again, as a share of all that the loss had fallen; healthy runs
whose loss falls far came to 0.02."""
NOISES = 8.0
"""…and it must be this many times what single steps scatter about their median, or luck with the tasks would do:
healthy runs came to 3.5, those that learn little among them."""
SCATTER = 1.4826
"""Standard deviations of a normal law in its median absolute deviation."""


@detectors.register("divergence")
class Divergence(Detector):
    """Follows the loss of a model with one player; the losses of opponents rise and fall with each other."""

    title = "Divergence"
    summary = "The query loss climbs far above the best that the run has seen, and stays there."
    patience = 10
    recovery = 25

    def __init__(self) -> None:
        super().__init__()
        self.start_over()

    def start_over(self) -> None:
        """Forget the level: what the loss measures has changed."""
        self.recent: list[float] = []
        self.steps: list[int] = []
        self.first: float | None = None
        self.best: float | None = None
        self.best_step = 0
        self.best_of = 0
        self.noise = 0.0
        self.phase = ""

    def look(self, event: Event, settings: Mapping[str, Any]) -> Finding | None:
        """Compare the level of the loss with the best one."""
        if isinstance(event, SettingChanged) and event.path.startswith(("model.", "tasks.")):
            self.start_over()
        if not isinstance(event, StepReport) or len(event.query_loss) != 1:
            return None
        if event.phase != self.phase or event.meta_step <= settings.get("training.ramp_steps", 0):
            self.start_over()
            self.phase = event.phase
        ((player, loss),) = event.query_loss.items()
        loss = event.median_loss.get(player, loss)
        if not math.isfinite(loss):
            return None  # that is told of exploding tasks
        self.first = loss if self.first is None else self.first
        self.recent = [*self.recent[1 - WINDOW :], loss]
        self.steps = [*self.steps[1 - WINDOW :], event.meta_step]
        level = median(self.recent)
        scatter = SCATTER * median(abs(each - level) for each in self.recent)
        if self.best is None or level < self.best:
            self.best, self.best_step, self.best_of, self.noise = level, event.meta_step, len(self.recent), scatter
        if len(self.recent) < WINDOW:
            return None
        if self.best_of < WINDOW:  # the median of the first few: what a window scatters is not known from them
            self.best_of, self.noise = WINDOW, max(self.noise, scatter)
        return self._compare(level, self.best, max(self.first - self.best, 0.0), settings)

    def _compare(self, level: float, best: float, fallen: float, settings: Mapping[str, Any]) -> Finding:
        excess = level - best
        noise = max(NOISES * self.noise, 0.01 * abs(best))
        if excess <= max(NEAR * fallen, noise / 2):
            return Finding("well")
        far = max(FAR * fallen, noise)
        if excess <= far:
            return Finding("between")
        began = next(step for step, loss in zip(self.steps, self.recent, strict=True) if loss - best > far)
        text = (
            f"The query loss has climbed to {level:,.4g}, far above its best of {best:,.4g} around step "
            f"{self.best_step:,}: training diverges."
        )
        remedies = lower(settings, "training.outer_lr", "Lower the outer rate", 10)
        remedies += lower(settings, "algorithm.inner_lr", "Lower the inner rate", 3)
        return Finding("ill", text, remedies, began)
