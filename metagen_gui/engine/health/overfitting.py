"""Over-fitting to the training tasks: what is learned helps on them, and less and less on tasks held out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from metagen_gui.engine.events import Event, Remedy, SettingChanged, StepReport, ValidationReport
from metagen_gui.engine.health.base import Detector, Finding, detectors
from metagen_gui.engine.health.remedies import lower

WORSE = 0.02
"""How far the validation loss must lie above its best, as a share of all that it had fallen."""
UNSTEADY = 3.0
"""…and it must be this many times what it usually moves from one report to the next."""
SMOOTH = 0.25
"""Weight of a report in the running means of the training loss and of the usual move."""


@detectors.register("overfitting")
class Overfitting(Detector):
    """Follows the losses of a model with one player: those of opponents do not compare from step to step."""

    title = "Over-fitting"
    summary = "What is learned helps on training tasks, and less and less on tasks held out."
    patience = 4
    recovery = 2

    def __init__(self) -> None:
        super().__init__()
        self.start_over()

    def start_over(self) -> None:
        """Forget the best: what the losses measure has changed."""
        self.total, self.steps = 0.0, 0
        self.first: float | None = None
        self.last: float | None = None
        self.best: float | None = None
        self.best_step = 0
        self.train = self.train_at_best = 0.0
        self.usual_move = 0.0

    def look(self, event: Event, settings: Mapping[str, Any]) -> Finding | None:
        """Compare the loss on held-out tasks with its best, and the training loss with what it was then."""
        match event:
            case SettingChanged(path=path) if path.startswith(("model.", "tasks.")):
                self.start_over()
            case StepReport(phase="meta-training") if len(event.query_loss) == 1:
                (loss,) = event.query_loss.values()
                if math.isfinite(loss):
                    self.total, self.steps = self.total + loss, self.steps + 1
            case ValidationReport() if len(event.query_loss) == 1:
                (losses,) = event.query_loss.values()
                return self._compare(float(losses[-1]), event.meta_step, settings)
        return None

    def _compare(self, loss: float, step: int, settings: Mapping[str, Any]) -> Finding | None:
        if not math.isfinite(loss) or not self.steps or step <= settings.get("training.ramp_steps", 0):
            return None
        mean = self.total / self.steps
        self.total, self.steps = 0.0, 0
        if self.first is None or self.best is None or self.last is None:
            self.first = self.best = self.last = loss
        move, self.last = abs(loss - self.last), loss
        worse = loss - self.best
        if worse <= 0:
            self.best, self.best_step, self.train, self.train_at_best = loss, step, mean, mean
        else:  # while it falls fast, moves say nothing about how steady it is
            self.train = (1 - SMOOTH) * self.train + SMOOTH * mean
            self.usual_move = move if not self.usual_move else (1 - SMOOTH) * self.usual_move + SMOOTH * move
        far = max(WORSE * (self.first - self.best), UNSTEADY * self.usual_move)
        if worse <= far / 2:
            return Finding("well")
        if worse <= far or self.train >= self.train_at_best:
            return Finding("between")
        text = (
            f"The loss on held-out tasks has been rising since step {self.best_step:,}, from {self.best:.4g} to "
            f"{loss:.4g}, while that on the training tasks fell from {self.train_at_best:.4g} to {self.train:.4g}: the "
            "model learns them by heart."
        )
        return Finding("ill", text, self._remedies(settings), began=self.best_step)

    def _remedies(self, settings: Mapping[str, Any]) -> tuple[Remedy, ...]:
        return (
            lower(settings, "training.outer_lr", "Lower the outer rate", 10)
            + self.advised(settings)
            + (Remedy("Stop at the best step", "training.meta_steps", self.best_step),)
        )
