"""What a test of claims has found: every comparison, and a verdict per claim and arm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, field

import numpy as np

from metagen_gui.engine.claims import best_possible
from metagen_gui.engine.claims.arms import Arm
from metagen_gui.engine.claims.best_possible import Gap
from metagen_gui.engine.claims.contrasts import Contrast, Part, Side, ahead, chosen, corrected, weaker
from metagen_gui.engine.claims.folder import Scored
from metagen_gui.engine.claims.outcomes import Outcome
from metagen_gui.engine.claims.outer_rates import RateChoice
from metagen_gui.engine.claims.plan import Claim, ClaimPlan, Footing
from metagen_gui.engine.claims.scoring import Judge
from metagen_gui.engine.claims.steadiness import compare_training
from metagen_gui.engine.claims.training import Steps
from metagen_gui.engine.claims.verdicts import Verdict, conclude
from metagen_gui.engine.held_out.landmarks import Place, axes, place
from metagen_gui.engine.held_out.measures import Measure
from metagen_gui.engine.metrics.base import Axis
from metagen_gui.engine.metrics.landmarks import landmark_title
from metagen_gui.engine.statistics import NOTHING, Values
from metagen_gui.engine.tasks.base import TaskBatch

Scores = dict[tuple[str, int, int], Scored]
"""By arm, outer steps (0: untrained) and seed."""
HELD_OUT, NO_RUN = "held-out classes", "there is no run to compare"
STRONGEST_FIRST = ("joint + fine-tuning", "joint", "random")


@dataclass(frozen=True)
class Findings:
    """Everything a report tells."""

    plan: ClaimPlan
    arms: tuple[Arm, ...]
    shared: Mapping[Footing, Steps]
    measures: tuple[Measure, ...]
    notes: tuple[str, ...]
    scores: Scores
    outcomes: tuple[Outcome, ...]
    contrasts: tuple[Contrast, ...]
    verdicts: tuple[Verdict, ...]
    shown: TaskBatch
    """The first test tasks, to be looked at."""
    best: Scored | None = None
    """The best possible generator's scores, where it is known; and how far from it every arm is."""
    gaps: tuple[Gap, ...] = ()
    landmarks: Mapping[str, Scored] = field(default_factory=dict)
    """What landmarks of images score, by name."""
    kinds: int = 0
    """Of how many kinds the test tasks are."""
    groups: Mapping[Part, tuple[str, ...]] = field(default_factory=dict)
    """What tasks are held out by, task by task, and what that is called; nothing where every task stands alone."""
    groups_are: str = "tasks"
    rates: tuple[RateChoice, ...] = ()
    """The outer rate of every run."""

    def scored(self, arm: Arm, footing: Footing) -> list[Scored]:
        """Return an arm's scores on a footing by seed; seeds that could not be scored are left out."""
        return [*by_seed(self.plan, self.shared, self.scores, arm, footing).values()]

    def places(self, footing: Footing) -> list[Place]:
        """Return landmarks, and arms after the steps chosen for their samples, in the plane; nothing without one."""
        along, groups = axes(self.measures), self.groups.get("own", ())
        if not along or not self.landmarks:
            return []
        known = [
            place(landmark_title(name), _last(along, [scored]), along, groups, is_landmark=True)
            for name, scored in self.landmarks.items()
        ]
        for colour, arm in enumerate(self.arms):
            if not arm.is_null and (scores := [scored.for_samples for scored in self.scored(arm, footing)]):
                known.append(place(arm.title, _last(along, scores), along, groups, colour=colour))
        return known


def _last(along: Mapping[Axis, Measure], scores: Sequence[Scored]) -> dict[str, Values]:
    """Return by measure the means over seeds `(tasks,)` at the chosen steps; NaN where a seed has diverged."""
    at = [(one.own.values, one.own.rows.index(one.choice.step)) for one in scores]
    return {
        measure.name: np.mean([values[measure.name][row] for values, row in at], axis=0) for measure in along.values()
    }


