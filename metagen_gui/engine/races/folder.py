"""A race on disk: the race as it can be run again, the runs of its lanes, and what was seen of them on the way."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.files import append_text, read_file, write_atomically
from metagen_gui.engine.races.events import LaneLooked
from metagen_gui.engine.races.race import Race
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.lock import is_held
from metagen_gui.engine.store.names import is_run_folder, runs_folder

RACE, LANES, LOOKED = "race.json", "lanes.json", "looks.jsonl"
MAX_BYTES = 50_000_000
MOST_KEPT = 20
"""Races that are listed, the newest."""
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
            self.seconds, self.looking = ([float(each) for each in lanes[name]] for name in ("seconds", "looking"))
            counts = {*map(len, (self.steps, self.runs, self.seconds, self.looking))}
            if counts != {len(self.race.lanes)} or min(self.steps) < 1:
                raise ValueError
        except FileNotFoundError:
            self.steps, self.runs, self.seconds, self.looking = (), (), [], []
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
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

    def begin(self, steps: Sequence[int], runs: Path | None = None) -> None:
        """Note how many outer steps every lane takes, and where its run will be; raise `BadInput`."""
        self.steps, self.seconds, self.looking = tuple(steps), [0.0] * len(steps), [0.0] * len(steps)
        self.runs = tuple((runs or runs_folder()) / self._name(place) for place in range(len(steps)))
        self.note()

    def begin_anew(self, place: int) -> None:
        """Give lane `place`, whose run is gone, a new one in the same place; what was seen of the old is forgotten."""
        kept = [look for look in self.looks() if look.lane != place]
        self.seconds[place] = self.looking[place] = 0.0
        self._write(LOOKED, "".join(_line(look) for look in kept))
        self.note()

    def note(self) -> None:
        """Write down what is known of the lanes; raise `BadInput` if the disk does not take it."""
        times = {"seconds": self.seconds, "looking": self.looking}
        told = {"steps": self.steps, "runs": [str(run) for run in self.runs], **times}
        self._write(LANES, json.dumps(told, indent=2))

    def keep_look(self, look: LaneLooked) -> None:
        """Add what was seen of a lane; a disk that refuses costs a point of a curve, and no race."""
        with suppress(OSError):
            append_text(self.path / LOOKED, _line(look))

    def looks(self) -> list[LaneLooked]:
        """Return what was seen of the lanes, of every step the newest, in order."""
        found: dict[tuple[int, int], LaneLooked] = {}
        with suppress(OSError, ValueError, TypeError, RecursionError):
            for line in read_file(self.path / LOOKED, MAX_BYTES).decode().splitlines():
                look = LaneLooked(**json.loads(line))
                if look.lane in range(len(self.runs)):
                    found[look.lane, int(look.meta_step)] = look
        return [found[key] for key in sorted(found)]

    def experiment(self, place: int) -> Experiment:
        """Return what lane `place` trains; raise `BadInput` where it gets too few steps."""
        return self.race.experiment(place, self.steps[place])

    def gone(self, place: int) -> bool:
        """Return whether the run of a lane is not there."""
        return not is_run_folder(self.runs[place])

    def _name(self, place: int) -> str:
        called = _ODD.sub("-", self.race.lanes[place].name.casefold()).strip("-")
        return f"race-{self.path.name}-{place + 1}{f'-{called}' if called else ''}"

    def _write(self, name: str, text: str) -> None:
        try:
            write_atomically(self.path / name, text.encode())
        except OSError as error:
            raise BadInput(str(self.path / name), error.strerror or str(error)) from None


def _line(look: LaneLooked) -> str:
    return json.dumps(asdict(look)) + "\n"
