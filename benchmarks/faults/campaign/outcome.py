"""What a fault came to, and the list of the faults there are."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Outcome:
    """How often a fault was tried and survived; what it cost where it was not."""

    fault: str
    tries: int = 0
    survived: int = 0
    details: str = ""
    failures: list[str] = field(default_factory=list)

    @property
    def lost(self) -> int:
        return self.tries - self.survived

    def count(self, problem: str | None) -> None:
        """Count one try, lost if there is a problem."""
        self.tries += 1
        self.survived += problem is None
        if problem is not None:
            self.failures.append(problem)
            print(f"    LOST in try {self.tries} of {self.fault}: {problem}", flush=True)

    def row(self) -> str:
        """Return a row of the table."""
        return f"| {self.fault} | {self.tries:,} | {self.survived:,} | {self.lost:,} | {self.details} |"


@dataclass(frozen=True)
class Laboratory:
    """What a fault is given: how often to try, a seeded source of chance, and an empty folder."""

    tries: int
    chance: random.Random
    folder: Path


Fault = Callable[[Laboratory], Iterator[Outcome]]
FAULTS: dict[str, tuple[int, Fault]] = {}
"""By name: how often it is tried unless one says otherwise, and what tries it."""


def fault(name: str, tries: int = 1) -> Callable[[Fault], Fault]:
    """Add a fault to the campaign."""

    def add(function: Fault) -> Fault:
        FAULTS[name] = tries, function
        return function

    return add