def by_seed(
    plan: ClaimPlan, shared: Mapping[Footing, Steps], scores: Scores, arm: Arm, footing: Footing
) -> dict[int, Scored]:
    """Return an arm's scores on a footing, for the seeds that could be scored."""
    steps = shared[footing][arm.run] if arm.run else 0
    found = {seed: scores.get((arm.name, steps, seed)) for seed in plan.settings.seeds}
    return {seed: one for seed, one in found.items() if one is not None}


def find(
    plan: ClaimPlan,
    arms: Sequence[Arm],
    shared: Mapping[Footing, Steps],
    judge: Judge,
    scores: Scores,
    outcomes: Sequence[Outcome],
    best: Scored | None = None,
    rates: Sequence[RateChoice] = (),
    landmarks: Mapping[str, Scored] | None = None,
) -> Findings:
    """Compare the arms as the plan's claims ask for, and with the best possible if it is known, and conclude."""
    finder = _Finder(plan, {arm.name: arm for arm in arms}, shared, judge, scores, outcomes)
    contrasts = corrected([*finder.all()])
    return Findings(
        plan=plan,
        arms=tuple(arms),
        shared=shared,
        measures=judge.measures,
        notes=judge.notes,
        scores=scores,
        outcomes=tuple(outcomes),
        contrasts=tuple(contrasts),
        verdicts=tuple(conclude(contrasts)),
        shown=judge.first_tasks,
        best=best,
        landmarks=landmarks or {},
        gaps=best_possible.corrected([*finder.gaps(best)]) if best else (),
        kinds=len({*judge.test.batch.names}),
        groups=finder.groups,
        groups_are=judge.family.groups_are,
        rates=tuple(rates),
    )


