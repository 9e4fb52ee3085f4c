"""What a model says of itself so that an illness of its kind can be told: which figures and players to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PosteriorSigns:
    """Of a model that encodes examples: the details that tell whether its latents carry anything."""

    kl: str
    """The detail that holds nats of KL per example."""
    active: str
    """The detail that holds how many latents are active."""
    latents: str = ""
    """The setting that holds how many there are, by its path."""


@dataclass(frozen=True)
class ContestSigns:
    """Of a model whose players are opponents: who they are, and when the discriminator has won."""

    generator: str
    discriminator: str
    margin: str
    """The detail that holds D(x) − D(G(z))."""
    form: str
    """The setting that holds the form of the loss, by its path."""
    won: Mapping[str, tuple[float, float]]
    """Per form of the loss, margins at which D has won, and under which it has not any more; no other is judged."""


Signs = PosteriorSigns | ContestSigns
