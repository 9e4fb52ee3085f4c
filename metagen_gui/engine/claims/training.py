"""The runs that a plan needs: which weights, how many outer steps, and what an outer step takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from metagen_gui.engine.claims.arms import Arm, prepared
from metagen_gui.engine.claims.plan import ClaimPlan, Footing
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.learning.pace import Pace, pace_of, seconds_of_a_step

LOOKS, LOOKED_AT = 20, 16
"""Validations per run, as many for every arm, however many outer steps it gets; and tasks of each."""

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
        experiment = prepared(self.arm, self.seed, self.steps).without_value("training.processes")  # seconds are equal
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
    experiment = arm.experiment.with_value("training.seed", seed)
    if arm.run == "joint":
        learner = MetaLearner(experiment)
        learner.training = learner.training.model_copy(update={"warmup_steps": 10**6})
        joint = seconds_of_a_step(learner)
        return joint, joint
    pace = pace_of(experiment)
    return pace.warm, pace.after


def share_out(plan: ClaimPlan, arms: Sequence[Arm], speeds: Mapping[str, tuple[float, float]]) -> dict[Footing, Steps]:
    """Return how many outer steps every run gets on each footing.

    Of seconds, every run gets as many steps as fit in (equal compute), or as many as fit into the slowest (equal
    steps); of steps, every run gets them (equal steps), or as many as fit into the time the slowest needs for them.
    """
    runs = trainers(arms)
    paces = {
        name: Pace(*speeds[name], 0 if name == "joint" else int(arm.experiment.config("training").warmup_steps))
        for name, arm in runs.items()
    }
    given = plan.settings
    compared = [name for name, arm in runs.items() if not arm.is_null]  # dealing shuffled tasks takes time of its own
    seconds = given.seconds or max(paces[name].duration(given.steps or 0) for name in compared)
    compute = {name: pace.fitting(seconds) for name, pace in paces.items()}
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
