"""How a sweep stands: its trials, what matters, the best so far and, in the end, what it is worth on fresh tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from metagen_gui.engine.sweeps.plan import SweepPlan

TrialState = Literal["running", "done", "pruned", "failed"]


@dataclass(frozen=True)
class Figure:
    """A mean over tasks and seeds, how far it may be off for these trainings, and for trainings from other seeds."""

    mean: float
    interval: float
    low: float
    high: float
    tasks: int
    seeds: int


@dataclass(frozen=True)
class Trial:
    """One setting that is tried: its values by path, and what has come of them."""

    number: int
    state: TrialState
    values: Mapping[str, Any]
    shortfall: float | None = None
    """What is sought to be least: how far `figure` is from good."""
    figure: Figure | None = None
    problem: str = ""
    """Why it was ended early, or failed."""
    reached: int = 0
    """The newest outer step at which it was compared with others."""
    runs: tuple[Path, ...] = ()
    """The folders of its runs, by seed; they need not be there."""


@dataclass(frozen=True)
class Result:
    """The best setting on tasks that nothing was chosen by, and the file of its experiment."""

    number: int
    fresh: Figure
    experiment: Path


@dataclass(frozen=True)
class Measured:
    """The measure that decides: its name, what a person calls it, its unit and which way is better."""

    name: str = ""
    title: str = ""
    unit: str = ""
    better: str = "lower"


@dataclass(frozen=True)
class Standing:
    """A sweep as it stands."""

    folder: Path
    plan: SweepPlan
    trials: tuple[Trial, ...] = ()
    measured: Measured = Measured()
    importance: Mapping[str, float] = field(default_factory=dict)
    """What share each range has in what trials differ by, from when enough trials are done."""
    notice: str = ""
    """What a person should know now."""
    result: Result | None = None

    @property
    def over(self) -> int:
        """How many trials nothing is left to be done of."""
        return sum(trial.state != "running" for trial in self.trials)

    @property
    def ranked(self) -> list[Trial]:
        """The trials that have come to their end, the best first."""
        done = [(trial.shortfall, trial.number, trial) for trial in self.trials if trial.shortfall is not None]
        return [trial for *_, trial in sorted(done)]

    @property
    def best(self) -> Trial | None:
        """The best trial so far; None where none has come to its end."""
        return next(iter(self.ranked), None)
