"""A race as data: two to five experiments in lanes, by equal outer steps or equal seconds of computing; as JSON, too.

All lanes see the same tasks, seeds, shots, queries and latents; a race whose lanes do not is refused.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from metagen_gui.engine.experiment import MAX_BYTES, Experiment, Section
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.places import check_version, parsed, read_text
from metagen_gui.engine.settings.plain_text import printable, quoted, shortened

VERSION = 1
Equal = Literal["steps", "seconds"]
FEWEST, MOST = 2, 5
"""Lanes."""
AMOUNTS: Mapping[Equal, tuple[float, float]] = {"steps": (1, 1_000_000), "seconds": (0.1, 10_000_000)}
SAME = ("seed", "shots", "query_size", "device")
"""Settings of training in which lanes have to agree, or their tasks and their seconds would not be the same."""
OF_THE_FIRST = ("validation_tasks", "preview_tasks", "preview_samples", "steps_shown")
"""Settings of looking on, which all lanes take from the first."""
LOOKS = 25
"""Times that the validation tasks are looked at, about as many for every lane however many steps it gets."""
LETTERS_OF_A_NAME = 80


@dataclass(frozen=True)
class Lane:
    """One experiment, and what it is called in this race."""

    name: str
    experiment: Experiment


@dataclass(frozen=True)
class Race:
    """What races, and by what all lanes get equally much."""

    lanes: tuple[Lane, ...]
    equal: Equal
    amount: float

    def check(self, where: str = "race") -> None:
        """Raise `BadInput` that names the first thing that does not go together."""
        _check_count(len(self.lanes), where)
        low, high = AMOUNTS[self.equal]
        if not low <= self.amount <= high or (self.equal == "steps" and self.amount != int(self.amount)):
            told = f"{quoted(self.amount)} {self.equal} are not possible; {low:g} to {high:,.0f} are"
            raise BadInput(f"{where}.amount", told)
        names = [lane.name for lane in self.lanes]
        for name in names:
            if not name.strip() or len(name) > LETTERS_OF_A_NAME or names.count(name) > 1:
                why = f"{quoted(name)}: every lane has a name of its own, of 1 to {LETTERS_OF_A_NAME} letters"
                raise BadInput(f"{where}.lanes", why)
        first = self.lanes[0]
        for lane in self.lanes:
            try:
                lane.experiment.check()
            except BadInput as problem:
                raise BadInput(f"{lane.name}: {problem.where}", problem.why) from None
            if apart := _apart(lane.experiment, first.experiment, {"tasks": None, "training": SAME}):
                path, here, there = apart
                why = f"{quoted(here)} here, and {quoted(there)} in {first.name}: it has to be the same in every lane"
                raise BadInput(f"{lane.name}: {path}", why)

    def experiment(self, place: int, steps: int) -> Experiment:
        """Return what lane `place` trains in so many outer steps; raise `BadInput` where they are too few for it."""
        lane, shown = self.lanes[place], self.lanes[0].experiment.config("training")
        experiment = lane.experiment.without_value("training.processes")  # seconds are those of one process
        experiment = experiment.with_value("training.meta_steps", steps)
        experiment = experiment.with_value("training.validate_every", math.ceil(steps / LOOKS))
        for name in OF_THE_FIRST:
            experiment = experiment.with_value(f"training.{name}", getattr(shown, name))
        if steps <= (warmup := int(experiment.config("training").warmup_steps)):
            raise BadInput(lane.name, f"gets {steps:,} outer steps, and its joint warm-up alone takes {warmup:,}")
        return experiment

    def document(self) -> dict[str, Any]:
        """Return the race as JSON data."""
        lanes = [{"name": lane.name, "experiment": lane.experiment.document()} for lane in self.lanes]
        return {"version": VERSION, "equal": self.equal, "amount": self.amount, "lanes": lanes}

    def to_json(self) -> str:
        """Return the text of a race's file."""
        text = json.dumps(self.document(), indent=2, ensure_ascii=False) + "\n"
        return text.encode("utf-8", "backslashreplace").decode()

    @classmethod
    def from_document(
        cls, document: Any, where: str = "race", folder: Path | None = None, *, ours: bool = False
    ) -> Race:
        """Read a race, whose experiments may be files beside it; raise `BadInput` that names what is wrong."""
        if not isinstance(document, dict):
            raise BadInput(where, "a race is a JSON object")
        check_version(document.get("version", VERSION), VERSION, where)
        if stray := sorted({*document} - {"version", "equal", "amount", "lanes"}):
            raise BadInput(where, f"{quoted(stray[0])} is nothing that a race has")
        equal: Any = document.get("equal")
        amount, given = document.get("amount"), document.get("lanes")
        if equal not in get_args(Equal):
            raise BadInput(f"{where}.equal", f"{quoted(equal)} is not possible; steps and seconds are")
        if isinstance(amount, bool) or not isinstance(amount, int | float):
            raise BadInput(f"{where}.amount", f"{quoted(amount)} is not a number")
        if not isinstance(given, list):
            raise BadInput(f"{where}.lanes", "lanes are a list of {name, experiment}")
        _check_count(len(given), where)  # first: a file has room for a hundred thousand
        lanes = [_lane(one, f"{where}.lanes.{place}", folder, ours) for place, one in enumerate(given, 1)]
        race = cls(tuple(lanes), equal, amount)
        race.check(where)
        return race

    @classmethod
    def load(cls, path: Path, *, ours: bool = False) -> Race:
        """Read a race's file; raise `BadInput` that names it."""
        text = read_text(path, MOST * MAX_BYTES, "not a race (not UTF-8 text)", follow=True)
        return cls.from_document(parsed(text, str(path)), printable(path.name), path.parent, ours=ours)


