"""Differences between arms, task by task and seed by seed: positive where the claim's side is ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from metagen_gui.engine.claims.folder import Scored
from metagen_gui.engine.claims.plan import Claim, Footing
from metagen_gui.engine.held_out.measures import Measure
from metagen_gui.engine.statistics import (
    CONFIDENCE,
    FEWEST_GROUPS,
    NOTHING,
    Comparison,
    Values,
    chosen_of,
    compare,
    holm,
)

Status = Literal["confirmed", "refuted", "not shown"]
Part = Literal["own", "foreign", "shifted"]
MORE_LOST = 0.02
"""A side that loses this much more of its tasks to divergence than the other is not ahead, whatever the rest says."""


@dataclass(frozen=True)
class Contrast:
    """One comparison, over `units`: tasks, or what they are held out by.

    `objection` says why it cannot confirm anything; `decides` whether its claim rests on it.
    """

    claim: Claim
    arm: str
    against: str
    measure: str
    unit: str
    footing: Footing
    world: str
    found: Comparison
    objection: str = ""
    decides: bool = True
    is_null: bool = False
    adjusted: float = 1.0
    units: str = "tasks"

    @property
    def says_nothing(self) -> bool:
        """Whether nothing ever happened that runs might differ in, such as a task that diverges, in either arm."""
        return self.claim == "steady" and not (self.found.mean or self.found.low or self.found.high)

    @property
    def too_few(self) -> str:
        """Why there are too few groups or seeds to say anything, or nothing."""
        if 0 < self.found.groups < FEWEST_GROUPS:
            return f"too few {self.units}: {self.found.groups} of the {FEWEST_GROUPS} that it takes"
        if self.found.lacks_seeds:
            return f"too few seeds: clear of these {self.found.seeds} trainings, and not beyond them"
        return ""

    @property
    def status(self) -> Status:
        """What it says about its claim, after correction for the number of comparisons."""
        if self.too_few or not self.adjusted < 1 - CONFIDENCE:
            return "not shown"
        if self.found.mean < 0:
            return "refuted"
        return "confirmed" if self.found.mean > 0 and not self.objection else "not shown"


Side = tuple[Sequence[Scored], Part, Sequence[int]]
"""The scores of an arm by seed, on which tasks, and at which adaptation step for each seed."""


def chosen(scores: Sequence[Scored], measure: Measure, part: Part = "own") -> Side:
    """Return an arm's side of a comparison by `measure`: as it was tuned for that, at the steps chosen then."""
    tuned = [one.of(measure) for one in scores]
    return tuned, part, [one.choice.step for one in tuned]


def ahead(side: Side, other: Side, measure: Measure, groups: Sequence[str] = ()) -> tuple[Comparison, str]:
    """Return how far `side` is ahead of `other`, over tasks that diverged in neither, and an objection if there is.

    With the tasks' `groups` those of a group count once: they are not independent of each other.
    """
    mine, theirs = _shortfalls(side, measure), _shortfalls(other, measure)
    if mine is None or theirs is None:
        return NOTHING, "not measured in every arm"
    sound = np.isfinite(np.concatenate([mine, theirs])).all(0)
    lost, lost_there = (float(np.isnan(values).mean()) for values in (mine, theirs))
    objection = f"{lost:.0%} of its tasks diverged, {lost_there:.0%} there" if lost > lost_there + MORE_LOST else ""
    return compare((theirs - mine)[:, sound], chosen_of(groups, sound)), objection


def _shortfalls(side: Side, measure: Measure) -> Values | None:
    scores, part, steps = side
    rows = []
    for scored, step in zip(scores, steps, strict=True):
        found = getattr(scored, part)
        if found is None or measure.name not in found.values:
            return None
        rows.append(measure.shortfall(found.values[measure.name][found.rows.index(step)]))
    return np.stack(rows)


def weaker(one: Contrast, other: Contrast) -> Contrast:
    """Return the comparison that says less for the claim: both have to hold (an intersection-union test)."""
    return min(one, other, key=_support)


def _support(contrast: Contrast) -> float:
    """Return how much a comparison says for its claim, from −1 to 1: one with an objection cannot speak for it."""
    sign = float(np.sign(np.nan_to_num(contrast.found.mean)))
    said = sign * (1 - contrast.found.p)
    return min(said, 0.0) if contrast.objection else said


def corrected(contrasts: Sequence[Contrast]) -> list[Contrast]:
    """Return the comparisons with p corrected by Holm's method over all that decide; the null apart, among its own."""
    adjusted: dict[int, float] = {}
    for null in (False, True):
        family = [place for place, one in enumerate(contrasts) if one.decides and one.is_null == null]
        adjusted |= dict(zip(family, holm([contrasts[place].found.p for place in family]), strict=True))
    return [replace(one, adjusted=adjusted.get(place, one.found.p)) for place, one in enumerate(contrasts)]
