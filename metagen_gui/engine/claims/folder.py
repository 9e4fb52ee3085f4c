"""What a claim's folder holds, so that a test that was interrupted goes on where it was.

`plan.json`, `data.json` (what is held out of data that was found), `steps.json` (what every run gets), `rates.json`
(their outer rates), `runs/` (run folders, those of short trainings among them), `scores/` (per arm, steps and seed: the
figures as NumPy arrays and the way to adapt as JSON), and in the end `report.html`, `comparisons.csv`, `curves.csv`,
`report.json`.
"""

from __future__ import annotations

import glob
import io
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from metagen_gui.engine.claims.arms import arms_of
from metagen_gui.engine.claims.outcomes import Outcome
from metagen_gui.engine.claims.outer_rates import RateChoice
from metagen_gui.engine.claims.plan import ClaimPlan, Footing
from metagen_gui.engine.claims.training import Steps, trainers
from metagen_gui.engine.claims.tuning import Choice
from metagen_gui.engine.experiment import MAX_BYTES
from metagen_gui.engine.files import check_own_folder, read_file, within, write_atomically
from metagen_gui.engine.held_out.adapted import Adapted
from metagen_gui.engine.held_out.measures import Measure
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.arrays import read_arrays
from metagen_gui.engine.store.kept_data import MAX_DATA_BYTES
from metagen_gui.engine.store.names import DATA
from metagen_gui.engine.tasks.base import TaskFamily

MAX_ARRAYS = 2**30
"""Bytes of scores, as they are in the file and unpacked."""
PARTS = ("own", "foreign", "shifted")
UNREADABLE = (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError)
"""What the reading of damaged scores may end with."""
PLAN, STEPS, RATES, RUNS, SCORES = "plan.json", "steps.json", "rates.json", "runs", "scores"
BY_SAMPLES = "-by-samples"
"""What the scores of the way that was chosen for samples are kept under, besides the arm's name."""


@dataclass(frozen=True)
class Scored:
    """One arm's scores on the test tasks: with their own supports, with foreign ones, and on shifted tasks.

    `by_samples` are those of the way to adapt that was chosen for samples, where that was asked.
    """

    choice: Choice
    own: Adapted
    foreign: Adapted | None = None
    shifted: Adapted | None = None
    by_samples: Scored | None = None

    def of(self, measure: Measure) -> Scored:
        """Return the scores by which `measure` is to be told: of the way that was chosen for its kind."""
        return self.for_samples if measure.metric is not None else self

    @property
    def for_samples(self) -> Scored:
        """The scores of the way that was chosen for samples."""
        return self.by_samples or self


