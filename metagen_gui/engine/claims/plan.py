"""What is to be tested: claims, arms, budget, tasks; read from JSON, checked, written back in full."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from metagen_gui.engine.algorithms.base import algorithms
from metagen_gui.engine.experiment import MAX_BYTES, Experiment
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import Config, in_full, parse_settings, setting
from metagen_gui.engine.settings.places import check_version, parsed, read_text
from metagen_gui.engine.settings.plain_text import quoted
from metagen_gui.engine.trained.loaded_model import MOST_STEPS

VERSION = 1
Claim = Literal["adapts", "generalises", "collapses", "steady"]
Footing = Literal["equal compute", "equal steps"]
CLAIMS: dict[Claim, str] = {
    "adapts": "Adaptation helps at all",
    "generalises": "Meta-learning generalises better to new tasks",
    "collapses": "Meta-learned models collapse less",
    "steady": "Meta-learned models train more steadily",
}
ROUND = (1, 2, 3, 5, 10, 20, 50, 100)
"""Adaptation steps worth a look, besides those of training."""
MOST_SEEDS = 1_000
BASELINES = ("random", "joint", "joint + fine-tuning", "null")
FINE_TUNED = " + fine-tuning"
"""Ends the name of an arm whose weights an algorithm has learned, fine-tuned as those of joint training are."""


class PlanSettings(Config):
    """What a plan says besides its experiment."""

    claims: tuple[Claim, ...] = setting(("adapts", "generalises", "collapses", "steady"), "What is to be tested.")
    arms: tuple[str, ...] = setting(
        (),
        "What is compared: random, joint, joint + fine-tuning, null, algorithms, and algorithms + fine-tuning; empty: "
        "the first four, and one's own algorithm.",
    )
    changes: dict[str, dict[str, Any]] = setting({}, "Settings of single arms, as {ARM: {PATH: VALUE}}.")
    seeds: tuple[int, ...] = setting((0, 1, 2, 3, 4), "Every arm is trained once with each.")
    seconds: float | None = setting(None, "Training time of every run at equal compute.", low=0.1, high=10_000_000)
    steps: int | None = setting(None, "Outer steps of every run at equal steps.", low=1, high=1_000_000)
    compare_at: tuple[Footing, ...] = setting(("equal compute", "equal steps"), "On which footing arms are compared.")
    shots: int | None = setting(None, "Examples to adapt to; none: as in training.", low=1, high=10_000)
    query_size: int | None = setting(None, "Examples a task is judged by; none: as in training.", low=2, high=10_000)
    tasks: int = setting(100, "Held-out tasks that verdicts rest on.", low=2, high=100_000)
    validation_tasks: int = setting(32, "Validation tasks that adaptation is tuned on.", low=2, high=10_000)
    samples: int = setting(20, "Samples per task and step, from the same latents for every arm.", low=2, high=2_000)
    adaptation_steps: tuple[int, ...] = setting(
        (), "Steps that are scored, 0 always among them; empty: as far as `furthest` says."
    )
    furthest: int = setting(
        50, "Adaptation is followed to this step at least, and to twice as many as in training.", low=1, high=MOST_STEPS
    )
    candidates: int = setting(8, "Ways to adapt that every adapting arm tries on validation tasks.", low=1, high=8)
    outer_rates: tuple[float, ...] = setting(
        (1.0, 0.5, 2.0), "Multiples of its outer rate that every run tries on short trainings of the first seed."
    )
    rate_share: float = setting(0.25, "Share of a run’s outer steps that such a training takes.", low=0.01, high=1)
    shift: dict[str, Any] | None = setting(None, "Tasks of another kind to adapt to as well: {name, settings}.")


QUICK: dict[str, Any] = {
    "seeds": (0,),
    "seconds": 45.0,
    "claims": ("adapts", "generalises", "collapses"),
    "validation_tasks": 16,
    "candidates": 4,
    "furthest": 20,
    "outer_rates": (1.0,),
}
"""A first verdict in under ten minutes on two cores."""


@dataclass(frozen=True)
class ClaimPlan:
    """An experiment, and what is to be found out about it."""

    experiment: Experiment
    settings: PlanSettings

    @property
    def arms(self) -> tuple[str, ...]:
        """Return the names of the arms."""
        return self.settings.arms or ("random", "joint", "joint + fine-tuning", self.experiment.algorithm, "null")

    @property
    def meta_arms(self) -> tuple[str, ...]:
        """Return the arms that are meta-learned."""
        return tuple(arm for arm in self.arms if arm not in BASELINES)

    @property
    def algorithms(self) -> tuple[str, ...]:
        """Return the algorithms that learn for the meta-learned arms."""
        return tuple(dict.fromkeys(arm.removesuffix(FINE_TUNED) for arm in self.meta_arms))

    @property
    def rows(self) -> tuple[int, ...]:
        """Return the adaptation steps that are scored, in order, 0 first."""
        if self.settings.adaptation_steps:
            return tuple(sorted({0, *self.settings.adaptation_steps}))
        trained = int(self.experiment.config("algorithm").adaptation_steps)
        last = max(self.settings.furthest, 2 * trained)
        return tuple(sorted({0, trained, last, *(step for step in ROUND if step <= last)}))

    def document(self) -> dict[str, Any]:
        """Return the plan as JSON data, every setting written out."""
        settings = self.settings.model_dump(mode="json")
        return {"version": VERSION, "experiment": self.experiment.document(complete=False), **settings}

    @classmethod
    def from_document(
        cls, document: Any, where: str = "plan", folder: Path | None = None, *, ours: bool = True
    ) -> ClaimPlan:
        """Read a plan; its experiment may be a path beside it. Raise `BadInput` that names what is wrong."""
        if not isinstance(document, dict):
            raise BadInput(where, "a plan is a JSON object")
        values = dict(document)
        check_version(values.pop("version", VERSION), VERSION, where)
        experiment = Experiment.of_plan(values.pop("experiment", None), where, folder, ours=ours)
        return cls.of(experiment, values, where)

    @classmethod
    def of(cls, experiment: Experiment, values: dict[str, Any], where: str = "plan") -> ClaimPlan:
        """Return the plan for an experiment; raise `BadInput` that names the first setting that cannot be."""
        plan = cls(experiment, parse_settings(PlanSettings, values, where))
        plan.check(where)
        return plan

    @classmethod
    def load(cls, path: Path | None, *, quick: bool = False) -> ClaimPlan:
        """Read a plan or an experiment (a file, or a run's folder; none: the defaults); `quick` has the last word."""
        more = QUICK if quick else {}
        if path is None or path.is_dir():
            experiment = Experiment() if path is None else Experiment.load(path)
            return cls.of(experiment, {**DEFAULT_BUDGET, **more})
        text = read_text(path, MAX_BYTES, "not a plan (not UTF-8 text)", follow=True)
        document = parsed(text, str(path))
        if not isinstance(document, dict) or "experiment" not in document:
            return cls.of(Experiment.load(path), {**DEFAULT_BUDGET, **more})
        without = {"steps": None} if quick else {}
        return cls.from_document({**document, **without, **more}, str(path), path.parent, ours=False)

    def check(self, where: str) -> None:
        """Raise `BadInput` for what does not go together."""
        given = self.settings
        if (given.seconds is None) == (given.steps is None):
            raise BadInput(f"{where}.seconds", "give the budget either in seconds or in steps")
        for name in ("claims", "seeds", "compare_at", "outer_rates"):
            if not getattr(given, name):
                raise BadInput(f"{where}.{name}", "there must be at least one")
        for name in ("claims", "arms", "seeds", "compare_at", "outer_rates"):
            if len(set(getattr(given, name))) < len(getattr(given, name)):
                raise BadInput(f"{where}.{name}", "nothing may stand there twice")
        for arm in self.arms:
            if arm not in BASELINES and arm.removesuffix(FINE_TUNED) not in algorithms.names():
                known = ", ".join((*BASELINES, *algorithms.names()))
                raise BadInput(f"{where}.arms", f"there is no {quoted(arm)}; there are {known}")
        if not self.meta_arms:
            raise BadInput(f"{where}.arms", "a claim is about meta-learning: name at least one algorithm")
        if len(given.seeds) > MOST_SEEDS:
            raise BadInput(f"{where}.seeds", f"{len(given.seeds):,} are too many; {MOST_SEEDS:,} are possible")
        if given.shift is not None and not isinstance(given.shift.get("settings", {}), dict):
            raise BadInput(f"{where}.shift.settings", "settings are a JSON object")
        for seed in given.seeds:
            if not 0 <= seed < 2**31:
                raise BadInput(f"{where}.seeds", f"{quoted(seed)} is not possible; 0 to {in_full(2**31 - 1)} are")
        for multiple in given.outer_rates:
            if not multiple > 0:
                raise BadInput(f"{where}.outer_rates", f"{quoted(multiple)} is not possible; multiples are above 0")
        for step in given.adaptation_steps:
            if not 0 <= step <= MOST_STEPS:
                raise BadInput(f"{where}.adaptation_steps", f"{step} is not possible; 0 to {in_full(MOST_STEPS)} are")
        if len(self.rows) < 2:
            raise BadInput(f"{where}.adaptation_steps", "name at least one step besides 0")
        for arm in given.changes:
            if arm not in self.arms:
                raise BadInput(f"{where}.changes", f"{quoted(arm)} is none of the arms: {', '.join(self.arms)}")


DEFAULT_BUDGET: dict[str, Any] = {"seconds": 600.0}
"""Of an experiment that comes without a plan."""
