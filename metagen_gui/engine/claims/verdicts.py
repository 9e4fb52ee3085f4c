"""Verdicts: per claim and arm one plain sentence with the numbers; confirmed, refuted or not shown.

A claim is confirmed where every measure that speaks to it does so, refuted where at least one speaks against it and
none for it, and not shown otherwise: the sentence then says what was found instead, and what intervals still allow. The
control fails where any measure shows a gain: on shuffled classes not even one should.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from metagen_gui.engine.claims.contrasts import Contrast, Status
from metagen_gui.engine.claims.plan import CLAIMS, Claim, Footing

NULL_ALARM = "shuffled classes show a gain as well, where there is none to be had"
NULL_HOLDS = "on shuffled classes no gain is shown"
NULL_SILENT = "on shuffled classes nothing could be measured"


Control = Literal["", "holds", "fails", "says nothing"]

ON_CONTROL: dict[Control, str] = {"holds": NULL_HOLDS, "fails": NULL_ALARM, "says nothing": NULL_SILENT}


@dataclass(frozen=True)
class Verdict:
    """What is concluded for one arm: a headline, what was compared, what each measure says, and what it rests on.

    `is_null` marks the control: it must not come out as confirmed, and may well as refuted. `control` says what came of
    it, and is empty for all else.
    """

    claim: Claim
    arm: str
    footing: Footing
    world: str
    status: Status
    headline: str
    compared: str
    parts: tuple[str, ...]
    basis: str
    is_null: bool = False
    control: Control = ""

    @property
    def sentence(self) -> str:
        """All of it in plain words."""
        return f"{self.headline}. {self.compared}: {'; '.join(self.parts)}. {self.basis}"


def conclude(contrasts: Sequence[Contrast]) -> Iterator[Verdict]:
    """Yield the verdicts in the order of the claims, the control after the claim it guards."""
    groups: dict[tuple[Claim, bool, str, Footing, str], list[Contrast]] = {}
    for claim in CLAIMS:
        for null in (False, True):
            for one in contrasts:
                if one.claim == claim and one.decides and one.is_null == null:
                    groups.setdefault((claim, null, one.arm, one.footing, one.world), []).append(one)
    alarm = any(control_of(group) == "fails" for (_, null, *_), group in groups.items() if null)
    for (claim, null, arm, footing, world), group in groups.items():
        found = status_of(group)
        withdrawn = alarm and claim == "adapts" and not null and found == "confirmed"
        status: Status = "not shown" if withdrawn else found
        control: Control = control_of(group) if null else ""
        if null:
            headline = f"The control {control}: {ON_CONTROL[control]}"
            status = "confirmed" if control == "fails" else status
        else:
            mixed = " (the measures disagree)" if {one.status for one in group} >= {"confirmed", "refuted"} else ""
            headline = f"{CLAIMS[claim]}: {status}{mixed}" + (f", withdrawn, since {NULL_ALARM}" if withdrawn else "")
        against = f" against {group[0].against.lower()}" if claim != "adapts" else ""
        compared = f"{arm}{against}, {footing} in training, {world}"
        parts = tuple(dict.fromkeys(map(describe, group)))
        yield Verdict(claim, arm, footing, world, status, headline, compared, parts, _over(group), null, control)


def status_of(group: Sequence[Contrast]) -> Status:
    """Return what several measures say together."""
    found = {one.status for one in group if not one.says_nothing}
    if found == {"confirmed"}:
        return "confirmed"
    return "refuted" if "refuted" in found and "confirmed" not in found else "not shown"


def control_of(group: Sequence[Contrast]) -> Control:
    """Return what came of the control: one measure that shows a gain is enough for it to fail."""
    if any(one.status == "confirmed" for one in group):
        return "fails"
    return "holds" if any(one.found.tasks for one in group) else "says nothing"


def describe(one: Contrast) -> str:
    """Return one comparison in words: how far ahead or behind, its interval, effect size and corrected p."""
    found = one.found
    if not found.tasks:
        return f"nothing can be said ({one.objection or f'{one.measure}: no task is left that diverged in neither'})"
    if not (found.mean or found.low or found.high):
        return f"{one.measure} the same in all {'seeds' if one.claim == 'steady' else 'tasks'}"
    unit = f" {one.unit}" if one.unit == "nats" else ""
    other = f"{'when ' if 'adapted' in one.against else ''}{one.against}" if one.claim == "adapts" else ""
    numbers = (
        f"95 % {number(found.low)} to {number(found.high)}, d {number(found.effect)}, p {probability(one.adjusted)}"
    )
    objection = "".join(f"; {each}" for each in (one.objection, one.too_few) if each)
    if one.status == "not shown" and (one.too_few or not one.adjusted < 0.05):
        against = f" from {other}" if other else ""
        return f"{one.measure} no clear difference{against} ({number(found.mean)}{unit} ahead; {numbers}{objection})"
    than = f" than {other}" if other else ""
    return (
        f"{one.measure} {'better' if found.mean > 0 else 'worse'} by {number(abs(found.mean))}{unit}{than} "
        f"({numbers}{objection})"
    )


def _over(group: Sequence[Contrast]) -> str:
    counts = [one.found for one in group if one.found.tasks]
    if not counts:
        return "There is nothing to rest a verdict on."
    tasks, groups, seeds = (min(getattr(one, each) for one in counts) for each in ("tasks", "groups", "seeds"))
    if group[0].claim == "steady":
        return f"Over {tasks} seeds."
    units = f"{groups} {group[0].units}" + ("" if group[0].units == "tasks" else f" ({tasks} tasks)")
    if seeds == 1:
        return f"Over {units} and one seed: another training might come out otherwise."
    return f"Over {units} and {seeds} seeds."


def number(value: float) -> str:
    """Return a number with three significant digits."""
    if not math.isfinite(value):
        return "–"
    if value and not 1e-3 <= abs(value) < 1e5:
        return f"{value:.2g}".replace("-", "−")
    decimals = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 2
    return f"{value:.{min(decimals, 4)}f}".replace("-", "−")


def probability(p: float) -> str:
    """Return p as a reader wants it."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
