"""A discriminator that wins: it tells samples from data so surely that the generator has nothing left to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metagen_gui.engine.events import Event, Remedy, ValidationReport
from metagen_gui.engine.health.base import Detector, Finding, detectors
from metagen_gui.engine.health.remedies import lower

WON: Mapping[str, tuple[float, float]] = {"non_saturating": (6.0, 4.0), "hinge": (1.9, 1.5)}
"""Per form of the loss, margins D(x) − D(G(z)) at which D has won, and under which it has not any more.

For `non_saturating` D's outputs are log-odds: at a margin of 6, split evenly, it is twenty to one sure on either side
and its loss is 0.1, where 1.39 would be a draw. The hinge gives nothing beyond 2, where its loss is 0. A Wasserstein
critic is meant to be far ahead of G, and its slope is held to 1, so it is never said to win. Healthy runs had margins
below 0.1, sick ones 7 to 22.
"""


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
        if not isinstance(event, ValidationReport) or settings.get("model.loss") not in WON:
            return None
        generator, discriminator = (event.query_loss.get(player) for player in ("generator", "discriminator"))
        if generator is None or discriminator is None:
            return None
        margin, loss = event.details.get(f"margin/{len(generator) - 1}"), float(generator[-1])
        if margin is None:
            return None
        self.first = loss if self.first is None else self.first
        won, open_again = WON[settings["model.loss"]]
        if not margin < won and loss > self.first:
            text = (
                f"The discriminator wins: it tells data from samples by a margin of {margin:.3g}, at a loss of "
                f"{discriminator[-1]:.3g}, and the generator's loss has gone from {self.first:.3g} to {loss:.3g}."
            )
            return Finding("ill", text, self._remedies(settings))
        return Finding("well" if margin < open_again or loss <= self.first else "between")

    def _remedies(self, settings: Mapping[str, Any]) -> tuple[Remedy, ...]:
        penalty, weight = settings.get("model.penalty"), settings.get("model.mmd_weight")
        found: tuple[Remedy, ...] = ()
        if penalty is not None:
            found += (Remedy("Raise the gradient penalty", "model.penalty", min(1000.0, max(1.0, 10 * penalty))),)
        if weight == 0:
            found += (Remedy("Count MMD²", "model.mmd_weight", 10.0),)
        if settings.get("model.discriminator_turns", 1) > 1:
            found += lower(settings, "model.discriminator_turns", "Fewer steps of D per round", 2)
        else:
            turns = settings.get("model.generator_turns")
            found += (Remedy("More steps of G per round", "model.generator_turns", turns + 1),) if turns else ()
        return found
