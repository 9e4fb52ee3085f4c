"""Reports of runs that never ran: losses, figures and samples as a test wants them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from metagen_gui.engine.events import Alarm, Event, Snapshot, StepReport, ValidationReport
from metagen_gui.engine.health import Health
from metagen_gui.engine.models.base import GenerativeModel
from metagen_gui.engine.models.gan import Gan
from metagen_gui.engine.models.vae import Vae
from metagen_gui.engine.tasks.strokes import Strokes

SETTINGS: dict[str, Any] = {
    "training.outer_lr": 0.003,
    "training.meta_batch_size": 16,
    "training.meta_steps": 8000,
    "training.ramp_steps": 0,
    "algorithm.inner_lr": 0.3,
    "algorithm.inner_clip": 5.0,
    "model.beta": 1.0,
    "model.latent_size": 8,
    "model.width": 256,
}
GAN: dict[str, Any] = {
    **{path: value for path, value in SETTINGS.items() if not path.startswith("model.")},
    "model.loss": "non_saturating",
    "model.penalty": 0.1,
    "model.mmd_weight": 0.0,
    "model.mode_seeking": 0.0,
    "model.discriminator_turns": 1,
    "model.generator_turns": 1,
}


def watch_over(settings: dict[str, Any], model: type[GenerativeModel] | None = None) -> Health:
    """Return the watch over a run on strokes; `model` is by default the one that `settings` are of."""
    model = model or (Gan if "model.loss" in settings else Vae)
    return Health(settings, (Strokes.remedies, model.remedies), model.signs)


def step(number: int, loss: float, **more: Any) -> StepReport:
    return StepReport(number, 0.0, {"vae": loss}, **more)


def falling(steps: int, high: float = 550.0, low: float = 110.0, noise: float = 4.0) -> list[StepReport]:
    """A loss that falls from `high` towards `low`, with the scatter of small meta-batches."""
    at = np.arange(steps)
    losses = low + (high - low) * np.exp(-at / 60) + noise * np.random.default_rng(0).normal(size=steps)
    return [step(number + 1, float(loss)) for number, loss in enumerate(losses)]


def validation(meta_step: int, losses: float | dict[str, float], **details: float) -> ValidationReport:
    """Losses after one adaptation step; before it they are 1 higher."""
    given = losses if isinstance(losses, dict) else {"vae": losses}
    ends = {player: np.array([loss + 1, loss]) for player, loss in given.items()}
    return ValidationReport(
        meta_step, 0.0, ends, ends, tasks=8, details={f"{name}/1": value for name, value in details.items()}
    )


def points(meta_step: int, spread: float, tasks: int = 3) -> Snapshot:
    """Points of spread 1, and samples of `spread` after adaptation; before it they lie apart in any case."""
    rng = np.random.default_rng(meta_step)

    def draw(*lead: int) -> np.ndarray:
        return rng.normal(size=(*lead, 2)).astype(np.float32)

    samples = np.stack([draw(tasks, 100), np.float32(spread) * draw(tasks, 100)], axis=1)
    return Snapshot(meta_step, ("a", "b", "c")[:tasks], (0, 1), draw(tasks, 10), draw(tasks, 10), samples)


def alarms(
    events: Iterable[Event], settings: dict[str, Any] | None = None, model: type[GenerativeModel] | None = None
) -> list[tuple[int, Alarm]]:
    """Return every alarm of `events` with the outer step at which it was told."""
    health = watch_over(SETTINGS if settings is None else settings, model)
    return [(getattr(event, "meta_step", 0), alarm) for event in events for alarm in health.watch(event)]


def kinds(events: Iterable[Event], settings: dict[str, Any] | None = None) -> list[str]:
    return [("over " if alarm.over else "") + alarm.kind for _, alarm in alarms(events, settings)]
