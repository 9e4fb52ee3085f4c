"""What is sought: settings in ranges, by which measure, in how many trials; read from JSON, checked, written back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from metagen_gui.engine.experiment import MAX_BYTES, Experiment
from metagen_gui.engine.held_out.measures import BOUND, EXACT, LOSS
from metagen_gui.engine.metrics import metrics
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import Config, in_full, parse_settings, setting
from metagen_gui.engine.settings.places import check_version, file_of, parsed, read_text
from metagen_gui.engine.settings.plain_text import quoted
from metagen_gui.engine.sweeps.ranges import Range, read_range

VERSION = 1
MOST_SEEDS = 100
PLAN = "plan.json"


class PlanSettings(Config):
    """What a plan says besides its experiment and its ranges."""

    objective: str = setting(
        "", "What is to be best after adaptation on validation tasks: loss, or a metric; empty: the first there is."
    )
    trials: int = setting(40, "How many settings are tried.", low=1, high=10_000)
    seeds: tuple[int, ...] = setting((0, 1), "Every trial is trained once with each.")
    tasks: int = setting(32, "Validation tasks that a trial is scored on.", low=2, high=1_000)
    fresh_tasks: int = setting(200, "Test tasks that the best setting is evaluated on.", low=2, high=100_000)
    samples: int = setting(20, "Samples per task, where a metric is of samples.", low=2, high=2_000)
    pruning: Literal["median", "halving", "none"] = setting(
        "median",
        "When a trial is ended early: while it is worse than the median of others at that outer step, by successive "
        "halving, or never.",
    )
    sampler: Literal["tpe", "random"] = setting("tpe", "Who chooses the next setting.")
    sampler_seed: int = setting(0, "Of that choice.", low=0, high=2**31 - 1)


@dataclass(frozen=True)
class SweepPlan:
    """An experiment, where its settings are sought, and how."""

    experiment: Experiment
    ranges: tuple[Range, ...]
    settings: PlanSettings

    def trained(self, values: Mapping[str, Any], seed: int) -> Experiment:
        """Return what a trial trains with one of the seeds; raise `BadInput` for values that do not go together."""
        experiment = self.experiment
        for path, value in {**values, "training.seed": seed}.items():
            experiment = experiment.with_value(path, value)
        experiment.check()
        return experiment

    def own_values(self) -> dict[str, Any]:
        """Return the values that the experiment itself has, where its ranges hold them all; nothing otherwise."""
        own = dict[str, Any]()
        for place in self.ranges:
            section, _, name = place.path.partition(".")
            own[place.path] = getattr(self.experiment.config(section), name)  # type: ignore[arg-type]
        return own if all(own[place.path] in place for place in self.ranges) else {}

    def document(self) -> dict[str, Any]:
        """Return the plan as JSON data, everything written out."""
        return {
            "version": VERSION,
            "experiment": self.experiment.document(complete=True),
            "ranges": {place.path: place.document() for place in self.ranges},
            **self.settings.model_dump(mode="json"),
        }

    @classmethod
    def from_document(
        cls, document: Any, where: str = "plan", folder: Path | None = None, *, ours: bool = False
    ) -> SweepPlan:
        """Read a plan; its experiment may be a path beside it. Raise `BadInput` that names what is wrong."""
        if not isinstance(document, dict):
            raise BadInput(where, "a plan is a JSON object")
        values = dict(document)
        check_version(values.pop("version", VERSION), VERSION, where)
        given, ranges = values.pop("experiment", None), values.pop("ranges", None)
        experiment = Experiment.of_plan(given, where, folder, ours=ours)
        if not isinstance(ranges, dict) or not ranges:
            raise BadInput(f"{where}.ranges", 'name what is sought, as {"algorithm.inner_lr": {"low": …, "high": …}}')
        found = tuple(read_range(experiment, path, given, f"{where}.ranges") for path, given in ranges.items())
        return cls.of(experiment, found, values, where)

    @classmethod
    def of(
        cls, experiment: Experiment, ranges: tuple[Range, ...], values: Mapping[str, Any], where: str = "plan"
    ) -> SweepPlan:
        """Return the plan for an experiment; raise `BadInput` that names the first thing that cannot be."""
        plan = cls(experiment, ranges, parse_settings(PlanSettings, values, where))
        plan.check(where)
        return plan

    @classmethod
    def load(cls, path: Path, *, ours: bool = False) -> SweepPlan:
        """Read a plan's file, or that of a sweep's folder; raise `BadInput` that names it."""
        file = file_of(path, PLAN)
        text = read_text(file, MAX_BYTES, "not a plan (not UTF-8 text)", follow=file == path)
        return cls.from_document(parsed(text, str(file)), str(file), file.parent, ours=ours or file != path)

    def check(self, where: str) -> None:
        """Raise `BadInput` for what does not go together."""
        given = self.settings
        known = (LOSS, BOUND, EXACT, *metrics.names())
        if given.objective and given.objective not in known:
            raise BadInput(f"{where}.objective", f"there is no {quoted(given.objective)}; there are {', '.join(known)}")
        if not 1 <= len(given.seeds) <= MOST_SEEDS:
            raise BadInput(f"{where}.seeds", f"{len(given.seeds):,} are not possible; 1 to {MOST_SEEDS} are")
        if len(set(given.seeds)) < len(given.seeds):
            raise BadInput(f"{where}.seeds", "nothing may stand there twice")
        for seed in given.seeds:
            if not 0 <= seed < 2**31:
                raise BadInput(f"{where}.seeds", f"{quoted(seed)} is not possible; 0 to {in_full(2**31 - 1)} are")
        self.experiment.check()
