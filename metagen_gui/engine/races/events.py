"""What a race reports: frozen values, as those of a run are. Known without torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Union

from metagen_gui.engine.events import Snapshot

if TYPE_CHECKING:
    from metagen_gui.engine.races.verdict import Verdict


@dataclass(frozen=True)
class RaceBegun:
    """The lanes stand ready: every lane's run, and how many outer steps it is to take."""

    folder: Path
    runs: tuple[Path, ...]
    steps: tuple[int, ...]


@dataclass(frozen=True)
class RaceAdvanced:
    """What is done now, and the share of the race that is over, from 0 to 1."""

    text: str
    share: float


@dataclass(frozen=True)
class LaneSampled:
    """The newest samples of a lane."""

    lane: int
    snapshot: Snapshot


@dataclass(frozen=True)
class LaneLooked:
    """A lane's loss on the validation tasks after adaptation, with half its 95 % interval over tasks.

    `seconds` are those of computing so far. NaN where the loss or its interval is not known.
    """

    lane: int
    meta_step: int
    seconds: float
    loss: float
    interval: float


@dataclass(frozen=True)
class LaneEnded:
    """A lane has taken all its steps, or `problem` says why it takes no more."""

    lane: int
    problem: str = ""


@dataclass(frozen=True)
class Led:
    """Who leads on the validation tasks, None where that cannot be said; in one sentence, and whether it is clear."""

    leader: int | None
    sentence: str
    is_clear: bool = False


@dataclass(frozen=True)
class RaceNotice:
    """A plain sentence for the person who watches."""

    text: str


@dataclass(frozen=True)
class RaceFinished:
    """The race is judged; `is_over` says whether no lane has a step left to take."""

    verdict: Verdict
    is_over: bool = True


RaceEvent = Union[RaceBegun, RaceAdvanced, LaneSampled, LaneLooked, LaneEnded, Led, RaceNotice, RaceFinished]
