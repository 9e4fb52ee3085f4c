"""A discriminator that wins: it tells samples from data so surely that the generator has nothing left to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metagen_gui.engine.events import Event, ValidationReport
from metagen_gui.engine.health.base import Detector, Finding, detectors
from metagen_gui.engine.health.signs import ContestSigns


@detectors.register("discriminator_wins")
class DiscriminatorWins(Detector):
    """Looks at D's margin after adaptation, on held-out tasks, while G's loss is above where it began."""

    title = "Discriminator wins"
    summary = "The discriminator tells samples from data so surely that the generator learns nothing more."
    patience = 3
    recovery = 2

    def __init__(self) -> None:
        super().__init__()
        self.first: float | None = None

    def look(self, event: Event, settings: Mapping[str, Any]) -> Finding | None:
        """Return what margin and generator's loss show."""
        signs = self.signs
        if not isinstance(event, ValidationReport) or not isinstance(signs, ContestSigns):
            return None
        limits = signs.won.get(settings.get(signs.form, ""))
        generator, discriminator = (event.query_loss.get(player) for player in (signs.generator, signs.discriminator))
        if limits is None or generator is None or discriminator is None:
            return None
        margin, loss = event.details.get(f"{signs.margin}/{len(generator) - 1}"), float(generator[-1])
        if margin is None:
            return None
        self.first = loss if self.first is None else self.first
        won, open_again = limits
        if not margin < won and loss > self.first:
            text = (
                f"The discriminator wins: it tells data from samples by a margin of {margin:.3g}, at a loss of "
                f"{discriminator[-1]:.3g}, and the generator's loss has gone from {self.first:.3g} to {loss:.3g}."
            )
            return Finding("ill", text, self.advised(settings))
        return Finding("well" if margin < open_again or loss <= self.first else "between")
