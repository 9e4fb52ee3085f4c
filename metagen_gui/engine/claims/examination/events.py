"""What a test of claims reports while it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Union

from metagen_gui.engine.claims.findings import Findings


@dataclass(frozen=True)
class ClaimsStarted:
    """The folder is there, and it is known what there is to do."""

    folder: Path
    runs: int
    scores: int
    seconds: float
    """An estimate of all that is left to do."""
    trials: int = 0
    """Short trainings that choose outer rates."""


@dataclass(frozen=True)
class ClaimsAdvanced:
    """What goes on, which share of the work is done (0 to 1), and an estimate of the seconds left."""

    text: str
    share: float
    seconds_left: float


@dataclass(frozen=True)
class ClaimsNotice:
    """A plain sentence for the person who watches."""

    text: str


@dataclass(frozen=True)
class ClaimsFinished:
    """The report is written."""

    report: Path
    findings: Findings


ClaimsEvent = Union[ClaimsStarted, ClaimsAdvanced, ClaimsNotice, ClaimsFinished]
