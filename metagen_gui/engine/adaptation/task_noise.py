"""Everything random in one outer step, drawn before it so that the step itself is a function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from metagen_gui.engine.models.base import Noise


@dataclass(frozen=True)
class TaskNoise:
    """The noise of one outer step over `tasks` tasks.

    `support` begins with `(tasks, steps, turns)` and serves adaptation; `opponent` likewise, for opponents, which adapt
    to the query; `query` begins with `(tasks, players)` and serves the outer losses; `inner` likewise, for looking at
    the losses on the support.
    """

    support: Noise
    opponent: Noise
    query: Noise
    inner: Noise


def of_player(noise: Noise, place: int) -> Noise:
    """Return the noise of the player at `place` from noise that begins with `(players,)`."""
    return {name: value[place] for name, value in noise.items()}


def joined(parts: Sequence[Noise]) -> Noise:
    """Return the noise of several tasks, one after the other along the first axis."""
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
