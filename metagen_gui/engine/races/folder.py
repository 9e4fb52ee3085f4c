"""A race on disk: the race as it can be run again, and the runs of its lanes, which keep what was seen of them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.files import read_file, write_atomically
from metagen_gui.engine.queue.wanted import is_over
from metagen_gui.engine.races.race import AMOUNTS, Race
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.lock import is_held
from metagen_gui.engine.store.names import is_run_folder, runs_folder

RACE, LANES = "race.json", "lanes.json"
MAX_BYTES = 1_000_000
MOST_KEPT, MOST_THREADS = 20, 1024
"""Races that are listed, the newest; threads that a lane may be noted to compute with."""
_ODD = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class KeptRace:
    """One race on disk: when it began (seconds since 1970), and whether somebody runs it now."""

    folder: Path
    race: Race
    began: float
    held: bool


def races_folder() -> Path:
    """Return the folder that races live under, beside that of the runs."""
    return runs_folder().parent / "races"


def kept_races(root: Path | None = None) -> list[KeptRace]:
    """Return the newest races, the last one first; what cannot be read is left out."""
    found = []
    for file in sorted((root or races_folder()).glob(f"*/{RACE}"), reverse=True)[:MOST_KEPT]:
        with suppress(BadInput, OSError):
            race = Race.load(file, ours=True)
            found.append(KeptRace(file.parent, race, file.stat().st_mtime, is_held(file.parent)))
    return found


class RaceFolder:
    """The folder of one race; whoever runs it holds its lock."""

    def __init__(self, path: Path) -> None:
        """Open a race's folder; raise `BadInput` if it holds none."""
        self.path, self.race = path, Race.load(path / RACE, ours=True)
        try:
            lanes = json.loads(read_file(path / LANES, MAX_BYTES))
            self.steps = tuple(int(steps) for steps in lanes["steps"])
            self.runs = tuple(Path(run) for run in lanes["runs"])
            self.threads = int(lanes.get("threads", 0))
            """That every lane computes with; 0: as many as any run."""
            self.budget = float(lanes.get("budget", 0.0))
            """Seconds of training of every lane; 0: by steps, as all that began when steps were only predicted."""
            self.begun = [bool(begun) for begun in lanes.get("begun", lanes.get("seconds", ()))]
            """Which lanes have a run, or had one that was thrown away."""
            counts = {*map(len, (self.steps, self.runs, self.begun))}
            if counts != {len(self.race.lanes)} or min(self.steps) < 1 or not 0 <= self.threads <= MOST_THREADS:
                raise ValueError
            if not 0 <= self.budget <= AMOUNTS["seconds"][1]:
                raise ValueError
        except FileNotFoundError:
            self.steps, self.runs, self.threads, self.budget, self.begun = (), (), 0, 0.0, []
        except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            raise BadInput(str(path / LANES), "is damaged; the runs of this race are in the library") from None

    @classmethod
    def create(cls, race: Race, root: Path | None = None) -> RaceFolder:
        """Make the folder of a race that begins now; raise `BadInput` if the race or the disk does not allow it."""
        race.check()
        stamp, taken = time.strftime("%Y-%m-%d-%H%M%S"), 1
        path = (root or races_folder()) / stamp
        try:
            while path.exists():
                taken += 1
                path = path.with_name(f"{stamp}-{taken}")
            path.mkdir(parents=True)
            write_atomically(path / RACE, race.to_json().encode())
        except OSError as error:
            raise BadInput(str(path), error.strerror or str(error)) from None
        return cls(path)

    def begin(self, steps: Sequence[int], threads: int = 0, runs: Path | None = None) -> None:
        """Note how many outer steps every lane is expected to take, and where its run will be; raise `BadInput`."""
        self.steps, self.threads, self.begun = tuple(steps), threads, [False] * len(steps)
        self.budget = self.race.amount if self.race.equal == "seconds" else 0.0
        self.runs = tuple((runs or runs_folder()) / self._name(place) for place in range(len(steps)))
        self.note()

    def note(self) -> None:
        """Write down what is known of the lanes; raise `BadInput` if the disk does not take it."""
        told = {"steps": self.steps, "threads": self.threads, "budget": self.budget, "begun": self.begun}
        text = json.dumps({**told, "runs": [str(run) for run in self.runs]}, indent=2)
        try:
            write_atomically(self.path / LANES, text.encode())
        except OSError as error:
            raise BadInput(str(self.path / LANES), error.strerror or str(error)) from None

    def experiment(self, place: int) -> Experiment:
        """Return what lane `place` trains; raise `BadInput` where it gets too few steps."""
        return self.race.experiment(place, self.steps[place])

    @property
    def is_over(self) -> bool:
        """Whether no lane has a step left to take."""
        return bool(self.runs) and all(map(is_over, self.runs))

    def gone(self, place: int) -> bool:
        """Return whether the run of a lane is not there."""
        return not is_run_folder(self.runs[place])

    def _name(self, place: int) -> str:
        called = _ODD.sub("-", self.race.lanes[place].name.casefold()).strip("-")
        return f"race-{self.path.name}-{place + 1}{f'-{called}' if called else ''}"