def lane_for(experiment: Experiment, others: Sequence[Lane]) -> Lane:
    """Return the lane of an experiment beside `others`, called by its algorithm and what sets it apart from them."""
    algorithm, model = (str(experiment.plugin(section).title) for section in ("algorithm", "model"))
    taken = [lane.name for lane in others]
    rivals = [lane for lane in others if lane.experiment.algorithm == experiment.algorithm]
    alike = next((lane for lane in rivals if lane.experiment.model == experiment.model), None)
    found = [algorithm, f"{algorithm}, {model}"]
    sections: Mapping[Section, None] = {"algorithm": None, "model": None, "training": None}
    if alike is not None and (apart := _apart(experiment, alike.experiment, sections)) is not None:
        path, here, _ = apart
        found.insert(1, f"{algorithm}, {path.partition('.')[2]} {quoted(here)}")
    found += [f"{algorithm} {number}" for number in range(2, MOST + 2)]
    names = (shortened(name, LETTERS_OF_A_NAME - 4) for name in found)
    return Lane(next(name for name in names if name not in taken), experiment)


def _check_count(lanes: int, where: str) -> None:
    if not FEWEST <= lanes <= MOST:
        raise BadInput(f"{where}.lanes", f"{lanes:,} cannot race; {FEWEST} to {MOST} can")


def _lane(given: Any, where: str, folder: Path | None, ours: bool) -> Lane:
    if not isinstance(given, dict) or {*given} - {"name", "experiment"} or not isinstance(given.get("name", ""), str):
        raise BadInput(where, "a lane is {name, experiment}")
    held = given.get("experiment")
    if isinstance(held, str) and folder is not None:
        if held != printable(held):
            raise BadInput(f"{where}.experiment", f"{quoted(held)} is no name of a file")
        experiment = Experiment.load(folder / held)
    else:
        experiment = Experiment.from_document(held, f"{where}.experiment", ours=ours)
    return Lane(printable(given["name"]), experiment) if given.get("name") else lane_for(experiment, ())


def _apart(
    one: Experiment, other: Experiment, sections: Mapping[Section, Sequence[str] | None]
) -> tuple[str, Any, Any] | None:
    """Return the first setting in which two experiments differ, with both values, of those named (None: all)."""
    for section, names in sections.items():
        if section != "training" and (here := getattr(one, section)) != (there := getattr(other, section)):
            return f"{section}.name", here, there
        mine, theirs = one.config(section), other.config(section)
        for name in type(mine).model_fields if names is None else names:
            if (here := getattr(mine, name)) != (there := getattr(theirs, name)):
                return f"{section}.{name}", here, there
    return None
