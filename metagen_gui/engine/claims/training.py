"""The runs that a plan needs: which weights, how many outer steps, and what an outer step takes."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from metagen_gui.engine.claims.arms import Arm, prepared
from metagen_gui.engine.claims.plan import ClaimPlan, Footing
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner

LOOKS, LOOKED_AT = 20, 16
"""Validations per run, as many for every arm, however many outer steps it gets; and tasks of each."""
FIRST, MOST = 10, 40
"""Steps before the clock runs (a recording is being made), and steps that are timed at most."""
PATIENCE = 4.0
"""Seconds to spend on timing each phase of a run, once it is under way."""

Steps = Mapping[str, int]
"""Outer steps by the name of the run."""


@dataclass(frozen=True)
class Training:
    """One run of the queue, or with `trial`, which says of what, a short one that only helps to choose."""

    arm: Arm
    steps: int
    seed: int
    trial: str = ""

    @property
    def folder(self) -> str:
        """The name of its folder."""
        what = f"-{self.trial.replace(' × ', '-').replace(' ', '-')}" if self.trial else ""
        return f"{self.arm.run}-{self.steps}-steps-seed-{self.seed}{what}"

    @property
    def title(self) -> str:
        """What to call it."""
        return f"{self.arm.title}, {self.trial or f'seed {self.seed}'}"

    def experiment(self) -> Experiment:
        """Return what is to be trained."""
        experiment = prepared(self.arm, self.seed, self.steps)
        experiment = experiment.with_value("training.validation_tasks", LOOKED_AT)
        looks = 1 if self.trial else LOOKS
        return experiment.with_value("training.validate_every", max(1, self.steps // looks))


def trainers(arms: Sequence[Arm]) -> dict[str, Arm]:
    """Return one arm for every run that is needed, by the run's name."""
    found: dict[str, Arm] = {}
    for arm in arms:
        if arm.run:
            found.setdefault(arm.run, arm)
    return found


def seconds_per_step(arm: Arm, seed: int) -> tuple[float, float]:
    """Return what an outer step of an arm takes: during its joint warm-up, and after it."""
    learner = MetaLearner(arm.experiment.with_value("training.seed", seed))
    warmup = int(arm.experiment.config("training").warmup_steps)
    if arm.run == "joint":
        learner.training = learner.training.model_copy(update={"warmup_steps": 10**6})
        joint = _timed(learner)
        return joint, joint
    warm = _timed(learner) if warmup else 0.0
    learner.meta_step = warmup
    return warm, _timed(learner)


def _timed(learner: MetaLearner) -> float:
    """Return the median of some steps' time. On a CPU that others use too, what they take is not counted."""
    for _ in range(FIRST):  # all of them: before its recording is made, a step may take ten times as long
        learner.step()
    alone, taken, began = learner.device.type == "cpu", list[float](), time.monotonic()
    while len(taken) < MOST and (not taken or time.monotonic() - began < PATIENCE):
        wall, own = time.monotonic(), time.process_time()
        learner.step()
        wall, own = time.monotonic() - wall, time.process_time() - own
        taken.append(min(wall, own) if alone else wall)  # `own` counts all threads, and so may be the larger
    return median(taken)


def share_out(plan: ClaimPlan, arms: Sequence[Arm], speeds: Mapping[str, tuple[float, float]]) -> dict[Footing, Steps]:
    """Return how many outer steps every run gets on each footing.

    Of seconds, every run gets as many steps as fit in (equal compute), or as many as fit into the slowest (equal
    steps); of steps, every run gets them (equal steps), or as many as fit into the time the slowest needs for them.
    """
    runs = trainers(arms)
    warmups = {
        name: int(arm.experiment.config("training").warmup_steps) for name, arm in runs.items() if name != "joint"
    }

    def duration(name: str, steps: int) -> float:
        warm, after = speeds[name]
        return min(steps, warmups.get(name, 0)) * warm + max(0, steps - warmups.get(name, 0)) * after

    def fitting(name: str, seconds: float) -> int:
        warm, after = speeds[name]
        warmup = warmups.get(name, 0)
        left = seconds - warmup * warm
        return max(1, warmup + math.floor(left / after) if left > 0 else math.floor(seconds / warm))

    given = plan.settings
    compared = [name for name, arm in runs.items() if not arm.is_null]  # dealing shuffled tasks takes time of its own
    seconds = given.seconds or max(duration(name, given.steps or 0) for name in compared)
    compute = {name: fitting(name, seconds) for name in runs}
    equal = given.steps or min(compute[name] for name in compared)
    shared: dict[Footing, Steps] = {"equal compute": compute, "equal steps": dict.fromkeys(runs, equal)}
    return {footing: shared[footing] for footing in given.compare_at}


def queue(plan: ClaimPlan, arms: Sequence[Arm], shared: Mapping[Footing, Steps]) -> list[Training]:
    """Return the runs, each once; the null, whose verdict rests on one footing, is trained on the first only."""
    wanted: dict[tuple[str, int, int], Training] = {}
    for place, steps in enumerate(shared.values()):
        for seed in plan.settings.seeds:
            for name, arm in trainers(arms).items():
                if not (arm.is_null and place):
                    wanted.setdefault((name, steps[name], seed), Training(arm, steps[name], seed))
    return [*wanted.values()]
