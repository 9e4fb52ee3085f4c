"""What a reader might take from a report and should not: said in it, with what came of this very test."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import median

from metagen_gui.engine.claims.findings import Findings
from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.claims.tuning import Choice
from metagen_gui.engine.claims.verdicts import number
from metagen_gui.engine.statistics import FEWEST_SEEDS

UNEVEN = 1.25
"""Runs at equal compute whose seconds differ by a larger factor are told of."""
ENOUGH_GROUPS = 20
"""So many, and intervals cover as often as they say however lopsided differences are (`benchmarks/intervals.py`)."""


def limits(findings: Findings) -> Iterator[str]:
    """Yield a sentence each."""
    seeds = len(findings.plan.settings.seeds)
    if seeds == 1:
        yield "One seed: intervals are over tasks, for these very trained models. Another seed may come out otherwise."
    elif seeds < FEWEST_SEEDS:
        yield (
            f"{seeds} seeds say little of how far trainings scatter, so that intervals, which count them, are wide: "
            f"what {FEWEST_SEEDS} would show may be told as “too few seeds” here."
        )
    tasks, groups, named = findings.plan.settings.tasks, len({*findings.groups["own"]}), findings.groups_are
    if groups:
        yield (
            f"The {tasks:,} held-out tasks are of {groups:,} {named}, which is what was held out: "
            "means are over tasks, and intervals over these."
        )
    elif findings.kinds < tasks:
        yield (
            f"The {tasks:,} held-out tasks are of {findings.kinds:,} kinds, some drawn several times. Intervals take "
            "tasks to be independent: for kinds that were not drawn they are somewhat too narrow."
        )
    if (groups or tasks) < ENOUGH_GROUPS:
        yield (
            f"With fewer than {ENOUGH_GROUPS} {named} intervals rest on their means following about a normal law, "
            "which cannot be seen from so few."
        )
    longest = max(findings.plan.rows)
    at_the_edge = {
        arm for (arm, *_), one in findings.scores.items() if longest in (one.choice.step, one.for_samples.choice.step)
    }
    if at_the_edge:
        names = ", ".join(arm.title for arm in findings.arms if arm.name in at_the_edge)
        yield f"{names}: best after {longest} steps, the most that were tried; more might be better still."
    yield from on_rates(findings)
    if told := of_two_ways(findings):
        yield told
    if missed := unequal(findings):
        yield missed
    equal = (
        "Equal compute is equal training time as predicted from timing a few outer steps before the first run; the "
        "seconds that runs really took, looking at validation tasks included, stand in the table."
    )
    yield " ".join([equal, *not_counted(findings)])
    yield (
        "A meta-learned model need not be good before it adapts. That it improves in adapting is therefore held "
        "against adapting to examples of another class as well; the weaker of the two comparisons is told."
    )


def on_rates(findings: Findings) -> Iterator[str]:
    """Say what was tuned, the outer rates among it, what was not, and how far that choice goes."""
    tried, given = [one for one in findings.rates if one.tried], findings.plan.settings
    if not tried:
        yield (
            "How arms adapt was tuned, with as many attempts for each; how they were trained was not: outer rate, "
            "batch and network are those of the experiment, or of the plan’s changes, for every arm."
        )
        return
    multiples = ", ".join(f"{multiple:g}" for multiple in given.outer_rates)
    yield (
        f"How arms adapt was tuned, with as many attempts for each, and so was every run’s outer rate: {multiples} "
        f"times that of the experiment, or of the plan’s changes, on trainings of {given.rate_share:.0%} of its outer "
        "steps, of one seed. What is best in a short training may be too fast for a long one. Batch and network were "
        "not tuned."
    )
    if edges := ", ".join(f"{one.run} {one.multiple:g}" for one in tried if one.at_the_edge):
        yield f"The outermost of the outer rates was best ({edges} times): a further one might be better still."


def not_counted(findings: Findings) -> Iterator[str]:
    """Say what adapting and tuning come to beside training, by arm, and whether that is equal."""
    if spent := ", ".join(f"{one.run} {number(one.seconds)}" for one in findings.rates if one.tried):
        yield f"The short trainings that chose outer rates are not in it; they took, in seconds for all seeds: {spent}."
    steps: dict[str, list[int]] = {}
    for arm in findings.arms:
        mine = [one for (name, *_), one in findings.scores.items() if name == arm.name and arm.ways]
        if mine:
            steps[arm.title] = sorted(each.choice.step for one in mine for each in (one, one.for_samples))
    if not steps:
        return
    told = ", ".join(f"{title} {each[0]}{f' to {each[-1]}' * (each[-1] > each[0])}" for title, each in steps.items())
    yield (
        f"Adapting is not counted, nor equal: steps for a new task, {told}, of what each adapts, which may be a "
        "context or all weights."
    )
    tuned = {tuning_steps(findings.plan, len(arm.ways)) for arm in findings.arms if arm.ways}
    if len(tuned) == 1:
        yield f"Nor is tuning, which took {tuned.pop():,} adaptation steps for every run of every arm that adapts."
    else:
        low, high = min(tuned), max(tuned)
        yield f"Nor is tuning, which took {low:,} to {high:,} adaptation steps for a run, depending on its arm."


def tuning_steps(plan: ClaimPlan, ways: int) -> int:
    """Return how many adaptation steps it takes to try so many ways on the validation tasks."""
    return ways * plan.settings.validation_tasks * plan.rows[-1]


def of_two_ways(findings: Findings) -> str:
    """Say that no one way to adapt does all that is said of an arm, where that is so, and how much would be lost."""
    told = []
    for arm in findings.arms:
        scores = [one for (name, *_), one in findings.scores.items() if name == arm.name and not arm.is_null]
        apart = [one for one in scores if one.by_samples and not same_way(one.choice, one.by_samples.choice)]
        if apart:
            told.append(f"{arm.title} in {len(apart)} of {len(scores)} run{'' if len(scores) == 1 else 's'}")
    if not told:
        return ""
    first = findings.measures[0].title
    return (
        f"What samples say is said of arms that were tuned for samples, and what {first} says of arms tuned for that: "
        f"other rates or steps for {', '.join(told)}. No single setting need do both."
    )


def same_way(one: Choice, other: Choice) -> bool:
    """Return whether two choices come to the same."""
    return (dict(one.way), one.step) == (dict(other.way), other.step)


def unequal(findings: Findings) -> str:
    """Say by how much equal compute was missed, where it was, and at whose cost."""
    steps = findings.shared.get("equal compute", {})
    took: dict[str, list[float]] = {}
    for one in findings.outcomes:
        if one.run != "null" and one.steps == steps.get(one.run) and math.isfinite(one.seconds):
            took.setdefault(one.run, []).append(one.seconds)
    typical = {run: median(seconds) for run, seconds in took.items()}
    said = ", ".join(f"{run} {number(seconds)}" for run, seconds in typical.items())
    if typical and max(typical.values()) > UNEVEN * min(typical.values()):
        least = min(typical, key=lambda run: typical[run])
        return f"Compute was not quite equal: of {least} least. Runs took, in seconds (medians over seeds): {said}."
    every = [seconds for run in took.values() for seconds in run]
    if every and max(every) > UNEVEN * min(every):
        return (
            f"Runs at equal compute took from {number(min(every))} to {number(max(every))} seconds, though about the "
            f"same for every arm (medians over seeds: {said})."
        )
    return ""
