"""The outer rate of every run: all try the same multiples of their own on short trainings, validation tasks choose.

A short training is the run in small: a share of its outer steps, warm-ups and the schedule of rates included, of the
first seed. It is judged as its arm will be used: joint training before adapting, what an algorithm learns after the
steps that it was trained for; both by the first measure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from metagen_gui.engine.claims.arms import Arm
from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.claims.training import Steps, Training, trainers
from metagen_gui.engine.settings.bad_input import BadInput

WARM_UPS = ("training.warmup_steps", "training.ramp_steps")
"""Steps that a short training takes its share of, too."""


@dataclass(frozen=True)
class RateChoice:
    """The outer rate of a run, and how many times that of its experiment it is.

    `tried` holds each multiple with its score, the lower the better, NaN where too many tasks diverged: on trainings of
    `steps` outer steps that took `seconds` in all. It is empty where there was no choice.
    """

    run: str
    multiple: float
    rate: float
    steps: int = 0
    seconds: float = 0.0
    tried: tuple[tuple[float, float], ...] = ()

    @property
    def at_the_edge(self) -> bool:
        """Whether the lowest or the highest that was tried is best, so that a further one might be better."""
        multiples = [multiple for multiple, _ in self.tried]
        return bool(multiples) and self.multiple in (min(multiples), max(multiples))


def at_rate(arm: Arm, multiple: float) -> Arm:
    """Return an arm with another outer rate; raise `BadInput` if a run cannot have it."""
    try:
        return replace(arm, experiment=arm.experiment.with_value("training.outer_lr", _rate(arm) * multiple))
    except BadInput as error:
        why = f"{multiple:g} times the outer rate of {arm.run}: {error.why}"
        raise BadInput("plan.outer_rates", why) from None


def short_trainings(plan: ClaimPlan, arms: Sequence[Arm], steps: Steps) -> dict[str, dict[float, Training]]:
    """Return by run, whose outer steps are `steps`, a short training for every multiple; none where there is no choice.

    Raises `BadInput` where a run cannot have a multiple of its rate.
    """
    given, found = plan.settings, dict[str, dict[float, Training]]()
    for run, arm in trainers(arms).items():
        tried = {multiple: _in_small(at_rate(arm, multiple), given.rate_share) for multiple in given.outer_rates}
        count = max(1, round(given.rate_share * steps.get(run, 1)))
        found[run] = {
            multiple: Training(each, count, given.seeds[0], f"outer rate × {multiple:g}")
            for multiple, each in tried.items()
            if len(tried) > 1
        }
    return found


def _in_small(arm: Arm, share: float) -> Arm:
    experiment, training = arm.experiment, arm.experiment.config("training")
    for path in WARM_UPS:
        experiment = experiment.with_value(path, int(share * getattr(training, path.removeprefix("training."))))
    return replace(arm, experiment=experiment)


def untried(arms: Sequence[Arm], multiple: float = 1.0) -> dict[str, RateChoice]:
    """Return for every run the rate that it gets without a choice."""
    return {run: RateChoice(run, multiple, _rate(at_rate(arm, multiple))) for run, arm in trainers(arms).items()}


def chosen(arm: Arm, scores: Mapping[float, float], steps: int, seconds: float) -> RateChoice:
    """Return the rate of an arm's run by the `scores` of multiples; the first of equal ones, and if none is finite."""
    best = min(scores, key=lambda multiple: scores[multiple] if math.isfinite(scores[multiple]) else math.inf)
    return RateChoice(arm.run, best, _rate(at_rate(arm, best)), steps, seconds, tuple(scores.items()))


def _rate(arm: Arm) -> float:
    return float(arm.experiment.config("training").outer_lr)


def with_rates(arms: Sequence[Arm], rates: Mapping[str, RateChoice]) -> tuple[Arm, ...]:
    """Return the arms with the outer rates that were chosen for their runs."""
    return tuple(at_rate(arm, rates[arm.run].multiple) if arm.run else arm for arm in arms)
