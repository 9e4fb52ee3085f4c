"""The arms of a comparison: where initial weights come from, and how they adapt to a task.

All arms see the same data, seeds, supports and latents. An arm that adapts tries as many ways to do so, on validation
tasks, as every other one: a meta-learned arm multiples of its inner rate, the others optimizers and rates. What an
algorithm has learned can be fine-tuned like any other weights, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from metagen_gui.engine.claims.plan import FINE_TUNED, ClaimPlan
from metagen_gui.engine.claims.shuffled import shuffled
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.trained.fine_tuning import (
    BY_HAND,
    Way,
    able_to_fine_tune,
    by_hand,
    in_way,
    plain,
    with_algorithm,
)

MULTIPLES = (1.0, 0.5, 2.0, 0.25, 0.7, 1.4, 0.1, 4.0)
"""Of the inner rate, the trained one first."""

COMMON = ("training.seed", "training.meta_steps", "training.validate_every", "training.validation_tasks")
"""What the plan decides for all arms, as it does the tasks."""
LOOKING: Mapping[str, Any] = MappingProxyType({"adapts": "default", "adaptation_steps": 1})
"""How joint training adapts when it is validated; only step 0 is looked at."""


@dataclass(frozen=True)
class Arm:
    """One arm. `run` names the training that its weights come from, which arms may share; "" for untrained ones."""

    name: str
    title: str
    experiment: Experiment
    run: str
    ways: tuple[Way, ...]
    """What is tried on validation tasks; empty for an arm that does not adapt."""
    is_meta: bool = False
    is_null: bool = False
    adapts_as: Experiment | None = None
    """The experiment whose algorithm adapts the weights, where that is not the one that learns them."""


def arms_of(plan: ClaimPlan) -> tuple[Arm, ...]:
    """Return the plan's arms; raise `BadInput` where one cannot be built."""
    return tuple(_arm(plan, name) for name in plan.arms)


def _arm(plan: ClaimPlan, name: str) -> Arm:
    given, changes, count = plan.experiment, plan.settings.changes.get(name, {}), plan.settings.candidates
    if name in ("random", "joint", "joint + fine-tuning"):
        changes = plan.settings.changes.get("joint", {}) | changes if name != "random" else changes
        experiment, by_hand = _fine_tuning(given, changes, name, count)
        ways = () if name == "joint" else by_hand
        titles = {
            "random": "Random initialization",
            "joint": "Joint training",
            "joint + fine-tuning": "Joint + fine-tuning",
        }
        return Arm(name, titles[name], experiment, "" if name == "random" else "joint", ways)
    algorithm = plan.algorithms[0] if name == "null" else name.removesuffix(FINE_TUNED)
    base = plan.settings.changes.get(algorithm, {}) if name == "null" else {}
    if name.endswith(FINE_TUNED):
        learned = _arm(plan, algorithm)
        adapts_as, by_hand = _fine_tuning(learned.experiment, changes, name, count)
        return replace(learned, name=name, title=f"{learned.title}{FINE_TUNED}", ways=by_hand, adapts_as=adapts_as)
    experiment = _changed(with_algorithm(given, algorithm), {**base, **changes}, name)
    rate = float(experiment.config("algorithm").inner_lr)
    ways = tuple(MappingProxyType({"inner_lr": rate * multiple}) for multiple in MULTIPLES[:count])
    title = experiment.plugin("algorithm").title
    if name == "null":
        return Arm(name, f"Null: {title} on shuffled classes", shuffled(experiment), "null", ways, is_null=True)
    return Arm(name, title, experiment, name, ways, is_meta=True)


def prepared(arm: Arm, seed: int, steps: int) -> Experiment:
    """Return the experiment that trains an arm's weights with `seed` in `steps` outer steps."""
    experiment = arm.experiment.with_value("training.seed", seed).with_value("training.meta_steps", steps)
    if arm.run == "joint":
        experiment = experiment.with_value("training.warmup_steps", steps)
        # looked at as often as others, it should not be held up by adapting all there is, which it does not learn
        looking = MappingProxyType({**LOOKING, **experiment.plugin("algorithm").fine_tuning["sgd"]})
        experiment = replace(experiment, values=MappingProxyType({**experiment.values, "algorithm": looking}))
    elif steps <= (warmup := int(experiment.config("training").warmup_steps)):
        raise BadInput("plan", f"{arm.name} gets {steps} outer steps, and its joint warm-up alone takes {warmup}")
    return experiment


def adapting(arm: Arm, way: Way) -> Experiment:
    """Return the arm's experiment with the settings of a way to adapt."""
    return in_way(arm.adapts_as or arm.experiment, way)


def _changed(experiment: Experiment, changes: Mapping[str, Any], name: str) -> Experiment:
    for path, value in changes.items():
        if path.endswith(".name"):
            raise BadInput(f"plan.changes.{name}", f"{path} is not a setting of an arm; it decides what an arm is")
        if path.startswith("tasks.") or path in COMMON:
            raise BadInput(f"plan.changes.{name}", f"{path} is the same for every arm, or they would not compare")
        experiment = experiment.with_value(path, value)
    experiment.check()
    return experiment


def _fine_tuning(
    given: Experiment, changes: Mapping[str, Any], name: str, count: int
) -> tuple[Experiment, tuple[Way, ...]]:
    """Return the experiment that fine-tunes, by an algorithm whose inner loop can do so, and `count` ways to do it."""
    experiment = plain(_changed(able_to_fine_tune(given), changes, name))
    return experiment, tuple(by_hand(experiment, *way) for way in BY_HAND[:count])