class ClaimFolder:
    """The folder of one test of claims."""

    def __init__(self, path: Path, plan: ClaimPlan) -> None:
        """Make the folder, or open that of the same plan; raise `BadInput` for anything else."""
        self.path, self._plan = path, plan
        text = json.dumps(plan.document(), indent=2) + "\n"
        try:
            path.mkdir(parents=True, exist_ok=True)
            if (path / PLAN).exists():
                kept = ClaimPlan.from_document(_json_of(path / PLAN), str(path / PLAN))
                if kept.document() != plan.document():
                    raise BadInput(str(path), "holds the test of another plan; choose another folder")
            elif any(".tmp-" not in each.name for each in path.iterdir()):  # one that was killed may have begun a plan
                raise BadInput(str(path), "the folder for a new test must be empty")
            else:
                write_atomically(path / PLAN, text.encode())
            for name in (RUNS, SCORES):
                (path / name).mkdir(exist_ok=True)
                check_own_folder(path / name)
        except OSError as error:
            raise BadInput(str(path), error.strerror or str(error)) from None

    def run(self, name: str) -> Path:
        """Return the folder of a run; raise `BadInput` if it is a link to somewhere else."""
        path = self.path / RUNS / name
        try:
            check_own_folder(path)
        except OSError as error:
            raise BadInput(str(path), error.strerror or str(error)) from None
        return path

    def hold_to(self, family: TaskFamily, fresh: TaskFamily) -> None:
        """Keep what `family` holds out; raise `BadInput` if the test was begun on data that was dealt in another way.

        `fresh` is the same family, to recall what was kept.
        """
        kept = family.kept()
        if not kept:
            return
        if (self.path / DATA).exists():
            before = _json_of(self.path / DATA, MAX_DATA_BYTES)
            if before != kept:
                fresh.recall(before)
                changed = "; ".join(fresh.doubts()) or "its pictures are read in another way than when this test began"
                raise BadInput(str(self.path), f"{changed}; choose another folder")
        elif any((self.path / RUNS).iterdir()):
            raise BadInput(
                str(self.path), "was begun when classes were dealt out in another way; choose another folder"
            )
        else:
            self.write(DATA, json.dumps(kept, indent=1), MAX_DATA_BYTES)

    def steps(self) -> dict[Footing, Steps] | None:
        """Return what every run gets, if it has been found out; raise `BadInput` if that cannot be read."""
        file = self.path / STEPS
        try:
            told = _found_out(file)
        except FileNotFoundError:
            return None
        needed = trainers(arms_of(self._plan))
        with suppress(AttributeError, KeyError, TypeError):  # another shape
            found: dict[Footing, Steps] = {
                footing: {run: told[footing][run] for run in needed} for footing in self._plan.settings.compare_at
            }
            if all(type(count) is int and count > 0 for steps in found.values() for count in steps.values()):
                return found
        raise BadInput(
            str(file), "does not say how many outer steps every run gets; remove it, and they are timed anew"
        )

    def keep_steps(self, shared: Mapping[Footing, Steps]) -> None:
        """Keep what every run gets: timed again, it would differ."""
        self.write(STEPS, json.dumps(dict(shared), indent=2))

    def rates(self) -> dict[str, RateChoice] | None:
        """Return the outer rates of the runs, if they have been chosen; raise `BadInput` if that cannot be read."""
        file = self.path / RATES
        try:
            told = _found_out(file)
        except FileNotFoundError:
            return None
        with suppress(*UNREADABLE, AttributeError):  # another shape
            found = {run: _rate_choice(run, told[run]) for run in trainers(arms_of(self._plan))}
            if all(each.multiple in self._plan.settings.outer_rates or each.multiple == 1 for each in found.values()):
                return found
        raise BadInput(str(file), "does not say which outer rate every run gets; choose another folder")

    def keep_rates(self, rates: Mapping[str, RateChoice]) -> None:
        """Keep the outer rates: runs that have begun have them."""
        told = {
            run: {**vars(one), "tried": [[multiple, _or_none(score)] for multiple, score in one.tried]}
            for run, one in rates.items()
        }
        self.write(RATES, json.dumps(told, indent=2))

    def outcome(self, name: str) -> Outcome | None:
        """Return how run `name` went, if that was kept."""
        try:
            told: dict[str, Any] = json.loads(read_file(self.path / SCORES / f"run-{name}.json", MAX_BYTES))
            known: dict[str, Any] = {key: _number(value) if value is None else value for key, value in told.items()}
            found = Outcome(**known)
        except (*UNREADABLE, AttributeError):
            return None
        words = found.run, found.state, found.problem
        figures = found.seconds, found.diverged, found.setback, found.gradient, found.gradient_spread
        sound = all(isinstance(each, str) for each in words) and all(isinstance(each, int | float) for each in figures)
        return found if sound else None

    def keep_outcome(self, name: str, outcome: Outcome) -> None:
        """Keep how run `name` went."""
        told = {key: _or_none(value) if isinstance(value, float) else value for key, value in vars(outcome).items()}
        self.write(f"{SCORES}/run-{name}.json", json.dumps(told, indent=2))

    def forget(self, run: str) -> None:
        """Let go of what was kept of how `run` went and of its scores: it is trained further."""
        name = glob.escape(run)
        try:
            for pattern in (f"*-{name}.*", f"*-{name}{BY_SAMPLES}.*"):
                for path in (self.path / SCORES).glob(pattern):
                    path.unlink()
        except OSError as error:
            raise BadInput(str(error.filename or self.path), error.strerror or str(error)) from None

    def scored(self, name: str) -> Scored | None:
        """Return the scores kept under `name`; None if there are none, or they cannot be read."""
        try:
            told = json.loads(read_file(self.path / SCORES / f"{name}.json", MAX_BYTES))
            arrays = read_arrays(self.path / SCORES / f"{name}.npz", MAX_ARRAYS)
            parts = {part: _adapted(arrays, part) for part in PARTS}
            tried = tuple((way, step, _number(score)) for way, step, score in told["tried"])
            way, step, measure = dict(told["way"]), int(told["step"]), str(told["measure"])
            choice = Choice(way, step, _number(told["score"]), tried, measure)
            tuned_twice = bool(told["by_samples"])
        except (*UNREADABLE, AttributeError):
            return None
        own, foreign, shifted = (parts[part] for part in PARTS)
        if own is None or any(part is not None and choice.step not in part.rows for part in (own, foreign, shifted)):
            return None
        by_samples = self.scored(f"{name}{BY_SAMPLES}") if tuned_twice else None
        return None if tuned_twice and by_samples is None else Scored(choice, own, foreign, shifted, by_samples)

    def keep_scores(self, name: str, scored: Scored) -> None:
        """Keep scores under `name`."""
        if scored.by_samples is not None:
            self.keep_scores(f"{name}{BY_SAMPLES}", scored.by_samples)
        arrays: dict[str, Any] = {}
        for part in PARTS:
            if (found := getattr(scored, part)) is not None:
                arrays |= {f"{part}/rows": np.array(found.rows), f"{part}/pictures": found.pictures}
                arrays |= {f"{part}/values/{measure}": values for measure, values in found.values.items()}
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)
        choice = scored.choice
        tried = [[dict(way), step, _or_none(score)] for way, step, score in choice.tried]
        told = {"way": dict(choice.way), "step": choice.step, "score": _or_none(choice.score), "tried": tried}
        told |= {"measure": choice.measure, "by_samples": scored.by_samples is not None}
        self.write(f"{SCORES}/{name}.npz", buffer.getvalue())
        self.write(f"{SCORES}/{name}.json", json.dumps(told, indent=2))  # last: without it the arrays are not read

    def write(self, name: str, content: str | bytes, most: int = sys.maxsize) -> Path:
        """Write a file of the folder, of up to `most` bytes; raise `BadInput` if the disk does not take it."""
        data = content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
        try:
            write_atomically(self.path / name, within(self.path / name, data, most))
        except OSError as error:
            raise BadInput(str(self.path / name), error.strerror or str(error)) from None
        return self.path / name


