"""Posterior collapse: a model's latents carry nothing, so that every example of a task is the same to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metagen_gui.engine.events import Event, ValidationReport
from metagen_gui.engine.health.base import Detector, Finding, detectors
from metagen_gui.engine.health.signs import PosteriorSigns

EMPTY, FILLED = 0.1, 0.3
"""Nats of KL per example: nothing is said about it with fewer than the one, something again with more than the other.
Collapsed VAEs had 0.0001 to 0.015; a healthy one of strokes 6 after 150 steps."""


@detectors.register("posterior_collapse")
class PosteriorCollapse(Detector):
    """Looks at the KL and at the active units after adaptation, on held-out tasks."""

    title = "Posterior collapse"
    summary = "The latents carry next to nothing of an example."
    patience = 4
    recovery = 2

    def look(self, event: Event, settings: Mapping[str, Any]) -> Finding | None:
        """Return what the KL shows, once it counts in full."""
        if not isinstance(event, ValidationReport) or event.meta_step <= settings.get("training.ramp_steps", 0):
            return None
        if not isinstance(self.signs, PosteriorSigns):
            return None
        last = len(next(iter(event.query_loss.values()))) - 1
        kl, active = (event.details.get(f"{name}/{last}") for name in (self.signs.kl, self.signs.active))
        if kl is None or active is None or not kl < float("inf"):
            return None
        if kl >= EMPTY and active >= 1:
            return Finding("well" if kl >= FILLED else "between")
        size = settings.get(self.signs.latents)
        units = f"{active:.1f} of {size} latents are" if size else f"{active:.1f} latents are"
        text = f"The latents carry almost nothing: a KL of {kl:.2g} nats per example, and {units} active."
        return Finding("ill", text, self.advised(settings))