class _Finder:
    """Makes the comparisons of one plan."""

    def __init__(
        self,
        plan: ClaimPlan,
        arms: Mapping[str, Arm],
        shared: Mapping[Footing, Steps],
        judge: Judge,
        scores: Scores,
        outcomes: Sequence[Outcome],
    ) -> None:
        self.plan, self.arms, self.shared, self.scores, self.outcomes = plan, arms, shared, scores, outcomes
        self.measures, self.claims = judge.measures, plan.settings.claims
        self.worlds: dict[str, Part] = {HELD_OUT: "own"}
        self.groups: dict[Part, tuple[str, ...]] = {"own": judge.test.batch.groups}
        self.groups_are: dict[Part, str] = {"own": judge.family.groups_are}
        if judge.shift is not None:
            self.groups["shifted"] = judge.shift[0].batch.groups
            self.groups_are["shifted"] = judge.shift[0].family.groups_are
            self.worlds[f"shifted to {type(judge.shift[0].family).title}"] = "shifted"

    def all(self) -> Iterator[Contrast]:
        """Yield every comparison that the plan's claims ask for; of a run that serves two footings, adapting once."""
        seen = set[tuple[str, int]]()
        for footing, steps in self.shared.items():
            for arm in (self.arms[name] for name in self.plan.meta_arms):
                if "adapts" in self.claims and (key := (arm.name, steps[arm.run])) not in seen:
                    seen.add(key)
                    yield from self.adapts(arm, footing)
                for world, part in self.worlds.items():
                    yield from self.against_baselines(arm, footing, world, part)
                if "steady" in self.claims and "joint" in steps:
                    yield from self.steady(arm, footing)
        if "null" in self.arms and "adapts" in self.claims:
            yield from self.adapts(self.arms["null"], next(iter(self.shared)))

    def of(self, arm: Arm, footing: Footing) -> dict[int, Scored]:
        """Return an arm's scores by seed."""
        return by_seed(self.plan, self.shared, self.scores, arm, footing)

    def gaps(self, best: Scored) -> Iterator[Gap]:
        """Yield how far every arm is from the best possible, on every footing."""
        for footing in self.shared:
            arms = {arm.title: [*self.of(arm, footing).values()] for arm in self.arms.values() if not arm.is_null}
            yield from best_possible.gaps(best, arms, self.measures, footing)

    def adapts(self, arm: Arm, footing: Footing) -> Iterator[Contrast]:
        """Compare with before adapting, and with adapting to examples of another class: both have to be worse."""
        scores = [*self.of(arm, footing).values()]
        if not scores:
            for measure in self.measures:
                if measure.claim == "generalises":
                    yield self._unknown("adapts", arm, "before adapting", measure, footing)
            return
        in_training = int(arm.experiment.config("algorithm").adaptation_steps)
        nearest = min(scores[0].own.rows[1:], key=lambda row: abs(row - in_training))
        for measure in self.measures:
            if measure.claim != "generalises" or measure.name not in scores[0].own.values:
                continue
            tuned = [one.of(measure) for one in scores]
            steps = [one.choice.step or nearest for one in tuned]
            after: Side = (tuned, "own", steps)
            sides: dict[str, Side] = {
                "before adapting": (tuned, "own", [0] * len(tuned)),
                "adapted to another class": (tuned, "foreign", steps),
            }
            both = []
            for against, side in sides.items():
                groups = () if arm.is_null else self.groups["own"]
                found, objection = ahead(after, side, measure, groups)
                both.append(
                    Contrast(
                        "adapts",
                        arm.title,
                        against,
                        measure.title,
                        measure.unit,
                        footing,
                        HELD_OUT,
                        found,
                        objection or self._lost(scores),
                        is_null=arm.is_null,
                        units=self.groups_are["own"] if groups else "tasks",
                    )
                )
            yield weaker(*both)

    def against_baselines(self, arm: Arm, footing: Footing, world: str, part: Part) -> Iterator[Contrast]:
        """Compare with the strongest baseline, which decides, and with the others, which are told."""
        mine = self.of(arm, footing)
        baselines = [self.arms[name] for name in STRONGEST_FIRST if name in self.arms]
        for baseline in baselines:
            theirs = self.of(baseline, footing)
            sides = [[side[seed] for seed in mine if seed in theirs] for side in (mine, theirs)]
            for measure in self.measures:
                if measure.claim not in self.claims or measure.claim is None:
                    continue
                one, other = (chosen(side, measure, part) for side in sides)
                found, objection = ahead(one, other, measure, self.groups[part]) if sides[0] else (NOTHING, NO_RUN)
                objection = objection or self._lost(mine)
                yield Contrast(
                    measure.claim, arm.title, baseline.title, measure.title, measure.unit, footing, world, found,
                    objection, decides=baseline is baselines[0], units=self.groups_are[part],
                )  # fmt: skip

    def _lost(self, scores: Sized) -> str:
        """Say if an arm is judged by some of its seeds only: those of which nothing is left must not help it."""
        seeds = len(self.plan.settings.seeds)
        lost = seeds - len(scores)
        return f"{lost} of its {seeds} runs ended with nothing to score" if lost else ""

    def _unknown(self, claim: Claim, arm: Arm, against: str, measure: Measure, footing: Footing) -> Contrast:
        return Contrast(
            claim, arm.title, against, measure.title, measure.unit, footing, HELD_OUT, NOTHING, NO_RUN,
            is_null=arm.is_null,
        )  # fmt: skip

    def steady(self, arm: Arm, footing: Footing) -> Iterator[Contrast]:
        """Compare with joint training, seed by seed; where it is fine-tuned, also how far seeds end apart."""
        tuned, measure = self.arms.get("joint + fine-tuning"), self.measures[0]
        ends = [self.of(one, footing) for one in (arm, tuned)] if tuned else []
        runs = [
            {one.seed: one for one in self.outcomes if (one.run, one.steps) == (run, self.shared[footing][run])}
            for run in (arm.run, "joint")
        ]
        for title, found, objection in compare_training(runs[0], runs[1], ends, measure):
            yield Contrast(
                "steady", arm.title, "Joint training", title, "", footing, HELD_OUT, found, objection, units="seeds"
            )