def _json_of(file: Path, most: int = MAX_BYTES) -> Any:
    try:
        return json.loads(read_file(file, most))
    except (ValueError, RecursionError):
        raise BadInput(str(file), "not JSON that can be read") from None


def _found_out(file: Path) -> Any:
    """Return what a file of the test holds; raise `FileNotFoundError` before there is one, `BadInput` that names it."""
    try:
        return _json_of(file)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise BadInput(str(file), error.strerror or str(error)) from None


def _rate_choice(run: str, told: Mapping[str, Any]) -> RateChoice:
    tried = tuple((float(multiple), _number(score)) for multiple, score in told["tried"])
    multiple, rate, seconds = (float(told[name]) for name in ("multiple", "rate", "seconds"))
    return RateChoice(run, multiple, rate, int(told["steps"]), seconds, tried)


def _adapted(arrays: Mapping[str, Any], part: str) -> Adapted | None:
    if f"{part}/rows" not in arrays:
        return None
    prefix = f"{part}/values/"
    values = {name.removeprefix(prefix): arrays[name] for name in arrays if name.startswith(prefix)}
    rows, pictures = tuple(int(row) for row in arrays[f"{part}/rows"]), arrays[f"{part}/pictures"]
    shapes = {each.shape for each in values.values()}
    if len(shapes) > 1 or any(len(shape) != 2 or shape[0] != len(rows) for shape in shapes):
        raise ValueError("a row of figures for every step is what scores are")
    if pictures.ndim < 3 or pictures.shape[1] != len(rows):
        raise ValueError("samples at every step are what pictures are")
    return Adapted(rows, values, pictures)


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _or_none(value: float) -> float | None:
    return value if np.isfinite(value) else None
